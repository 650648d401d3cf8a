"""Hands-free, push-to-talk and mute: what the backend is told, and when sound is sent."""

from __future__ import annotations

from typing import Any

import pytest

from config import Settings
from event_system import Envelope, ErrorOccurred
from frontend.hearing import Hearing

START = {"type": "listen.start", "mode": "hands_free"}
STOP = {"type": "listen.stop"}
PRESS = {"type": "talk.press"}
RELEASE = {"type": "talk.release"}


class Microphone:
    """Notes who listens."""

    def __init__(self) -> None:
        self.on_change: Any = None
        self.problem = ""
        self.device = ""
        self.levels = (0.5, 0.6)
        self.listeners: dict[str, Any] = {}

    def listen(self, who: str, frames: Any) -> None:
        self.listeners[who] = frames
        self.device = "Desk microphone"

    def leave(self, who: str) -> None:
        self.listeners.pop(who, None)
        self.device = ""


class Desk:
    """A `Hearing` with what it did."""

    def __init__(self, settings: Settings) -> None:
        self.microphone = Microphone()
        self.sent: list[dict[str, Any]] = []
        self.frames: list[tuple[bytes, float]] = []
        self.timers: dict[str, Any] = {}
        self.connected = True
        self.hearing = Hearing(
            settings, self.microphone, self._send, self._send_frame, self._schedule,  # type: ignore[arg-type]
            lambda timer: self.timers.pop(timer, None),
        )  # fmt: skip
        self.hearing.on_connection("up")

    def _send(self, message: dict[str, Any]) -> bool:
        if self.connected:
            self.sent.append(message)
        return self.connected

    def _send_frame(self, frame: bytes, recorded_at: float) -> None:
        self.frames.append((frame, recorded_at))

    def _schedule(self, ms: int, job: Any) -> str:
        self.timers[str(ms)] = job
        return str(ms)

    def pass_time(self) -> None:
        for key in list(self.timers):
            self.timers.pop(key)()

    def hear(self) -> bool:
        """The microphone hears something; whether it was sent."""
        before = len(self.frames)
        for listener in self.microphone.listeners.values():
            listener(b"frame", 1.5)
        assert all(frame == (b"frame", 1.5) for frame in self.frames[before:])
        return len(self.frames) > before


@pytest.fixture
def desk(settings: Settings) -> Desk:
    return Desk(settings)


def error(code: str, message: str = "Something.") -> Envelope:
    return Envelope(1, 1.0, ErrorOccurred(code=code, message=message))


def test_nothing_is_heard_before_it_is_wanted(desk: Desk) -> None:
    assert desk.hearing.status == "off"
    assert not desk.microphone.listeners
    assert not desk.sent


def test_hands_free_listens_until_it_is_turned_off(desk: Desk) -> None:
    desk.hearing.set_hands_free(True)
    assert desk.sent == [START]
    assert desk.hearing.status == "listening"
    assert desk.hear()
    desk.hearing.set_hands_free(False)
    assert desk.sent == [START, STOP]
    assert not desk.microphone.listeners


def test_mute_keeps_the_device_and_sends_nothing(desk: Desk) -> None:
    desk.hearing.set_hands_free(True)
    desk.hearing.set_muted(True)
    assert desk.sent == [START, STOP]
    assert desk.hearing.status == "muted"
    assert not desk.hear()
    assert desk.hearing.levels == (0.0, 0.0)
    assert desk.microphone.listeners
    desk.hearing.set_muted(False)
    assert desk.sent[-1] == START
    assert desk.hear()


def test_mute_needs_hands_free(desk: Desk) -> None:
    desk.hearing.set_muted(True)
    assert not desk.hearing.muted
    assert not desk.sent


def test_the_talk_key_sends_while_held_and_a_little_longer(desk: Desk) -> None:
    desk.hearing.press()
    desk.hearing.press()
    assert desk.sent == [PRESS]
    assert desk.hearing.status == "talking"
    assert desk.hear()
    desk.hearing.release()
    assert desk.hear(), "the end of the last word is still in the device"
    assert desk.sent == [PRESS]
    desk.timers.pop("150")()
    assert desk.sent == [PRESS, RELEASE]
    assert not desk.hear()
    assert desk.microphone.listeners, "the next word must not wait for the device"
    desk.pass_time()
    assert desk.sent == [PRESS, RELEASE, STOP]
    assert not desk.microphone.listeners


def test_two_quick_presses_are_two_utterances(desk: Desk) -> None:
    desk.hearing.press()
    desk.hearing.release()
    desk.hearing.press()
    assert desk.sent == [PRESS, RELEASE, PRESS]
    assert desk.hear()


def test_the_talk_key_works_over_mute_and_hands_free_goes_on_after_it(desk: Desk) -> None:
    desk.hearing.set_hands_free(True)
    desk.hearing.press()
    desk.hearing.release()
    desk.pass_time()
    assert desk.sent == [START, PRESS, RELEASE, START]
    desk.hearing.set_muted(True)
    desk.hearing.press()
    assert desk.hear()
    desk.hearing.release()
    desk.pass_time()
    assert desk.sent[-3:] == [STOP, PRESS, RELEASE]
    assert not desk.hear()


def test_a_new_connection_is_told_to_listen_again(desk: Desk) -> None:
    desk.hearing.set_hands_free(True)
    desk.hearing.on_connection("down")
    desk.hearing.on_connection("up")
    desk.hearing.on_connection("up")
    assert desk.sent == [START, START]
    assert desk.hearing.hands_free


def test_without_a_connection_it_is_said_where_it_is(desk: Desk) -> None:
    desk.hearing.on_connection("down")
    desk.connected = False
    desk.hearing.set_hands_free(True)
    assert not desk.hearing.hands_free
    assert "not connected" in desk.hearing.problem
    desk.hearing.press()
    assert not desk.hearing.held
    assert "not connected" in desk.hearing.problem


def test_a_problem_of_the_device_shows_while_it_is_wanted(desk: Desk) -> None:
    desk.microphone.problem = "No microphone can be opened (none)."
    assert desk.hearing.problem == ""
    desk.hearing.set_hands_free(True)
    assert desk.hearing.problem == "No microphone can be opened (none)."
    assert desk.hearing.status == "problem"


def test_another_clients_microphone_ends_hands_free_with_the_reason(desk: Desk) -> None:
    desk.hearing.set_hands_free(True)
    refusal = error("busy", "Another microphone is on.")
    desk.hearing.on_event(refusal)
    assert not desk.hearing.hands_free
    assert "turn its microphone off" in desk.hearing.problem
    assert desk.hearing.owns(refusal.event)  # type: ignore[arg-type]
    desk.hearing.set_hands_free(True)
    assert desk.hearing.problem == ""


def test_self_hearing_is_told_and_listening_goes_on(desk: Desk) -> None:
    desk.hearing.set_hands_free(True)
    desk.hearing.on_event(error("self_hearing", "Use headphones."))
    assert desk.hearing.problem == "Use headphones."
    assert desk.hearing.status == "listening"


def test_other_errors_are_not_its_own(desk: Desk) -> None:
    desk.hearing.set_hands_free(True)
    other = error("llm", "The model is away.")
    desk.hearing.on_event(other)
    assert desk.hearing.hands_free
    assert not desk.hearing.owns(other.event)  # type: ignore[arg-type]


def test_another_filter_begins_to_listen_anew(desk: Desk, settings: Settings) -> None:
    louder = settings.model_copy(update={"output_volume": 0.5})
    desk.hearing.set_hands_free(True)
    desk.hearing.configure(louder)
    assert desk.sent == [START]
    desk.hearing.configure(louder.model_copy(update={"automatic_gain": True}))
    assert desk.sent == [START, STOP, START]


def test_another_filter_waits_until_listening_begins(desk: Desk, settings: Settings) -> None:
    desk.hearing.configure(settings.model_copy(update={"noise_suppression": False}))
    assert not desk.sent


def test_observers_hear_of_changes_until_they_leave(desk: Desk) -> None:
    seen: list[str] = []
    forget = desk.hearing.observe(lambda: seen.append(desk.hearing.status))
    desk.hearing.set_hands_free(True)
    assert seen[-1] == "listening"
    forget()
    desk.hearing.set_hands_free(False)
    assert seen[-1] == "listening"
