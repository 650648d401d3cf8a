"""When a recogniser is asked for the words so far."""

from __future__ import annotations

import asyncio
import math
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.conversation import utterance as module
from backend.conversation.self_hearing import SelfHearing
from backend.conversation.utterance import PARTIAL_EVERY_S, Hush, Utterance
from backend.conversation.waterfall import Waterfall
from backend.engines.base import Transcript
from backend.engines.transcription import Transcription

RATE = 16_000
FRAME = 320
REGULAR = math.ceil(PARTIAL_EVERY_S * RATE / FRAME)
Sound = NDArray[np.int16]


def voice(frames: int, peak: float = 6_000.0) -> list[Sound]:
    t = np.arange(frames * FRAME) / RATE
    sound = (np.sin(2 * np.pi * 200 * t) * peak).astype(np.int16)
    return list(sound.reshape(-1, FRAME))


def hiss(frames: int, spread: float = 30.0) -> list[Sound]:
    sound = np.random.default_rng(1).standard_normal((frames, FRAME)) * spread
    return list(sound.astype(np.int16))


def news_after(sound: list[Sound]) -> list[int]:
    """After which frames there was news, each acted on at once."""
    hush, told = Hush(), []
    for number, frame in enumerate(sound, 1):
        hush.hear(frame)
        if hush.news:
            told.append(number)
            hush.news = False
    return told


def test_a_voice_that_falls_off_is_news_once_after_three_frames() -> None:
    assert news_after([*voice(20), *hiss(30)]) == [23]


def test_the_closure_of_a_consonant_is_no_news() -> None:
    assert news_after([*voice(20), *hiss(2), *voice(20)]) == []


def test_each_time_it_falls_off_is_news() -> None:
    assert news_after([*voice(20), *hiss(5), *voice(20), *hiss(5)]) == [23, 48]


def test_a_quieter_word_is_no_hush() -> None:
    assert news_after([*voice(20), *voice(20, peak=800.0)]) == []


def test_news_that_nobody_acted_on_is_void_when_the_voice_goes_on() -> None:
    hush = Hush()
    for frame in [*voice(5), *hiss(5)]:
        hush.hear(frame)
    assert hush.news
    hush.hear(voice(1)[0])
    assert not hush.news


class Recogniser:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.fed = 0
        self.asked: list[int] = []

    def feed(self, pcm: Sound) -> None:
        self.fed += len(pcm) // FRAME

    async def partial(self) -> Transcript:
        self.asked.append(self.fed)
        return Transcript("so", "en")

    async def cancel(self) -> None:
        """There is nothing to stop."""


class Slow(Recogniser):
    """Is never ready by itself, only when it is interrupted."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = asyncio.Event()
        self.interrupted: list[int] = []

    def interrupt(self) -> None:
        self.interrupted.append(self.fed)
        self.ready.set()

    async def partial(self) -> Transcript:
        self.asked.append(self.fed)
        self.ready.clear()
        await self.ready.wait()
        return Transcript("so", "en")


class Nobody:
    """Answers nothing."""

    def prepare(self, text: str, waterfall: Waterfall) -> None:
        """Think of nothing."""

    async def release(self, prepared: None, source: str) -> str:
        return ""

    async def discard(self, prepared: None) -> None:
        """There is nothing to stop."""


class Clock:
    """Goes on by a frame at a time."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def perf_counter(self) -> float:
        return self.now


def utterance_at(recogniser: Recogniser) -> Utterance[None]:
    return Utterance(
        lambda: cast(Transcription, recogniser), Nobody(), lambda event: None, SelfHearing()
    )


@pytest.mark.parametrize("spread", [0.0, 30.0])
def test_the_words_are_looked_at_regularly_and_when_the_voice_falls_off(
    spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, recogniser = Clock(), Recogniser()
    monkeypatch.setattr(module, "time", clock)

    async def speak() -> None:
        utterance = utterance_at(recogniser)
        for frame in [*voice(30), *hiss(8, spread)]:
            clock.now += FRAME / RATE
            utterance.feed(frame)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await utterance.drop()

    asyncio.run(speak())
    assert recogniser.asked == [REGULAR, 33]


def test_what_lacks_the_last_words_is_interrupted_when_the_voice_falls_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)

    async def speak() -> Slow:
        recogniser = Slow()
        utterance = utterance_at(recogniser)
        for frame in [*voice(30), *hiss(8)]:
            clock.now += FRAME / RATE
            utterance.feed(frame)
            await asyncio.sleep(0.001)
        await utterance.drop()
        return recogniser

    recogniser = asyncio.run(speak())
    assert recogniser.interrupted == [33]
    assert recogniser.asked == [REGULAR, 33]
