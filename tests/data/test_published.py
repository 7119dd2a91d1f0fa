"""Files of the public data sets: copies on this machine, compressed or not, and archives inside archives."""

import gzip
import hashlib
import io
import re
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fairviz.data import DATASETS, load_dataset
from fairviz.data.published import Published
from fairviz.data.sets import acsincome, law_school
from fairviz.errors import MissingDataError

CONTENT = {"calls.csv": b"a;b\n1;2\n" * 300, "notes.txt": b"what the columns mean\n" * 20}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def archive(members):
    """A zip of names to bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return buffer.getvalue()


def published(**how):
    return Published("calls", {name: sha256(data) for name, data in CONTENT.items()}, **how)


# copies on this machine


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """The folder that FAIRVIZ_DATA names."""
    monkeypatch.setenv("FAIRVIZ_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("inside", ["", "calls"])
def test_compressed_copies_are_read(folder, inside):
    place = folder / inside
    place.mkdir(exist_ok=True)
    for name, data in CONTENT.items():
        (place / f"{name}.gz").write_bytes(gzip.compress(data))
    assert published().available()
    assert {name: published().read(name) for name in CONTENT} == CONTENT


def test_some_compressed_some_not(folder):
    (folder / "calls.csv.gz").write_bytes(gzip.compress(CONTENT["calls.csv"]))
    assert not published().available()
    (folder / "notes.txt").write_bytes(CONTENT["notes.txt"])
    assert published().available()
    assert {name: published().read(name) for name in CONTENT} == CONTENT


def test_the_folder_of_the_set_comes_first(folder):
    (folder / "calls").mkdir()
    (folder / "calls" / "calls.csv.gz").write_bytes(gzip.compress(CONTENT["calls.csv"]))
    (folder / "calls.csv").write_bytes(b"another set's file of that name\n")
    assert published().read("calls.csv") == CONTENT["calls.csv"]


def test_compressed_copies_in_the_cache(monkeypatch, cache):
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    (cache / "data" / "calls").mkdir(parents=True)
    (cache / "data" / "calls" / "calls.csv.gz").write_bytes(gzip.compress(CONTENT["calls.csv"]))
    assert published().read("calls.csv") == CONTENT["calls.csv"]


def flipped(data, at):
    data = bytearray(data)
    data[at] ^= 0x55
    return bytes(data)


PACKED = gzip.compress(CONTENT["calls.csv"], mtime=0)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gzip.compress(CONTENT["calls.csv"] + b"1;3\n"), id="another content"),
        pytest.param(CONTENT["calls.csv"], id="not compressed at all"),
        pytest.param(PACKED[: len(PACKED) // 2], id="cut in half"),
        pytest.param(PACKED[:-1], id="last byte lost"),
        pytest.param(b"", id="empty"),
        pytest.param(flipped(PACKED, -6), id="checksum altered"),
        *(pytest.param(flipped(PACKED, k), id=f"byte {k} altered") for k in (0, 3, 10, 11, 14, 20, 30)),
    ],
)
def test_a_corrupt_compressed_copy_is_refused(folder, data):
    path = folder / "calls.csv.gz"
    path.write_bytes(data)
    with pytest.raises(MissingDataError) as caught:
        published().read("calls.csv")
    message = str(caught.value)
    assert str(path) in message
    assert "not the published file" in message
    assert "Delete it" in message
    assert "\n" not in message


# downloads


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def offered(monkeypatch, tmp_path):
    """Offer an archive on a server of this machine; returns the set that is published there."""
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    place = tmp_path / "publisher"
    place.mkdir()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(place)))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def offer(data):
        (place / "calls.zip").write_bytes(data)
        return published(url=f"http://127.0.0.1:{httpd.server_port}/calls.zip", sha256=sha256(data))

    yield offer
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(CONTENT, id="flat"),
        pytest.param({f"calls 2014/{k}": v for k, v in CONTENT.items()}, id="in a folder"),
        pytest.param({"inner.zip": archive(CONTENT), "small.zip": archive({"calls-small.csv": b"a;b\n"})}, id="nested"),
        pytest.param({"calls.csv": CONTENT["calls.csv"], "more/n.zip": archive({"n/notes.txt": CONTENT["notes.txt"]})},
                     id="one inside, one outside"),
        pytest.param({"a/b.zip": archive({"c/d.zip": archive(CONTENT)})}, id="nested twice"),
    ],
)  # fmt: skip
def test_archives_inside_archives_are_opened(offered, cache, members):
    source = offered(archive(members))
    assert not source.available()
    place = source.download()
    assert place == source.cache
    assert cache in place.parents
    assert {path.name: path.read_bytes() for path in place.iterdir()} == CONTENT
    assert source.available()
    assert source.read("calls.csv") == CONTENT["calls.csv"]


def test_what_has_come_is_told(offered):
    """Ever more, up to the size of the archive that is offered."""
    data, told = archive({**CONTENT, "noise": bytes(range(256)) * 2000}), []
    offered(data).download(lambda done, total: told.append((done, total)))
    size = len(data)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (size, size)


def test_reading_downloads_when_told_to(offered):
    source = offered(archive({"inner.zip": archive(CONTENT)}))
    with pytest.raises(MissingDataError, match=r"fairviz datasets --download calls"):
        source.read("notes.txt")
    assert source.read("notes.txt", download=True) == CONTENT["notes.txt"]


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(archive({**CONTENT, "notes.txt": b"other notes\n"}), id="another file"),
        pytest.param(archive({"calls.csv": CONTENT["calls.csv"]}), id="a file lacking"),
        pytest.param(b"PK\x03\x04 no archive", id="not an archive"),
        pytest.param(archive(CONTENT)[:-40], id="cut off"),
    ],
)
def test_a_bad_inner_archive_is_refused(offered, cache, inner):
    source = offered(archive({"inner.zip": inner}))
    with pytest.raises(MissingDataError) as caught:
        source.download()
    assert "Nothing was kept" in str(caught.value)
    assert "FAIRVIZ_DATA" in str(caught.value)
    assert not source.available()
    assert not [path for path in cache.rglob("*") if path.name in CONTENT or path.suffix == ".part"]


@pytest.mark.parametrize("source", [law_school.FILES, acsincome.FILES], ids=lambda source: source.name)
def test_a_set_without_a_publishers_file_says_so(source, monkeypatch, cache):
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    (name,) = source.files
    here = re.escape(str(cache))
    told = rf"publisher of {source.name} offers no file to download.*{name}.*{here}.*FAIRVIZ_DATA"
    with pytest.raises(MissingDataError, match=told):
        source.download()
    with pytest.raises(MissingDataError, match=told):
        source.read(name, download=True)
    with pytest.raises(MissingDataError, match=told):
        load_dataset(source.name, download=True)
    with pytest.raises(MissingDataError, match=r"not on this machine. Set FAIRVIZ_DATA") as caught:
        load_dataset(source.name)
    assert "--download" not in str(caught.value)
    assert not cache.exists()


def test_every_published_set_names_its_bytes():
    for name, source in DATASETS.items():
        if source.files is not None:
            assert source.files.name == name
            hashes = [*source.files.files.values(), *([source.files.sha256] if source.files.url else [])]
            assert all(len(h) == 64 and set(h) <= set("0123456789abcdef") for h in hashes)
