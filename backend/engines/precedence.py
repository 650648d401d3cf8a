"""Who goes first at the engines: the live conversation, then other programs, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio

PATIENCE_S = 20.0
"""The longest that a guest waits for live work, so that a long conversation starves nobody."""


class Precedence:
    """Lets live work begin at once, and guests only while there is none.

    A guest holds its turn for one step, a sentence at most; that is the longest that live work
    may have to wait for it.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience = patience_s
        self._live = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._turn = asyncio.Lock()

    @contextmanager
    def live(self) -> Iterator[None]:
        """Hold guests back while live work is under way."""
        self._live += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._live -= 1
            if not self._live:
                self._quiet.set()

    @asynccontextmanager
    async def guest(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it for one step."""
        async with self._turn:
            with anyio.move_on_after(self._patience):
                await self._quiet.wait()
            yield
