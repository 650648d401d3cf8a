"""A file on its way: `NAME.part` and what is known about it in `NAME.part.json`.

The part survives a pause, a crash and a day; only a whole and checked file gets the real name.
All calls block.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from backend.models_store.catalogue import CatalogueFile
from backend.models_store.content import (
    check_hash,
    check_size,
    check_structure,
    expected_hash,
    hash_file,
    new_hash,
)
from backend.models_store.errors import (
    BusyModelError,
    DamagedError,
    DiskError,
    DiskFullError,
    WrongHashError,
    WrongSizeError,
)
from config import SettingsError, write_atomically

SUFFIX = ".part"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Origin:
    """Where the bytes of a part came from.

    Attributes:
        wanted: The hash of the whole file; a part of another file is of no use.
        validator: A strong ETag or a date: what the server called this version of the file.
        total: Bytes of the whole file as the server said; 0 where it did not.
    """

    wanted: str
    url: str = ""
    validator: str = ""
    total: int = 0


class Part:
    """A part file that is being written.

    Args:
        target: The file that it becomes.
        file: What the catalogue says about it.

    Attributes:
        size: Bytes that are there.
        origin: Where they came from.
    """

    def __init__(self, target: Path, file: CatalogueFile) -> None:
        self.target = target
        self.path = part_path(target)
        self.size = 0
        self.origin = Origin(expected_hash(file))
        self._file = file
        self._state = state_path(target)
        self._digest = new_hash(file)
        self._stream: BinaryIO | None = None
        self._lock = FileLock(lock_path(target), thread_local=False)

    def open(self) -> None:
        """Open the part, and read what is there already.

        Raises:
            DiskFullError: There is no room.
            DiskError: The folder cannot be written.
            BusyModelError: Another process is writing it.
        """
        with disk_errors(self.target):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise BusyModelError(
                    f"{self._file.name} is being downloaded by the window or another command."
                ) from None
            if self.path.is_symlink():
                # Writing through a link could reach any file.
                self.path.unlink()
            known = _read_origin(self._state)
            usable = known is not None and known.wanted == self.origin.wanted
            usable = usable and (bool(known and known.wanted) or bool(known and known.validator))
            if usable and known and self.path.is_file():
                self.origin = known
                self._stream = self.path.open("r+b")
                self.size = self._stream.seek(0, os.SEEK_END)
                hash_file(self.path, self._digest)
            else:
                self._stream = self.path.open("wb")
                self._state.unlink(missing_ok=True)
            if self._file.size is not None and self.size > self._file.size:
                self.restart()

    def came_from(self, url: str, validator: str, total: int) -> None:
        """Note the source before its bytes are written."""
        self.origin = Origin(self.origin.wanted, url, validator, total)
        data = json.dumps(asdict(self.origin)).encode()
        with disk_errors(self.target):
            try:
                write_atomically(self._state, data)
            except SettingsError as error:
                raise (error.__cause__ or error) from None

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            WrongSizeError: More came than the file has; the part is thrown away.
            DiskFullError: The disk is full; what had been written stays.
            DiskError: The disk refuses.
        """
        assert self._stream is not None
        if self._file.size is not None and self.size + len(data) > self._file.size:
            self.restart()
            raise WrongSizeError(
                f"{self._file.name} is longer than the {self._file.size:,} bytes of the"
                " catalogue; it is another file. Refresh the catalogue."
            )
        with disk_errors(self.target):
            try:
                self._stream.write(data)
                self._stream.flush()
            except OSError:
                # What the hash has seen and what the disk holds must be the same.
                self._stream.truncate(self.size)
                self._stream.seek(self.size)
                raise
        self._digest.update(data)
        self.size += len(data)

    def restart(self) -> None:
        """Forget what came so far."""
        assert self._stream is not None
        with disk_errors(self.target):
            self._stream.seek(0)
            self._stream.truncate(0)
        self.size = 0
        self._digest = new_hash(self._file)
        self.origin = Origin(self.origin.wanted)

    def finish(self) -> None:
        """Check the part, bring it to the disk for good, and give it the file's name.

        Raises:
            WrongSizeError, WrongHashError, DamagedError: It is not the file; it is thrown away.
            DiskFullError, DiskError: The disk refuses.
        """
        assert self._stream is not None
        try:
            check_size(self._file, self.size)
            check_hash(self._file, self._digest)
            if not expected_hash(self._file):
                check_structure(self.path, self._file.name)
        except (WrongSizeError, WrongHashError, DamagedError):
            self.restart()
            raise
        with disk_errors(self.target):
            os.fsync(self._stream.fileno())
            self._stream.close()
            self.path.replace(self.target)
            sync_folder(self.target.parent)
        self._state.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; an empty part is removed."""
        if self._stream is not None and not self._stream.closed:
            self._stream.close()
            if not self.size:
                discard(self.target)
        if self._lock.is_locked:
            self._lock.release()
            lock_path(self.target).unlink(missing_ok=True)


def part_path(target: Path) -> Path:
    """Where the part of a file lies."""
    return target.with_name(target.name + SUFFIX)


def state_path(target: Path) -> Path:
    """Where the facts about that part lie."""
    return target.with_name(target.name + SUFFIX + ".json")


def lock_path(target: Path) -> Path:
    """The file that the process locks which writes the part."""
    return target.with_name(target.name + SUFFIX + ".lock")


def discard(target: Path) -> None:
    """Remove the part of a file."""
    part_path(target).unlink(missing_ok=True)
    state_path(target).unlink(missing_ok=True)


def free_bytes(folder: Path) -> int:
    """Room on the disk that a folder is or will be on, bytes."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system has a way to do so."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(
                f"The disk is full: {target.name} does not fit into {target.parent}. Make room;"
                " the download goes on from where it stopped."
            ) from error
        raise DiskError(
            f"{target.parent} cannot be written ({error.strerror}); give the program the right to."
        ) from error


def _read_origin(path: Path) -> Origin | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        total = raw["total"]
        wanted, url, validator = (raw[key] for key in ("wanted", "url", "validator"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(total, int) or not all(
        isinstance(text, str) for text in (wanted, url, validator)
    ):
        return None
    return Origin(wanted, url, validator, total)
