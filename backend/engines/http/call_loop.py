"""An event loop for engines whose calls block, so that a call can be given up at any time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_LOOK_S = 0.02

T = TypeVar("T")


class AbandonedError(Exception):
    """The call was given up by who made it."""


class CallLoop:
    """An event loop for blocking calls, so that connections outlive one call.

    Calls must not overlap; the host sees to that.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def run(self, work: Coroutine[Any, Any, T], cancelled: Callable[[], bool]) -> T:
        """Run to the end, or until cancelled, which is noticed within 20 ms.

        Raises:
            AbandonedError: It was cancelled.
        """
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            return self._loop.run_until_complete(_until(work, cancelled))

    def close(self) -> None:
        """Close the loop; the next call makes a new one."""
        with self._lock:
            if self._loop is not None:
                self._loop.close()
            self._loop = None


async def _until(work: Coroutine[Any, Any, T], cancelled: Callable[[], bool]) -> T:
    task = asyncio.ensure_future(work)
    while not task.done():
        if cancelled():
            task.cancel()
            await asyncio.wait({task})
            raise AbandonedError
        await asyncio.wait({task}, timeout=_LOOK_S)
    return task.result()
