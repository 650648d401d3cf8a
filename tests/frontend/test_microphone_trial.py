"""The microphone test's stages, with a microphone and a loudspeaker in memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from frontend.pages.microphone_trial import SECONDS, MicrophoneTrial


class Room:
    """A microphone, a loudspeaker and hands-free that note what is asked of them."""

    def __init__(self) -> None:
        self.microphone = SimpleNamespace(
            listen=self._listen, leave=self._leave, problem="", device="Desk microphone"
        )
        self.player = SimpleNamespace(play=self._play, playing_clip=False)
        self.hearing = SimpleNamespace(hands_free=True, muted=False, set_muted=self._mute)
        self.frames: Any = None
        self.clip = b""
        self.changes = 0

    def _listen(self, _who: str, frames: Any) -> None:
        self.frames = frames

    def _leave(self, _who: str) -> None:
        self.frames = None

    def _play(self, clip: bytes) -> None:
        self.clip = clip
        self.player.playing_clip = bool(clip)

    def _mute(self, on: bool) -> None:
        self.hearing.muted = on

    def hear(self, sound: np.ndarray) -> None:
        for at in range(0, len(sound) - 319, 320):
            if self.frames:
                self.frames(sound[at : at + 320].astype("<i2").tobytes(), 0.0)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def trial(room: Room) -> MicrophoneTrial:
    def changed() -> None:
        room.changes += 1

    return MicrophoneTrial(room.microphone, room.player, room.hearing, changed)  # type: ignore[arg-type]


def speech() -> np.ndarray:
    times = np.arange(16_000 * 10) / 16_000
    return np.sin(2 * np.pi * 200 * times) * 4_000 * (times % 1.0 < 0.5)


def test_ten_seconds_are_recorded_judged_and_played_back(
    trial: MicrophoneTrial, room: Room
) -> None:
    trial.start(100.0)
    assert (trial.stage, room.hearing.muted) == ("opening", True)
    sound = speech()
    room.hear(sound[:320])
    trial.tick(101.0)
    assert trial.stage == "recording"
    assert trial.seconds_left(104.0) == 7.0
    room.hear(sound[320:])
    trial.tick(111.0)
    assert trial.stage == "playing"
    assert trial.verdict is not None and trial.verdict.good
    assert not room.hearing.muted
    assert room.frames is None
    assert len(room.clip) / 96_000 == pytest.approx(SECONDS, abs=0.1)
    trial.tick(112.0)
    assert trial.stage == "playing"
    room.player.playing_clip = False
    trial.tick(121.0)
    assert trial.stage == "done"
    room.clip = b""
    trial.replay()
    assert room.clip and trial.stage == "playing"


def test_a_microphone_that_stutters_ends_in_time_with_the_reason(
    trial: MicrophoneTrial, room: Room
) -> None:
    trial.start(0.0)
    room.hear(speech()[:80_000])
    trial.tick(0.1)
    trial.tick(SECONDS + 1.0)
    assert trial.verdict is not None and trial.verdict.kind == "broken"


def test_no_device_is_said_in_a_sentence(trial: MicrophoneTrial, room: Room) -> None:
    trial.start(0.0)
    room.microphone.problem = "No microphone can be opened (none)."
    trial.tick(0.1)
    assert (trial.stage, trial.problem) == ("idle", "No microphone can be opened (none).")
    assert not trial.recorded
    assert not room.hearing.muted


def test_a_device_without_sound_counts_as_silent(trial: MicrophoneTrial, room: Room) -> None:
    trial.start(0.0)
    trial.tick(1.0)
    assert trial.stage == "opening"
    trial.tick(7.0)
    assert trial.stage == "idle"
    assert "silence" in trial.problem


def test_it_can_be_stopped_at_any_time(trial: MicrophoneTrial, room: Room) -> None:
    trial.start(0.0)
    trial.stop()
    assert (trial.stage, room.frames, room.hearing.muted) == ("idle", None, False)
    trial.start(1.0)
    room.hear(speech())
    trial.tick(1.1)
    trial.tick(11.2)
    trial.stop()
    assert (trial.stage, room.clip) == ("done", b"")


def test_who_muted_before_stays_muted(trial: MicrophoneTrial, room: Room) -> None:
    room.hearing.muted = True
    trial.start(0.0)
    trial.stop()
    assert room.hearing.muted


def test_after_the_page_is_gone_nobody_is_told(trial: MicrophoneTrial, room: Room) -> None:
    trial.start(0.0)
    before = room.changes
    trial.forget()
    assert room.changes == before
    assert room.frames is None
