"""A child process that writes chat turns and tells of each one once it is committed.

Run as `python -m tests.support.db_writer PATH START [LIMIT]`: prints a turn's number after its
commit. With LIMIT, no file may grow beyond that many bytes, as on a full disk; the error's
sentence is then printed after "error: ".
"""

from __future__ import annotations

import sys
from pathlib import Path

from config import KotodamaError
from database import Character, ChatLog, Database, open_database


def main(path: Path, start: int, limit: int | None) -> None:
    database = open_database(path)
    with database.write() as session:
        if session.get(Character, 1) is None:
            session.add(Character(id=1, name="Ren", lorebook=[], voice={}))
    if limit is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for number in range(start, start + 20_000):
        try:
            write_turn(database, number)
        except KotodamaError as error:
            print(f"error: {error.code}: {error.message}", flush=True)
            return
        print(number, flush=True)


def write_turn(database: Database, number: int) -> None:
    with database.write() as session:
        session.add(
            ChatLog(turn_id=str(number), character_id=1, user_message="x" * 2_000, stages=[])
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
