"""The tables, the sessions, and how a database file is opened, checked, migrated and backed up.

SQLite in WAL mode with one writer connection: SQLite up to 3.51.2 can corrupt a WAL when two
connections write and checkpoint at once. Readers have connections of their own. What the user
made is committed with `synchronous=FULL`.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Double, ForeignKey, Index, create_engine, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

from config import ROOT, KotodamaError, make_folder

MIGRATIONS = ROOT / "migrations"
BACKUPS_KEPT = 5
BACKUP_EVERY_S = 24 * 3600
CHECKED_UP_TO = 256 * 1024 * 1024
"""Bytes: a larger file is not read through at every start."""

log = logging.getLogger("kotodama.database")


class DatabaseError(KotodamaError):
    """The database cannot be opened or written."""

    code = "database"
    status = 507


def utcnow() -> datetime:
    """The time now, in UTC."""
    return datetime.now(timezone.utc)


class UtcDateTime(TypeDecorator[datetime]):
    """A time that is stored and read as UTC: SQLite itself keeps no time zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Drop the zone after conversion to UTC."""
        return value.astimezone(timezone.utc).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Say that it is UTC."""
        return value.replace(tzinfo=timezone.utc) if value else None


class Base(DeclarativeBase):
    """Base of the tables."""

    # SQLAlchemy 2.0, the last for Python 3.10, would take a float for Float; 2.1 takes Double.
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        float: Double,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class Character(Base):
    """A character: who it is, how it looks and speaks."""

    __tablename__ = "characters"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str | None] = mapped_column(unique=True, default=None)
    name: Mapped[str]
    profile: Mapped[str] = mapped_column(default="")
    personality: Mapped[str] = mapped_column(default="")
    scenario: Mapped[str] = mapped_column(default="")
    first_mes: Mapped[str] = mapped_column(default="")
    mes_example: Mapped[str] = mapped_column(default="")
    lorebook: Mapped[list[Any]] = mapped_column(default=list)
    voice: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(default="en")
    avatar_url: Mapped[str] = mapped_column(default="")
    pronunciations: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class ChatLog(Base):
    """One turn: what the user said and what the character answered.

    `character_response` is what was heard; `written` is all that the model wrote.
    """

    __tablename__ = "chat_logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[str] = mapped_column(unique=True)
    character_id: Mapped[int] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    user_message: Mapped[str]
    character_response: Mapped[str] = mapped_column(default="")
    written: Mapped[str] = mapped_column(default="")
    audio_file: Mapped[str] = mapped_column(default="")
    timestamp: Mapped[datetime] = mapped_column(default=utcnow)
    emotion: Mapped[str] = mapped_column(default="neutral")
    source: Mapped[str] = mapped_column(default="typed")
    interrupted: Mapped[bool] = mapped_column(default=False)
    engine: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    stages: Mapped[list[Any]] = mapped_column(default=list)

    __table_args__ = (Index("ix_chat_logs_character", "character_id", "id"),)


class TrainingData(Base):
    """One recording of a voice to be trained."""

    __tablename__ = "training_data"
    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str]
    transcript: Mapped[str] = mapped_column(default="")
    duration: Mapped[float] = mapped_column(default=0.0)
    speaker: Mapped[str] = mapped_column(default="")
    emotion: Mapped[str] = mapped_column(default="neutral")
    quality: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Model(Base):
    """A trained model and its checkpoint."""

    __tablename__ = "models"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    model_path: Mapped[str] = mapped_column(default="")
    character_id: Mapped[int | None] = mapped_column(
        ForeignKey("characters.id", ondelete="SET NULL"), default=None
    )
    status: Mapped[str] = mapped_column(default="new")
    epochs_trained: Mapped[int] = mapped_column(default=0)
    loss: Mapped[float | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class EventRow(Base):
    """A durable event; `id` is its sequence number."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_type: Mapped[str] = mapped_column(index=True)
    message: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    timestamp: Mapped[datetime] = mapped_column(default=utcnow)
    severity: Mapped[str] = mapped_column(default="info")


class Setting(Base):
    """What the backend remembers between runs, such as the character on air."""

    __tablename__ = "state"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


@dataclass
class Database:
    """An open database.

    Attributes:
        path: The file.
        notices: What the user should be told about how it was opened (a repair, a migration).
    """

    path: Path
    writer: Engine
    readers: Engine
    notices: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session on the one writer connection; commits at the end.

        Raises:
            DatabaseError: The disk is full or the file is not writable; nothing was changed.
        """
        with self._lock, Session(self.writer, expire_on_commit=False) as session:
            try:
                yield session
                session.commit()
            except Exception as error:
                session.rollback()
                if isinstance(getattr(error, "orig", None), sqlite3.Error):
                    raise DatabaseError(_explain(error.orig, self.path)) from error  # type: ignore[attr-defined]
                raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        with Session(self.readers, expire_on_commit=False) as session:
            yield session

    def backup(self) -> Path:
        """Copy the whole database into `backups/` beside it; the oldest copies go.

        Raises:
            DatabaseError: The copy cannot be written.
        """
        return make_backup(self.path)

    def close(self) -> None:
        """Fold the WAL into the file and let go of it."""
        with self._lock:
            # Outside a transaction, which a Connection would open.
            raw = self.writer.raw_connection()
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.close()
            self.writer.dispose()
        self.readers.dispose()


def open_database(path: Path) -> Database:
    """Open the file, mending what can be mended, and bring its tables up to date.

    A damaged file is kept aside and the newest good backup takes its place; `notices` says so.

    Raises:
        DatabaseError: The folder or file cannot be used at all.
    """
    notices: list[str] = []
    try:
        make_folder(path.parent)
    except OSError as error:
        raise DatabaseError(
            f"The data folder {path.parent} cannot be written ({error.strerror}); "
            "set DATABASE_URL or DATA_DIR to a folder that can."
        ) from error
    if path.exists() and not _is_sound(path):
        notices.append(_replace_damaged(path))
    _migrate_if_needed(path, notices)
    writer = _engine(path, "FULL")
    readers = _engine(path, "NORMAL", read_only=True)
    return Database(path, writer, readers, notices)


def _engine(path: Path, synchronous: str, *, read_only: bool = False) -> Engine:
    if read_only:
        engine = create_engine(f"sqlite:///{path}", pool_size=4, max_overflow=16)
    else:
        engine = create_engine(
            f"sqlite:///{path}",
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )

    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: sqlite3.Connection, _record: Any) -> None:
        dbapi_connection.isolation_level = None
        pragmas = [
            "PRAGMA journal_mode=WAL",
            f"PRAGMA synchronous={synchronous}",
            "PRAGMA foreign_keys=ON",
            "PRAGMA busy_timeout=5000",
        ]
        if read_only:
            pragmas += ["PRAGMA wal_autocheckpoint=0", "PRAGMA query_only=ON"]
        for pragma in pragmas:
            dbapi_connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            if path.stat().st_size > CHECKED_UP_TO:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                return True
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()
        return bool(answer) and answer[0] == "ok"
    except sqlite3.OperationalError as error:
        # Another process works on it; that is no damage.
        return "locked" in str(error) or "busy" in str(error)
    except sqlite3.DatabaseError:
        return False


def _replace_damaged(path: Path) -> str:
    aside = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    for copy in sorted((path.parent / "backups").glob(f"{path.stem}-*.db"), reverse=True):
        if _is_sound(copy):
            shutil.copy2(copy, path)
            when = datetime.fromtimestamp(copy.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
            return (
                f"The database was damaged: the backup of {when} was restored, "
                f"and the damaged file is kept as {aside.name}."
            )
    return (
        "The database was damaged and no backup was found: a new one was made, "
        f"and the damaged file is kept as {aside.name}."
    )


def make_backup(path: Path) -> Path:
    """Copy a database file, consistent even while it is in use.

    Raises:
        DatabaseError: The copy cannot be written.
    """
    folder = path.parent / "backups"
    target = folder / f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}.db"
    part = target.with_suffix(".part")
    try:
        folder.mkdir(exist_ok=True)
        copy_database(path, part)
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink()
        raise DatabaseError(
            f"The backup of the database could not be written ({error})."
        ) from error
    for old in sorted(folder.glob(f"{path.stem}-*.db"))[:-BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return target


def copy_database(path: Path, target: Path) -> None:
    """Copy a database file, consistent even while another process uses it."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def backup_is_due(path: Path) -> bool:
    """Whether the newest backup is older than a day."""
    copies = sorted((path.parent / "backups").glob(f"{path.stem}-*.db"))
    return not copies or time.time() - copies[-1].stat().st_mtime > BACKUP_EVERY_S


def newest_revision() -> str:
    """The newest migration's name, read from its file name, without importing Alembic."""
    return max(file.stem.split("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current_revision(path: Path) -> str | None:
    """The migration that a database file stands at, or None."""
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
    except sqlite3.OperationalError:
        return None


def _migrate_if_needed(path: Path, notices: list[str]) -> None:
    newest, current = newest_revision(), current_revision(path)
    if current == newest:
        return
    if current is not None and current > newest:
        raise DatabaseError(
            f"The database {path.name} was made by a newer version of this program; "
            "update the program, or move the file away."
        )
    if path.exists() and path.stat().st_size:
        copy = make_backup(path)
        notices.append(f"The database was brought up to date; the old one is kept as {copy.name}.")
    migrate(path)


def migrate(path: Path, revision: str = "head") -> None:
    """Run the migrations up to a revision, all of them in one explicit transaction.

    Raises:
        DatabaseError: A migration failed; the database is as it was before.
    """
    from alembic import command
    from alembic.config import Config

    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: sqlite3.Connection, _record: Any) -> None:
        dbapi_connection.isolation_level = None
        dbapi_connection.execute("PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    options = Config()
    options.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            options.attributes["connection"] = connection
            command.upgrade(options, revision)
    except Exception as error:
        raise DatabaseError(f"The database could not be brought up to date ({error}).") from error
    finally:
        engine.dispose()


def _explain(error: BaseException | None, path: Path) -> str:
    text = str(error)
    if "full" in text:
        return "The disk is full: free some space, then try again; nothing was changed."
    if "readonly" in text or "read-only" in text:
        return f"The database {path} is read-only; allow writing to it."
    return f"The database could not be written ({text})."
