"""The app served on a free port while a block lasts."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

#: Seconds to wait for the server.
UP_S = 60


@contextmanager
def served(command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path) -> Iterator[str]:
    """The address of ``command`` (``streamlit run ..`` or ``fairviz app``), started in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [*command, "--server.port", str(port), "--server.headless", "true"]
    with open(log, "wb") as handle:
        process = subprocess.Popen(words, cwd=folder, env=dict(env), stdout=handle, stderr=handle)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(4 * UP_S):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
                break
            except OSError:
                time.sleep(0.25)
        else:
            raise AssertionError(f"no answer within {UP_S} s: {log.read_text()}")
        yield url
    finally:
        process.terminate()
        process.wait(UP_S)
