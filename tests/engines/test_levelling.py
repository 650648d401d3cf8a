"""Voices of other programs are brought to the loudness of our own."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from backend.engines.base import SpeechChunk, SpeechRequest
from backend.engines.levelling import MOST_GAIN, Leveller
from backend.media.loudness import TARGET_LUFS, loudness
from tests.support.fake_engines import Fault, _FakeVoice
from tests.support.microphone import speech

HELLO = SpeechRequest("Hello there.")
RATE = 16_000


class Foreign(_FakeVoice):
    levelled = False
    name = "foreign"
    label = "Foreign"
    summary = "For tests."
    behaviour: ClassVar[Fault] = Fault()


def chunks(gain: float, parts: int = 4) -> list[SpeechChunk]:
    pcm = (speech("I would like to tell you about my little garden") * gain).astype(np.int16)
    return [SpeechChunk(part, RATE, whole=False) for part in np.array_split(pcm, parts)]


def spoken(leveller: Leveller, voice: Foreign, sound: list[SpeechChunk]) -> np.ndarray:
    level = leveller.sentence(voice, HELLO)
    assert level is not None
    told = np.concatenate([level.apply(chunk).pcm for chunk in sound])
    level.end()
    return told


@pytest.mark.parametrize("gain", [0.15, 0.5, 1.0])
def test_a_voice_comes_to_the_same_loudness(gain: float) -> None:
    leveller, voice = Leveller(), Foreign()
    first = spoken(leveller, voice, chunks(gain))
    second = spoken(leveller, voice, chunks(gain))
    assert loudness(first, RATE) == pytest.approx(TARGET_LUFS, abs=3.0)
    assert loudness(second, RATE) == pytest.approx(TARGET_LUFS, abs=0.5)


def test_the_gain_of_a_sentence_does_not_change_within_it() -> None:
    leveller, voice = Leveller(), Foreign()
    sound = chunks(0.3)
    level = leveller.sentence(voice, HELLO)
    assert level is not None
    gains = [
        float(np.abs(level.apply(one).pcm).max()) / float(np.abs(one.pcm).max()) for one in sound
    ]
    assert gains == pytest.approx([gains[0]] * len(gains), rel=0.01)


def test_a_loud_sentence_stays_louder_than_a_soft_one() -> None:
    leveller, voice = Leveller(), Foreign()
    for _ in range(3):
        spoken(leveller, voice, chunks(0.3))
    soft = loudness(spoken(leveller, voice, chunks(0.2)), RATE)
    loud = loudness(spoken(leveller, voice, chunks(0.4)), RATE)
    assert loud - soft == pytest.approx(6.0, abs=1.5)


def test_silence_is_not_made_loud() -> None:
    hiss = SpeechChunk(np.random.default_rng(1).integers(-2, 3, RATE).astype(np.int16), RATE)
    told = spoken(Leveller(), Foreign(), [hiss])
    assert np.abs(told).max() <= 2 * MOST_GAIN


def test_two_voices_of_one_engine_are_judged_apart() -> None:
    leveller, voice = Leveller(), Foreign()
    spoken(leveller, voice, chunks(0.1))
    other = leveller.sentence(voice, SpeechRequest("Hello there.", voice="b"))
    assert other is not None
    assert other.voice.seconds == 0


def test_a_voice_that_is_at_its_level_is_left_alone() -> None:
    class Level(Foreign):
        levelled = True

    assert Leveller().sentence(Level(), HELLO) is None
