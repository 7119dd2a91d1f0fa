"""Clusters that are none: said soon, and nothing is computed here in their place."""

import socket
import threading
from contextlib import suppress

import pytest

from fairviz.experiments import workers
from tests.cli.bad_choices import RUNNERS, SWEEP
from tests.cli.commands import refused


@pytest.fixture
def hurried(monkeypatch):
    """Nobody waits long for a cluster, and nothing is trained here in its place."""
    monkeypatch.setattr(workers, "GREETING_S", 1.0)
    monkeypatch.setattr(workers, "WORKERS_S", 1.0)
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    monkeypatch.setattr("fairviz.synthesizers.FADM.sample_chunks", lambda *_, **__: pytest.fail("sampled"))


def on_cluster(argv, run, address):
    return [*(a.format(run=run) for a in argv), "--backend", "dask", "--scheduler", address]


@pytest.mark.parametrize(
    "address",
    ["nonsense", "8786", "a b", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:notaport", "x:y:z", "wat://127.0.0.1:1",
     "inproc://x", "tls://127.0.0.1:1", "tcp://x\ny", "\x1b[31m", "é", "x" * 5000],
    ids=lambda v: ascii(v)[:24],
)  # fmt: skip
def test_what_is_no_address_of_a_scheduler(capsys, folder, run, hurried, address):
    refused(capsys, folder, on_cluster(SWEEP, run, address), "--scheduler is", "tcp://10.0.0.1:8786", seconds=20)


@pytest.fixture
def listener():
    """A port where somebody listens who is no scheduler: silent, or answering as a web server does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve(answer):
            with suppress(OSError):
                while True:
                    kept.append(server.accept()[0])
                    if answer:
                        kept[-1].sendall(answer)

        def begin(answer):
            threading.Thread(target=serve, args=(answer,), daemon=True).start()
            return f"tcp://127.0.0.1:{server.getsockname()[1]}"

        yield begin
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


@pytest.mark.parametrize("argv", RUNNERS, ids=lambda argv: argv[0])
def test_a_scheduler_where_nobody_answers(capsys, folder, run, hurried, argv):
    with socket.socket() as probe:  # taken, but nobody listens
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
        words = f"No Dask scheduler answers at {address}", "Start one, or check the address"
        refused(capsys, folder, on_cluster(argv, run, address), *words, seconds=20)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"], ids=["", "web"])
def test_a_port_where_somebody_else_listens(capsys, folder, run, hurried, listener, answer):
    address = listener(answer)
    refused(capsys, folder, on_cluster(SWEEP, run, address), f"No Dask scheduler answers at {address}", seconds=20)


def test_a_cluster_without_workers(capsys, folder, run, hurried, tmp_path_factory, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "GREETING_S", 10.0)  # its scheduler shares this process
    with distributed.LocalCluster(
        n_workers=0, processes=False, protocol="tcp://", dashboard_address=None,
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        words = f"The cluster at {address} has no workers", f"dask worker {address}"
        refused(capsys, folder, on_cluster(SWEEP, run, address), *words, seconds=60)
