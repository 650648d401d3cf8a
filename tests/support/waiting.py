"""Waiting for something to become true, with a limit that is far above what it should take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

EVERY_S = 0.005


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Let the event loop run until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(EVERY_S)


def block_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Block until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(EVERY_S)
