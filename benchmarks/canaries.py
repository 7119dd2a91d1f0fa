"""Thirty people with a table each, at once; does anything of one reach another? ``python -m benchmarks.canaries``.

Every session is a browser of its own behind a proxy. Its table has a word of its own in the names of the file, of
columns, groups and domains, and in cells. All upload at the same time, press Go, get Explore on their table, move the
dial and look at their list of tables. Then every word is looked for in all messages that the other sessions received,
in the server's log, and in the folders of the other tables and their jobs (Linux).
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.common import keep
from benchmarks.visitor import Visitor
from tests.browser.serving import served

ROOT = Path(__file__).parent.parent
SESSIONS, ROWS = 30, 300


def table(word: str, seed: int) -> bytes:
    """A small table: who was granted what, with a word everywhere."""
    rng = np.random.default_rng(seed)
    woman, office = rng.random(ROWS) < 0.5, rng.integers(0, 2, ROWS)
    hours = np.round(30 + 5 * rng.normal(size=ROWS) + 6 * woman)
    granted = hours / 10 - woman + rng.normal(size=ROWS) > 2.7
    lines = [f"granted,sex,office,hours,note {word}"]
    lines += [
        f"{'yes' if granted[k] else 'no'},{'f' if woman[k] else 'm'} {word},{'north' if office[k] else 'south'} {word},"
        f"{hours[k]:g},{'a' if hours[k] > 30 else 'b'} {word}"
        for k in range(ROWS)
    ]
    return "\n".join(lines).encode() + b"\n"


class Person(Visitor):
    """A session with a table of its own.

    Attributes
    ----------
    word : str
    seconds : float
        From the upload to Explore on the table.
    """

    def __init__(self, url: str, number: int) -> None:
        self.word, self.number = f"canary{number:02d}{secrets.token_hex(6)}", number
        super().__init__(url, listen=True, through=f"10.0.0.{number + 1}")
        self.seconds = float("nan")

    def own(self) -> str:
        """Everything that the page shows now, in one text."""
        return "\n".join(str(one) for one in self._shown.values())

    async def visit(self, together: asyncio.Barrier) -> None:
        """Upload, Go, Explore, the list of tables, the dial."""
        await self.open()
        await self.rerun("data")
        await together.wait()
        begun = time.perf_counter()
        await self.upload(
            self.widget("file_uploader", "upload").id, f"table {self.word}.csv", table(self.word, self.number)
        )
        await self.rerun()
        if not [one for one in self.elements("button") if one.id.endswith("-go")]:
            raise RuntimeError(f"no Go: {self.own()}")
        self.state(self.widget("button", "go").id, trigger_value=True)
        await self.rerun()
        self.seconds = time.perf_counter() - begun
        if self.word not in self.own() or "data=" not in self.query:
            self.errors.append(f"Explore did not open on the table: {self.own()[-1500:]}")
        await together.wait()
        for _ in range(3):
            dial = self.widget("slider", "price_dp")
            self.state(dial.id, string_array_value=[list(dial.options)[-1]])
            await self.rerun()
            await asyncio.sleep(1)
        query, self.query = self.query, ""
        await self.rerun("data")
        if self.own().count(f"table {self.word}") == 0:
            self.errors.append("one's own table is not listed")
        self.query = query


def leaks(people: list[Person], cache: Path, log: bytes) -> dict[str, int]:
    """How often a word was found where it does not belong."""
    found = {"in_messages": 0, "in_log": 0, "in_files": 0}
    words = {person.word.encode(): person for person in people}
    for person in people:
        heard = b"".join(person.heard)
        assert person.word.encode() in heard, "a word that nobody was shown cannot be looked for"
        found["in_messages"] += sum(word in heard for word in words if words[word] is not person)
    found["in_log"] = sum(word in log for word in words)
    for path in (path for kind in ("own", "jobs") for path in cache.glob(f"{kind}/**/*")):
        if path.is_file():
            found["in_files"] += max(0, sum(word in path.read_bytes() for word in words) - 1)
    for about in cache.glob("own/*/about.json"):
        title = json.loads(about.read_text())["title"]
        told = (about.parent / "table").read_bytes()
        found["in_files"] += sum(word in told for word in words if word.decode() not in title)
    return found


async def crowd(url: str) -> list[Person]:
    people, together = [Person(url, k) for k in range(SESSIONS)], asyncio.Barrier(SESSIONS)
    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(person.visit(together))
    for person in people:
        await person.close()
    return people


def main() -> None:
    """Print and keep a row."""
    env = {name: value for name, value in os.environ.items() if name != "FAIRVIZ_DATA"}
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        env["FAIRVIZ_CACHE"], log = str(cache), Path(folder) / "app.log"
        with served([sys.executable, "-m", "streamlit", "run", "app.py"], ROOT, env, log) as url:
            people = asyncio.run(crowd(url))
        found = leaks(people, cache, log.read_bytes())
        tables = len(list(cache.glob("own/*/about.json")))
        errors = [error for person in people for error in person.errors]
        text = log.read_text()
        errors += [text[-3000:]] * text.count("Traceback")
    for error in errors[:5]:
        print(error)
    seconds = [person.seconds for person in people]
    keep("canaries", [{
        "sessions": SESSIONS, "tables": tables, "messages": sum(len(person.heard) for person in people), **found,
        "errors": len(errors), "upload_to_explore_median_s": round(float(np.median(seconds)), 1),
        "upload_to_explore_max_s": round(max(seconds), 1),
    }])  # fmt: skip


if __name__ == "__main__":
    main()
