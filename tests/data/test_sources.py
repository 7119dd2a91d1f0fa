"""Registered data sets: real Adult, and downloads from a server on this machine that misbehaves."""

import errno
import hashlib
import io
import os
import shutil
import socket
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from fairviz.data import DATASETS, load_dataset
from fairviz.data.published import Published
from fairviz.data.sets import adult as module
from fairviz.data.sources import fingerprint_of
from fairviz.errors import FairvizError, MissingDataError, SettingError


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) if folder.exists() else []


# the registry


def test_unknown_data_set():
    with pytest.raises(SettingError, match=r"No data set 'adlut'. Choose one of 'adult', 'simulated'"):
        load_dataset("adlut")


def test_unknown_option():
    with pytest.raises(SettingError, match=r"'simulated'.*colour"):
        load_dataset("simulated", colour=1)


def test_every_source_says_where_it_is_from():
    for source in DATASETS.values():
        assert all((source.title, source.story, source.licence, source.publisher))


def test_fingerprints_of_the_simulated_story():
    assert DATASETS["simulated"].fingerprint == load_dataset("simulated").fingerprint()
    story = {"bias": 2.0, "proxy": 0.5}
    assert fingerprint_of("simulated", story) == load_dataset("simulated", **story).fingerprint()
    assert fingerprint_of("simulated", {}) == fingerprint_of("simulated", {"bias": 1.0}) == fingerprint_of("simulated")


def test_fingerprints_need_no_rows(monkeypatch):
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    found = {fingerprint_of(name) for name in DATASETS}
    assert len(found) == len(DATASETS)
    assert all(len(f) == 64 and set(f) <= set("0123456789abcdef") for f in found)
    with pytest.raises(SettingError, match=r"No data set 'adlut'. Choose one of 'adult', 'simulated'"):
        fingerprint_of("adlut")
    with pytest.raises(SettingError, match=r"'simulated'.*colour"):
        fingerprint_of("simulated", {"colour": 1})


@pytest.mark.parametrize("set_to", [None, "empty"])
def test_rows_not_here(monkeypatch, tmp_path, cache, set_to):
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    if set_to:
        monkeypatch.setenv("FAIRVIZ_DATA", str(tmp_path))
    assert not module.FILES.available()
    assert not DATASETS["adult"].available()
    with pytest.raises(MissingDataError, match=r"not on this machine.*fairviz datasets --download adult.*FAIRVIZ_DATA"):
        load_dataset("adult")
    assert not cache.exists()


def test_another_file_of_that_name_is_refused(monkeypatch, tmp_path):
    for name in module.FILES.files:
        (tmp_path / name).write_text("39, Private\n")
    monkeypatch.setenv("FAIRVIZ_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match=r"adult\.data is not the published file"):
        load_dataset("adult")


# real Adult


@pytest.mark.real
def test_adult_rows_and_domains(adult):
    assert len(adult) == 48_842
    counts = dict(zip(adult.domains, np.bincount(adult.d).tolist(), strict=True))
    assert counts == {
        "White": 41_762,
        "Black": 4_685,
        "Asian-Pac-Islander": 1_519,
        "Amer-Indian-Eskimo": 470,
        "Other": 406,
    }
    assert adult.groups == ("Female", "Male")
    assert np.bincount(adult.z).tolist() == [16_192, 32_650]


@pytest.mark.real
def test_adult_labels_have_no_full_stop(adult):
    assert adult.labels == ("<=50K", ">50K")
    assert adult.y.sum() == 11_687
    assert adult.y.mean() == pytest.approx(0.239, abs=5e-4)


@pytest.mark.real
def test_adult_features(adult):
    assert not {"fnlwgt", "education", "race", "sex", "income"} & set(adult.features)
    assert adult.features.shape == (48_842, 10)
    unknown = {name: int((adult.features[name].astype(str) == "?").sum()) for name in adult.features}
    assert {k: v for k, v in unknown.items() if v} == {
        "workclass": 2799,
        "occupation": 2809,
        "native-country": 857,
    }
    assert not adult.frame.isna().any().any()
    assert adult.features.iloc[0].tolist()[:3] == [39, "State-gov", 13]


@pytest.mark.real
def test_adult_parts_are_the_published_split(adult):
    train, test = module.read(("adult.data",)), module.read(("adult.test",))
    assert (len(train), len(test)) == (32_561, 16_281)
    assert train.y.sum() + test.y.sum() == adult.y.sum()
    assert train.fingerprint() != adult.fingerprint()


@pytest.mark.real
def test_adult_altered_by_one_byte_is_refused(adult, monkeypatch, tmp_path):
    folder = Path(os.environ["FAIRVIZ_DATA"])
    folder = folder / "adult" if (folder / "adult").is_dir() else folder
    for name in module.FILES.files:
        shutil.copy(folder / name, tmp_path / name)
    data = bytearray((tmp_path / "adult.test").read_bytes())
    data[5000] ^= 1
    (tmp_path / "adult.test").write_bytes(data)
    monkeypatch.setenv("FAIRVIZ_DATA", str(tmp_path))
    with pytest.raises(MissingDataError, match=r"adult\.test is not the published file.*Delete it"):
        load_dataset("adult")


# downloads

CONTENT = {"adult.data": b"train rows\n" * 500, "adult.test": b"test rows\n" * 500}


def archive(content=CONTENT):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, data in content.items():
            zipped.writestr(name, data)
    return buffer.getvalue()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        status, body, announced = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    """A server on this machine that sends ``answer``: status, bytes, announced length."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.asked = 0
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    httpd.url = f"http://127.0.0.1:{httpd.server_port}/adult.zip"
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def published(monkeypatch):
    """Pretend that CONTENT is what the publisher publishes."""
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)
    return hashlib.sha256(archive()).hexdigest()


def here(url=None, sha256=None):
    return Published("adult", {n: hashlib.sha256(d).hexdigest() for n, d in CONTENT.items()}, url, sha256)


def refused(cache, *words, **how):
    with pytest.raises(FairvizError) as caught:
        here(**how).download()
    message = str(caught.value)
    assert isinstance(caught.value, MissingDataError)
    assert "\n" not in message
    assert "FAIRVIZ_DATA" in message
    for word in words:
        assert word in message
    assert not [name for name in files(cache) if "adult.data" in name or "adult.test" in name or ".part" in name]
    assert not here().available()


def test_download_lands_in_the_cache(server, published, cache):
    server.answer = (200, archive(), len(archive()))
    folder = here(server.url, published).download()
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == CONTENT
    assert cache in folder.parents
    assert here().available()
    assert server.asked == 1


def test_wrong_bytes(server, published, cache):
    server.answer = (200, b"<html>Please log in</html>", 26)
    refused(cache, server.url, "not the published ones", url=server.url, sha256=published)
    assert files(cache) == []


def test_one_flipped_bit(server, published, cache):
    data = bytearray(archive())
    data[100] ^= 4
    server.answer = (200, bytes(data), len(data))
    refused(cache, "not the published ones", url=server.url, sha256=published)
    assert files(cache) == []


def test_cut_in_half(server, published, cache):
    data = archive()
    server.answer = (200, data[: len(data) // 2], len(data))
    refused(cache, server.url, url=server.url, sha256=published)
    assert files(cache) == []


def test_not_found(server, published, cache):
    server.answer = (404, b"gone", 4)
    refused(cache, server.url, url=server.url, sha256=published)
    assert files(cache) == []


def test_no_network(published, cache):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/adult.zip"  # bound, not listening: refused at once
        refused(cache, url, "could not be downloaded", url=url, sha256=published)
    assert files(cache) == []


def test_archive_with_another_file_inside(server, published, cache):
    other = archive({**CONTENT, "adult.test": b"other rows\n"})
    server.answer = (200, other, len(other))
    refused(cache, "adult.test", url=server.url, sha256=hashlib.sha256(other).hexdigest())


def test_a_failed_download_can_be_repeated(server, published, cache):
    server.answer = (404, b"gone", 4)
    refused(cache, url=server.url, sha256=published)
    server.answer = (200, archive(), len(archive()))
    assert here(server.url, published).download().is_dir()


def test_disk_full_while_unpacking(server, published, cache, monkeypatch):
    server.answer = (200, archive(), len(archive()))
    written = Path.write_bytes

    def full(self, data):
        written(self, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        refused(cache, "No space left", url=server.url, sha256=published)
