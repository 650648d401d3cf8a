"""What several commands need: an engine room of their own, output as JSON, and file names."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.room import EngineRoom

T = TypeVar("T")


@contextmanager
def own_room(settings: Settings) -> Iterator[EngineRoom]:
    """An engine room in this process, with its log in the log file.

    While a backend runs on the same data folder, its database is not touched: SQLite wants one
    writer. The room then works on a copy that is thrown away.
    """
    import tempfile

    from filelock import FileLock, Timeout

    from backend.logs import start_logging
    from backend.room import open_room
    from backend.run_file import lock_path
    from database import copy_database

    for problem in start_logging(settings):
        note(problem)
    lock = FileLock(lock_path(settings))
    with tempfile.TemporaryDirectory() as folder:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            note("the window is open, so this turn is not added to its chat")
            copy = Path(folder) / "kotodama.db"
            copy_database(settings.database_path, copy)
            settings = settings.model_copy(update={"database_url": f"sqlite:///{copy}"})
        try:
            room = open_room(settings)
            for notice in room.database.notices:
                note(notice)
            yield room
        finally:
            lock.release()


def with_room(settings: Settings, work: Callable[[EngineRoom], Awaitable[T]]) -> T:
    """Run `work` with a room, and close it afterwards."""

    async def run() -> T:
        with own_room(settings) as room:
            try:
                return await work(room)
            finally:
                await room.close()

    return asyncio.run(run())


def note(text: str) -> None:
    """Tell something on the side; results go to standard output."""
    sys.stderr.write(f"kotodama: {text}\n")


def show(facts: Any, lines: list[str], *, as_json: bool) -> None:
    """Print the result: as JSON, or as lines for people."""
    text = json.dumps(facts, indent=1, ensure_ascii=False) if as_json else "\n".join(lines)
    sys.stdout.write(text + "\n")


def json_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def check_output(path: Path, *suffixes: str) -> Path:
    """A file that can be written, of a known kind.

    Raises:
        BadInputError: It has another ending, or its folder is not there.
    """
    from backend.errors import BadInputError

    if path.suffix.lower() not in suffixes:
        raise BadInputError(f"--out must end in {' or '.join(suffixes)}, not {path.name!r}.")
    if not path.resolve().parent.is_dir():
        raise BadInputError(f"There is no folder {path.resolve().parent}; make it first.")
    return path
