"""A script: speech kept in memory, with its lips and phonemes on one time line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.pose import Mouth
from backend.avatar.visemes import timeline_from_phonemes
from backend.conversation.speaking import Script, speak_text, with_choice
from backend.conversation.turn import VoiceChoice
from backend.engines.base import EngineKind, Phoneme
from backend.errors import BadInputError, EngineError
from backend.stage.playout import Segment
from event_system import PLAYOUT_RATE
from tests.support.fake_engines import FakeEngines, Stand, host_stand
from tests.support.settings import make_settings


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    return host_stand(make_settings(tmp_path, monkeypatch, tts_engines="loud"))


def segment(seconds: float, emotion: str = "neutral", value: int = 1) -> Segment:
    phonemes = (Phoneme(0.0, seconds, "a"),)
    curve = MouthCurve(timeline_from_phonemes(phonemes))
    pcm = np.full(round(seconds * PLAYOUT_RATE), value, np.int16)
    return Segment("t", "text", pcm, curve, emotion, phonemes=phonemes)


def test_an_empty_script_is_silent() -> None:
    script = Script()
    assert len(script.pcm) == 0
    assert script.mouth_at(1.0) == Mouth()
    assert script.emotion_at(1.0) == "neutral"
    assert script.phonemes == []


def test_segments_follow_each_other() -> None:
    script = Script()
    script.add(segment(0.5, "happy", 1))
    script.add(segment(0.25, "sad", 2))
    assert len(script.pcm) == round(0.75 * PLAYOUT_RATE)
    assert script.pcm[0] == 1
    assert script.pcm[-1] == 2
    assert script.phonemes == [Phoneme(0.0, 0.5, "a"), Phoneme(0.5, 0.75, "a")]
    assert [script.emotion_at(at) for at in (0.0, 0.49, 0.51, 0.74)] == [
        "happy", "happy", "sad", "sad",
    ]  # fmt: skip


def test_the_lips_are_those_of_the_segment_that_sounds() -> None:
    script = Script()
    script.add(segment(0.5))
    script.add(segment(0.25))
    second = script.segments[1]
    assert script.mouth_at(0.6) == second.curve.at(0.6 - 0.5)
    assert script.mouth_at(0.25).open > 0.2
    assert script.mouth_at(5.0).open == 0, "at rest after the end"


async def test_a_text_is_spoken_sentence_by_sentence(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = FakeEngines(monkeypatch).add(EngineKind.TTS, "loud")
    choice = VoiceChoice(voice="loud/v", language="de", speed=1.5, pitch=2.0)
    script = await speak_text(stand.host, "First one here. Second *one* here!", choice)
    assert [request.text for request in voice.requests] == ["First one here.", "Second one here!"]
    asked = voice.requests[0]
    assert (asked.voice, asked.language, asked.speed, asked.pitch) == ("v", "de", 1.5, 2.0)
    assert len(script.segments) == 2
    assert len(script.pcm) == round(0.6 * PLAYOUT_RATE)


async def test_what_cannot_be_said_is_told(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeEngines(monkeypatch).add(EngineKind.TTS, "loud")
    with pytest.raises(BadInputError, match="Nothing in this text can be spoken"):
        await speak_text(stand.host, "😀🎉", VoiceChoice())


async def test_a_voice_that_fails_is_told(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeEngines(monkeypatch).add(EngineKind.TTS, "loud", speech_error=EngineError("Mute."))
    with pytest.raises(EngineError, match="Mute"):
        await speak_text(stand.host, "Hello", VoiceChoice())


def test_a_voice_asked_for_stands_above_the_characters() -> None:
    choice = VoiceChoice(voice="a", language="en")
    assert with_choice(choice, voice="", language="") == choice
    assert with_choice(choice, voice="b", language="de") == VoiceChoice("b", "de")
