"""The microphone of a session: one client's at a time, and the listener that works on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from backend.conversation.ear import Ear
from backend.conversation.listening import Listener, Mode
from backend.errors import BusyError
from backend.media.microphone import MicrophoneFilter
from config import Settings


@dataclass(frozen=True)
class _On:
    """A microphone that is on, and whose it is."""

    owner: object
    ear: Ear
    listener: Listener
    running: asyncio.Task[None]


class Microphone:
    """Who speaks into a session.

    Args:
        settings: Gives the settings as they are when a microphone is turned on.
        listen: Makes the listener of a new ear.
    """

    def __init__(self, settings: Callable[[], Settings], listen: Callable[[Ear], Listener]) -> None:
        self._settings = settings
        self._listen = listen
        self._on: _On | None = None
        self._changing = asyncio.Lock()

    async def open(self, owner: object, mode: Mode) -> Listener:
        """Listen to a client's microphone.

        Raises:
            BusyError: Another client's microphone is on.
        """
        async with self._changing:
            if self._on is None:
                # Its libraries take half a second to load.
                ear = await asyncio.to_thread(self._new_ear)
                listener = self._listen(ear)
                self._on = _On(owner, ear, listener, asyncio.create_task(listener.run()))
            if self._on.owner is not owner:
                raise BusyError("Another microphone is on in this conversation; turn it off first.")
            self._on.listener.mode = mode
            return self._on.listener

    def of(self, owner: object) -> Listener | None:
        """The listener of a client's microphone, or None while it is off."""
        return self._on.listener if self._on and self._on.owner is owner else None

    async def close(self, owner: object) -> None:
        """Listen to a client's microphone no longer; nothing happens if it is off."""
        async with self._changing:
            if self._on is not None and self._on.owner is owner:
                await self._turn_off(self._on)

    async def shut(self) -> None:
        """Listen to nobody any more."""
        async with self._changing:
            if self._on is not None:
                await self._turn_off(self._on)

    async def _turn_off(self, on: _On) -> None:
        self._on = None
        on.running.cancel()
        with suppress(asyncio.CancelledError):
            await on.running
        on.ear.close()

    def _new_ear(self) -> Ear:
        settings = self._settings()
        return Ear(
            filter=MicrophoneFilter(
                echo=settings.echo_cancellation,
                noise=settings.noise_suppression,
                gain=settings.automatic_gain,
            )
        )
