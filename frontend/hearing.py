"""When the character hears the user: hands-free, push-to-talk and mute, without a widget.

The microphone is open while one of them wants it, and its sound is sent while it is meant for
the character. Pages show what stands here and hear of changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from config import Settings
from event_system import Envelope, ErrorOccurred
from frontend.context import Connection
from frontend.microphone import Microphone

WHO = "conversation"
RELEASE_TAIL_MS = 150
"""What is still sent after the talk key is let go: the end of the last word is in the device."""
LINGER_MS = 15_000
"""How long the device stays open after push-to-talk: a device that opens loses the first word."""
Status = Literal["off", "ready", "muted", "opening", "listening", "talking", "problem"]
_FILTERS = ("echo_cancellation", "noise_suppression", "automatic_gain")
_ENDING = {"busy": "Another program of yours is talking to her; turn its microphone off first."}


class Hearing:
    """State of the user's side of the conversation.

    Args:
        microphone: Where sound comes from.
        send: Sends a message of the conversation; False if there is no connection.
        send_frame: Sends 20 ms of sound, and when it was recorded; from any thread.
        schedule: Runs a function after milliseconds on Tk's loop; gives an id for `cancel`.
        cancel: Forgets a scheduled function.

    Attributes:
        hands_free: Whether all that is said is meant for the character.
        muted: Whether hands-free pauses.
        held: Whether the talk key is down.
        notice: What went wrong with listening, in one sentence; empty if nothing did.
    """

    def __init__(
        self,
        settings: Settings,
        microphone: Microphone,
        send: Callable[[dict[str, Any]], bool],
        send_frame: Callable[[bytes, float], None],
        schedule: Callable[[int, Callable[[], None]], str],
        cancel: Callable[[str], None],
    ) -> None:
        self.hands_free = self.muted = self.held = False
        self.notice = ""
        self._microphone = microphone
        self._send = send
        self._send_frame = send_frame
        self._schedule, self._cancel = schedule, cancel
        self._connected = False
        self._listening = False
        self._tail = self._linger = ""
        self._filters = _filters(settings)
        self._observers: list[Callable[[], None]] = []
        microphone.on_change = self._changed

    def observe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each change; gives the function that ends it."""
        self._observers.append(callback)
        return lambda: self._observers.remove(callback)

    @property
    def problem(self) -> str:
        """Why the character does not hear, or hears badly; empty if all is well."""
        return (self._microphone.problem if self._wanted else "") or self.notice

    @property
    def status(self) -> Status:
        """What the microphone is doing."""
        if self._wanted and self._microphone.problem:
            return "problem"
        if self.held:
            return "talking" if self._microphone.device else "opening"
        if not self.hands_free:
            return "off" if not self._linger else "ready"
        if self.muted:
            return "muted"
        return "listening" if self._microphone.device else "opening"

    @property
    def levels(self) -> tuple[float, float]:
        """Loudness and peak of what the character is given now, 0 to 1."""
        return self._microphone.levels if self._meant else (0.0, 0.0)

    def set_hands_free(self, on: bool) -> None:
        """Turn hands-free on or off."""
        if on and not self._connected:
            self.notice = "The backend is not connected yet; turn hands-free on again in a moment."
            self._changed()
            return
        self.hands_free, self.muted, self.notice = on, False, ""
        self._follow()

    def set_muted(self, on: bool) -> None:
        """Pause hands-free, or go on."""
        self.muted = on and self.hands_free
        self._follow()

    def press(self) -> None:
        """The talk key went down: what is said now is meant for the character."""
        if self._tail:
            self._cancel(self._tail)
            self._released()
        if self.held:
            return
        self._forget_linger()
        if not self._send({"type": "talk.press"}):
            self.notice = "The backend is not connected yet; nothing can be heard."
            self._changed()
            return
        self.held, self.notice = True, ""
        self._listening = False
        self._follow()

    def release(self) -> None:
        """The talk key went up: what was said is complete."""
        if self.held and not self._tail:
            self._tail = self._schedule(RELEASE_TAIL_MS, self._released)

    def on_connection(self, state: Connection) -> None:
        """The backend was reached or lost: a new connection does not listen yet."""
        if (state == "up") != self._connected:
            self._connected = state == "up"
            self._listening = self.held = False
            self._follow()

    def on_event(self, envelope: Envelope) -> None:
        """The backend may object to listening."""
        event = envelope.event
        if not isinstance(event, ErrorOccurred):
            return
        if event.code in _ENDING and (self.hands_free or self.held):
            self.hands_free = self.held = self._listening = False
            self.notice = _ENDING[event.code]
            self._follow()
        elif event.code == "self_hearing":
            self.notice = event.message
            self._changed()

    def owns(self, error: ErrorOccurred) -> bool:
        """Whether an error is shown by `problem`."""
        return error.message == self.notice or _ENDING.get(error.code) == self.notice

    def configure(self, settings: Settings) -> None:
        """Use other settings; filters are made anew when listening begins."""
        filters = _filters(settings)
        if filters != self._filters:
            self._filters = filters
            if self._listening:
                self._send({"type": "listen.stop"})
                self._listening = False
                self._follow()

    @property
    def _meant(self) -> bool:
        """Whether what is said now is meant for the character."""
        return self.held or (self.hands_free and not self.muted)

    @property
    def _wanted(self) -> bool:
        """Whether the device is to be open. Muted too: to go on must not lose a word."""
        return self.held or self.hands_free or bool(self._linger)

    def _released(self) -> None:
        self._tail = ""
        self.held = False
        self._send({"type": "talk.release"})
        if not self.hands_free:
            self._linger = self._schedule(LINGER_MS, self._let_device_go)
        self._follow()

    def _let_device_go(self) -> None:
        self._linger = ""
        self._send({"type": "listen.stop"})
        self._follow()

    def _forget_linger(self) -> None:
        if self._linger:
            self._cancel(self._linger)
            self._linger = ""

    def _follow(self) -> None:
        """Bring microphone and backend to what is wanted."""
        if self.hands_free or self.held:
            self._forget_linger()
        listen = self.hands_free and not self.muted and not self.held and self._connected
        if listen != self._listening:
            self._listening = listen
            if listen:
                self._send({"type": "listen.start", "mode": "hands_free"})
            elif not self.held:
                self._send({"type": "listen.stop"})
        if self._wanted:
            self._microphone.listen(WHO, self._hear)
        else:
            self._microphone.leave(WHO)
        self._changed()

    def _hear(self, frame: bytes, recorded_at: float) -> None:
        """On the microphone's thread."""
        if self._meant:
            self._send_frame(frame, recorded_at)

    def _changed(self) -> None:
        for observer in list(self._observers):
            observer()


def _filters(settings: Settings) -> tuple[bool, ...]:
    return tuple(bool(getattr(settings, name)) for name in _FILTERS)
