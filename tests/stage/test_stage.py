"""The stage: one clock for sound and pictures, flushes, expressions, and faces that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.motion import Performer
from backend.avatar.pose import Pose
from backend.avatar.puppet import Frame
from backend.avatar.visemes import timeline_from_phonemes
from backend.engines.base import Phoneme
from backend.stage.playout import Cue, Segment
from backend.stage.stage import Stage
from event_system import PLAYOUT_RATE, Event
from tests.support.voice_room import Client, FlatPuppet
from tests.support.waiting import until


class Watched(FlatPuppet):
    """Keeps the poses that it was asked for."""

    def __init__(self, size: int = 64) -> None:
        super().__init__(size)
        self.poses: list[Pose] = []
        self.broken = 0

    def render(self, pose: Pose) -> Frame:
        self.poses.append(pose)
        if self.broken:
            self.broken -= 1
            raise RuntimeError("the picture cannot be drawn")
        return super().render(pose)


class Theatre:
    def __init__(self) -> None:
        self.told: list[Event] = []
        self.puppet = Watched()
        self.stage = Stage(self.puppet, Performer(1), self.told.append, fps=25)
        self.client = Client()
        self.first_frames: list[str] = []
        self.stage.on_first_frame = self.first_frames.append


def segment(
    seconds: float, turn: str = "t", text: str = "Hello", emotion: str = "happy"
) -> Segment:
    phonemes = (Phoneme(0.0, seconds, "a"),)
    curve = MouthCurve(timeline_from_phonemes(phonemes))
    pcm = np.full(round(seconds * PLAYOUT_RATE), 5_000, np.int16)
    return Segment(turn, text, pcm, curve, emotion, phonemes=phonemes)


@pytest.fixture
async def theatre() -> AsyncIterator[Theatre]:
    made = Theatre()
    running = asyncio.create_task(made.stage.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_silence_sends_no_sound_and_pictures_go_on(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    await until(lambda: len(theatre.client.pictures) >= 3)
    assert theatre.client.speech == []
    assert not theatre.stage.speaking


async def test_with_nobody_watching_nothing_is_drawn(theatre: Theatre) -> None:
    theatre.stage.add(segment(0.2))
    await theatre.stage.drained()
    assert theatre.puppet.poses == []


async def test_sound_is_paced_by_the_clock(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    started = theatre.stage.media_time
    theatre.stage.add(segment(0.3))
    theatre.stage.add(segment(0.3))
    await theatre.stage.drained()
    pts = [frame.pts_us for frame in theatre.client.speech]
    assert len(pts) == 30
    assert np.diff(pts).tolist() == [20_000] * 29
    assert theatre.stage.media_time - started >= 0.55, "not faster than it is heard"
    assert pts[0] % 20_000 == 0


async def test_a_pause_is_a_gap_on_the_clock(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    theatre.stage.add(segment(0.1))
    await theatre.stage.drained()
    await asyncio.sleep(0.2)
    theatre.stage.add(segment(0.1))
    await theatre.stage.drained()
    pts = [frame.pts_us for frame in theatre.client.speech]
    assert pts[5] - pts[4] >= 200_000
    assert pts == sorted(pts)


async def test_captions_and_the_first_frame_are_told_once_each(theatre: Theatre) -> None:
    theatre.stage.add(segment(0.1, "a", "One."))
    theatre.stage.add(segment(0.1, "a", "Two."))
    theatre.stage.add(segment(0.1, "b", "Three."))
    await theatre.stage.drained()
    assert theatre.first_frames == ["a", "b"]
    captions = [(one.turn_id, one.text, one.emotion) for one in theatre.told]  # type: ignore[attr-defined]
    assert captions == [("a", "One.", "happy"), ("a", "Two.", "happy"), ("b", "Three.", "happy")]


async def test_the_mouth_moves_while_it_sounds_and_rests_after(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    theatre.stage.add(segment(0.5))
    await theatre.stage.drained()
    spoken = [pose.mouth.open for pose in theatre.puppet.poses]
    assert max(spoken) > 0.2
    seen = len(theatre.client.pictures)
    await asyncio.sleep(0.3)
    await until(lambda: len(theatre.client.pictures) >= seen + 3)
    assert theatre.puppet.poses[-1].mouth.open < 0.1


async def test_a_flush_is_told_and_says_what_was_heard(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    theatre.stage.add(segment(2.0, text="a b c d e f g h i j"))
    await until(lambda: len(theatre.client.speech) >= 25)
    ((text, fraction),) = theatre.stage.flush("t")
    assert text == "a b c d e f g h i j"
    assert 0.1 <= fraction <= 0.02 * (len(theatre.client.speech) + 1) / 2.0
    assert theatre.told[-1].type == "playout.flush"
    assert theatre.stage.generation == 1
    await asyncio.wait_for(theatre.stage.drained(), 10)
    sent = len(theatre.client.speech)
    await asyncio.sleep(0.1)
    assert len(theatre.client.speech) == sent


async def test_an_expression_is_shown_for_a_while(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    await until(lambda: len(theatre.puppet.poses) >= 2)
    neutral = theatre.puppet.poses[-1].smile
    theatre.stage.express("happy", seconds=1.0)
    end = theatre.stage.media_time + 1.0
    await until(lambda: theatre.puppet.poses[-1].smile > neutral + 0.1)
    await until(lambda: theatre.puppet.poses[-1].smile < neutral + 0.05)
    assert theatre.stage.media_time > end


async def test_a_face_that_cannot_be_drawn_once_is_drawn_again(
    theatre: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    theatre.puppet.broken = 1
    theatre.stage.sinks.add(theatre.client)
    await until(lambda: len(theatre.client.pictures) >= 2)
    assert "could not be drawn" in caplog.text


async def test_another_face_takes_over(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    other = Watched()
    theatre.stage.recast(other, Performer(2), 30)
    await until(lambda: other.poses)
    assert theatre.stage.puppet is other


async def test_a_client_that_leaves_gets_nothing_more(theatre: Theatre) -> None:
    other = Client()
    theatre.stage.sinks |= {theatre.client, other}
    theatre.stage.add(segment(0.4))
    await until(lambda: len(other.speech) >= 5)
    theatre.stage.sinks.discard(other)
    left = len(other.got)
    await theatre.stage.drained()
    assert len(other.got) == left
    assert len(theatre.client.speech) == 20


async def test_speech_is_not_queued_without_end(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.stage.stage.AHEAD_S", 0.3)
    await asyncio.wait_for(theatre.stage.room_for_more(), 10)
    theatre.stage.add(segment(0.6))
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(theatre.stage.room_for_more(), 0.05)
    await asyncio.wait_for(theatre.stage.room_for_more(), 5)


async def test_acts_within_speech_move_the_face(theatre: Theatre) -> None:
    theatre.stage.sinks.add(theatre.client)
    await until(lambda: len(theatre.puppet.poses) >= 2)
    level = theatre.puppet.poses[-1].pitch
    cues = (Cue(0.0, nod=True), Cue(0.3, "shy"))
    theatre.stage.add(replace(segment(3.0, emotion="neutral"), cues=cues))
    await until(lambda: max(pose.pitch for pose in theatre.puppet.poses) > level + 0.2)
    await until(lambda: theatre.puppet.poses[-1].blush > 0.3)
