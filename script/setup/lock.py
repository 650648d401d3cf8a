"""One set-up at a time in one folder: a file lock that the system frees when its holders end."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

RETRY_S = 0.2


class FolderLock:
    """Hold the lock file ``path`` while in the ``with`` block.

    Child processes may inherit :attr:`descriptor`: then the lock lasts until they have ended too,
    so that an installer left over by a kill never works beside a new one (POSIX).

    Args:
        path: The lock file; it is created and stays.
        on_wait: Called once when another process holds the lock.
    """

    def __init__(self, path: Path, on_wait: Callable[[], None]) -> None:
        self._path = path
        self._on_wait = on_wait

    def __enter__(self) -> FolderLock:
        """Wait for the lock.

        Raises:
            OSError: The lock file cannot be written.
        """
        self._file = self._path.open("a+b")
        waited = False
        while not _try_lock(self._file.fileno()):
            if not waited:
                self._on_wait()
                waited = True
            time.sleep(RETRY_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def descriptor(self) -> int:
        """The file descriptor that carries the lock."""
        return self._file.fileno()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        """Lock the first byte of the file; return False where another process has it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        """Lock the file; return False where another process has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True
