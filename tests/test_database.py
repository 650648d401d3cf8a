"""The database: migrations, one writer, and what happens to files that are damaged or full."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, func, inspect, select
from sqlalchemy.exc import IntegrityError

import database
from config import ROOT
from database import (
    BACKUPS_KEPT,
    Base,
    Character,
    ChatLog,
    Database,
    DatabaseError,
    EventRow,
    current_revision,
    make_backup,
    migrate,
    newest_revision,
    open_database,
)

PLANNED = {
    "characters": "id name profile personality avatar_url created_at updated_at",
    "chat_logs": "id character_id user_message character_response audio_file timestamp emotion",
    "training_data": "id filename transcript duration speaker emotion quality created_at",
    "models": "id name model_path character_id status epochs_trained loss created_at updated_at",
    "events": "id event_type message data timestamp severity",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "kotodama.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Database]:
    found = open_database(path)
    yield found
    found.close()


def add_character(opened: Database, name: str = "Ren") -> int:
    with opened.write() as session:
        one = Character(name=name)
        session.add(one)
        session.flush()
        return one.id


def character_names(path: Path) -> list[str]:
    opened = open_database(path)
    try:
        with opened.read() as session:
            return list(session.scalars(select(Character.name).order_by(Character.id)))
    finally:
        opened.close()


def writer_child(path: Path, start: int, *limit: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.db_writer", str(path), str(start)]
    return subprocess.Popen(
        [*command, *map(str, limit)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_an_empty_folder_gets_the_planned_tables(opened: Database) -> None:
    found = inspect(opened.readers)
    for table, columns in PLANNED.items():
        assert set(columns.split()) <= {one["name"] for one in found.get_columns(table)}, table
    assert opened.notices == []
    assert current_revision(opened.path) == newest_revision()


def test_models_equal_the_migrations(path: Path) -> None:
    path.parent.mkdir()
    migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_opening_again_changes_nothing(path: Path) -> None:
    first = open_database(path)
    add_character(first)
    first.close()
    again = open_database(path)
    assert again.notices == []
    assert not (path.parent / "backups").exists()
    again.close()
    assert character_names(path) == ["Ren"]


def test_a_failed_migration_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE models (mine TEXT)")
        connection.execute("INSERT INTO models VALUES ('kept')")
        connection.commit()
    with pytest.raises(DatabaseError, match="could not be brought up to date"):
        open_database(path)
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        assert tables == ["models"]
        assert connection.execute("SELECT mine FROM models").fetchall() == [("kept",)]
    assert len(list((path.parent / "backups").glob("*.db"))) == 1


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    open_database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="newer version of this program"):
        open_database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"this is not a database" * 300,
        lambda data: data[:4096] + b"\xff" * (len(data) - 4096),
        lambda data: data[: len(data) // 2],
    ],
    ids=["text", "overwritten", "cut off"],
)
def test_a_damaged_file_is_kept_aside_and_the_backup_restored(path: Path, damage: object) -> None:
    opened = open_database(path)
    add_character(opened)
    opened.backup()
    opened.close()
    broken = damage(path.read_bytes())  # type: ignore[operator]
    path.write_bytes(broken)
    opened = open_database(path)
    assert "damaged" in opened.notices[0]
    assert "backup" in opened.notices[0]
    opened.close()
    assert character_names(path) == ["Ren"]
    aside = list(path.parent.glob("kotodama.damaged-*.db"))
    assert [one.read_bytes() for one in aside] == [broken]
    assert aside[0].name in opened.notices[0]


def test_without_a_backup_a_new_database_is_made_and_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\x00\x01garbage" * 500)
    opened = open_database(path)
    assert "no backup was found" in opened.notices[0]
    assert add_character(opened) == 1
    opened.close()
    assert len(list(path.parent.glob("kotodama.damaged-*.db"))) == 1


def test_a_damaged_backup_is_passed_over(path: Path) -> None:
    opened = open_database(path)
    add_character(opened)
    good = opened.backup()
    opened.close()
    bad = good.with_name("kotodama-29990101-000000.db")
    bad.write_bytes(b"broken" * 1000)
    path.write_bytes(b"broken" * 1000)
    assert character_names(path) == ["Ren"]


def test_an_empty_file_is_a_new_database(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    opened = open_database(path)
    assert add_character(opened) == 1
    opened.close()


def test_backups_are_whole_and_few(opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(BACKUPS_KEPT + 3):
        add_character(opened, f"C{number}")
        monkeypatch.setattr(database.time, "strftime", lambda _form, n=number: f"2026010{n}-000000")
        newest = opened.backup()
    copies = sorted(newest.parent.glob("*.db"))
    assert len(copies) == BACKUPS_KEPT
    assert copies[-1] == newest
    target = opened.path.parent / "restored" / "kotodama.db"
    target.parent.mkdir()
    shutil.copy(newest, target)
    assert len(character_names(target)) == BACKUPS_KEPT + 3


def test_a_backup_that_cannot_be_written_is_one_sentence(opened: Database) -> None:
    (opened.path.parent / "backups").write_text("in the way")
    with pytest.raises(DatabaseError, match="backup of the database could not be written"):
        make_backup(opened.path)


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be written") as caught:
        open_database(tmp_path / "file" / "data" / "kotodama.db")
    assert caught.value.message.endswith(".")


def test_a_failed_write_changes_nothing(opened: Database) -> None:
    add_character(opened)
    with pytest.raises(RuntimeError), opened.write() as session:
        session.add(Character(name="Lost"))
        session.flush()
        raise RuntimeError("in the middle")
    with opened.read() as session:
        assert session.scalar(select(func.count()).select_from(Character)) == 1
    assert add_character(opened) == 2


def test_a_broken_rule_is_a_database_error_with_its_cause(opened: Database) -> None:
    with pytest.raises(DatabaseError) as caught, opened.write() as session:
        session.add(ChatLog(turn_id="t", character_id=99, user_message="hi"))
    assert isinstance(caught.value.__cause__, IntegrityError)


def test_readers_cannot_write(opened: Database) -> None:
    with opened.readers.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM events")


def test_a_reader_sees_a_whole_commit_while_the_writer_works(opened: Database) -> None:
    with opened.write() as session:
        session.add(Character(name="A"))
        session.flush()
        with opened.read() as other:
            assert other.scalar(select(func.count()).select_from(Character)) == 0
    with opened.read() as other:
        assert other.scalar(select(func.count()).select_from(Character)) == 1


def test_many_threads_write_one_after_the_other(opened: Database) -> None:
    inside, most = 0, 0

    def write(writer: int) -> None:
        nonlocal inside, most
        for number in range(10):
            with opened.write() as session:
                inside += 1
                most = max(most, inside)
                session.add(Character(name=f"{writer}-{number}"))
                session.flush()
                inside -= 1

    threads = [threading.Thread(target=write, args=(one,)) for one in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened.read() as session:
        assert session.scalar(select(func.count()).select_from(Character)) == 60
    assert most == 1


def test_times_are_stored_and_read_as_utc(opened: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 1, 1, 8, 30, tzinfo=tokyo)
    with opened.write() as session:
        session.add(EventRow(id=1, event_type="window.raise", timestamp=at))
    with opened.read() as session:
        found = session.get(EventRow, 1)
        assert found is not None
        assert found.timestamp == at
        assert found.timestamp.tzinfo is timezone.utc


def test_deleting_a_character_takes_its_chat_along(opened: Database) -> None:
    made = add_character(opened)
    with opened.write() as session:
        session.add(ChatLog(turn_id="t", character_id=made, user_message="hi"))
    with opened.write() as session:
        session.delete(session.get(Character, made))
    with opened.read() as session:
        assert session.scalar(select(func.count()).select_from(ChatLog)) == 0


def test_closing_folds_the_wal_into_the_file(path: Path) -> None:
    opened = open_database(path)
    add_character(opened)
    opened.close()
    assert not path.with_name(path.name + "-wal").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_what_was_acknowledged_survives_kill_9(path: Path) -> None:
    open_database(path).close()
    acknowledged: set[int] = set()
    for attempt in range(3):
        child = writer_child(path, attempt * 100_000)
        assert child.stdout is not None
        for _line in range(5 + 30 * attempt):
            acknowledged.add(int(child.stdout.readline()))
        child.kill()
        acknowledged |= {int(line) for line in child.stdout if line.endswith("\n")}
        child.wait()
        child.stdout.close()
    opened = open_database(path)
    assert opened.notices == []
    with opened.read() as session:
        kept = {int(one) for one in session.scalars(select(ChatLog.turn_id))}
    opened.close()
    assert acknowledged <= kept
    assert len(kept) <= len(acknowledged) + 3, "at most the one that was under way each time"


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is of POSIX")
def test_a_full_disk_is_one_sentence_and_loses_nothing(path: Path) -> None:
    open_database(path).close()
    child = writer_child(path, 0, 600_000)
    assert child.stdout is not None
    lines = child.stdout.read().splitlines()
    assert child.wait() == 0
    acknowledged = {int(line) for line in lines[:-1]}
    assert len(acknowledged) > 10
    assert lines[-1].startswith("error: database: The d")
    assert lines[-1].endswith(".")
    opened = open_database(path)
    with opened.read() as session:
        assert {int(one) for one in session.scalars(select(ChatLog.turn_id))} == acknowledged
    opened.close()


def test_a_locked_database_is_not_taken_for_a_damaged_one(path: Path) -> None:
    open_database(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        opened = open_database(path)
        assert time.monotonic() - started < 20
        assert opened.notices == []
        other.rollback()
    opened.close()
