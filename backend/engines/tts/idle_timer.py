"""Frees what a voice holds after a while without speech: a graphics card has other work, too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class IdleTimer:
    """Calls `free` when nothing has been done for a while; from any thread.

    Args:
        seconds: How long; 0 is never.
        free: Called in a thread of its own, never while work goes on.
    """

    def __init__(self, seconds: float, free: Callable[[], None]) -> None:
        self._seconds = seconds
        self._free = free
        self._lock = threading.Lock()
        self._workers = 0
        self._timer: threading.Timer | None = None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Nothing is freed within; afterwards the time begins anew. Waits if it is being freed."""
        with self._lock:
            self._workers += 1
            self._forget()
        try:
            yield
        finally:
            with self._lock:
                self._workers -= 1
                if self._seconds and not self._workers:
                    self._timer = threading.Timer(self._seconds, self._fire)
                    self._timer.daemon = True
                    self._timer.start()

    def stop(self) -> None:
        """Free nothing any more, until the next work."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _fire(self) -> None:
        with self._lock:
            if not self._workers and self._timer is threading.current_thread():
                self._timer = None
                self._free()
