"""Where the stage's sound and pictures go."""

from __future__ import annotations

from typing import Protocol

from event_system import Envelope, MediaFrame


class Sink(Protocol):
    """A listener of one session. Calls come on the event loop and must return at once."""

    wants_audio: bool
    wants_video: bool

    def media(self, frame: MediaFrame) -> None:
        """Take 20 ms of sound, or a picture."""
        ...

    def event(self, envelope: Envelope) -> None:
        """Take an event of the session."""
        ...
