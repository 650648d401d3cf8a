"""Holding a turn back: it is written and spoken in advance, and nobody sees or hears it yet."""

from __future__ import annotations

from collections.abc import Callable

from backend.conversation.turn import PlayoutTarget
from backend.stage.playout import Segment
from event_system import Event


class Hold:
    """Stands between a turn and those who see and hear it, until it is released.

    Args:
        publish: Where events go afterwards.
        target: Where speech goes afterwards.
    """

    def __init__(self, publish: Callable[[Event], object], target: PlayoutTarget) -> None:
        self._publish = publish
        self._target = target
        self._events: list[Event] = []
        self._segments: list[Segment] = []
        self._released = False

    def publish(self, event: Event) -> None:
        """Tell an event, now or at the release."""
        if self._released:
            self._publish(event)
        else:
            self._events.append(event)

    def add(self, segment: Segment) -> None:
        """Queue speech, now or at the release."""
        if self._released:
            self._target.add(segment)
        else:
            self._segments.append(segment)

    async def room_for_more(self) -> None:
        """Wait while a lot of speech is queued; a turn that is held back is short."""
        if self._released:
            await self._target.room_for_more()

    def release(self) -> None:
        """Let everything go out, in order, and hold nothing any more."""
        self._released = True
        for event in self._events:
            self._publish(event)
        for segment in self._segments:
            self._target.add(segment)
        self._events.clear()
        self._segments.clear()
