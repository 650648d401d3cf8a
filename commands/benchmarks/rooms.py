"""Simulated rooms: what a microphone hears of speech, noise and the character's loudspeaker.

An echo path is a direct sound and a reverberation of decaying noise, as in J. Moorer, "About This
Reverberation Business" (1979), with a level and a delay; that is enough to try an echo canceller.
The rooms know nothing of each other, so they are worked on by as many processes as there are cores.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.conversation.barge_in import BargeIn
from backend.conversation.ear import Ear
from backend.conversation.endpointing import Gate, Signal
from backend.conversation.self_hearing import SelfHearing
from event_system import FRAME_SECONDS, MICROPHONE_RATE

T = TypeVar("T")
Sound = NDArray[np.int16]
STEP = round(FRAME_SECONDS * MICROPHONE_RATE)
REVERBERATION_S = 0.25
"""The time in which a small furnished room's reverberation falls by 60 dB."""
ECHO_DB = (-20.0, -15.0, -10.0, -5.0, 0.0)
ECHO_DELAYS_S = (0.02, 0.06, 0.1)
TALK = (
    "I was hoping you would come by. What would you like to talk about? I could tell you a story, "
    "or we could play a game together, whatever you like best. Yesterday I found an old radio in "
    "the attic, and it still works!"
)


@dataclass(frozen=True, slots=True)
class Room:
    """A room with a loudspeaker and a microphone.

    Attributes:
        level_db: Energy of the echo against what is played.
        delay_s: Of its first sound.
        number: Seeds its reverberation, and chooses who speaks.
    """

    level_db: float
    delay_s: float
    number: int

    def character(self, seconds: float) -> Sound:
        """A character who tells the same again and again."""
        voice = voices()[self.number % len(voices())]
        talk = np.concatenate([spoken(TALK, voice), silence(0.4)])
        return np.resize(talk, round(seconds * MICROPHONE_RATE))

    def heard(self, far: Sound, *near: NDArray[np.float64] | Sound) -> Sound:
        """What the microphone hears of the loudspeaker and of what sounds beside it."""
        echo = echo_of(far, self.level_db, self.delay_s, self.number)
        return mixed(echo, *near, noise_dbfs=-60.0, seed=self.number)

    @property
    def user(self) -> str:
        """Another voice than the character's."""
        return voices()[(self.number + 1) % len(voices())]


def rooms() -> list[Room]:
    """Rooms of every level and delay."""
    pairs = [(level, delay) for level in ECHO_DB for delay in ECHO_DELAYS_S]
    return [Room(level, delay, number) for number, (level, delay) in enumerate(pairs)]


def in_each(rooms: Sequence[Room], work: Callable[[Room], T]) -> list[T]:
    """What `work`, a function of a module, finds in each room; in several processes."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, context) as pool:
        return list(pool.map(work, rooms))


def voices() -> tuple[str, ...]:
    """Synthetic voices that differ in accent."""
    return ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-029")


def spoken(text: str, voice: str, speed: float = 1.0) -> Sound:
    """(samples,) int16 at 16,000 Hz of a sentence by the embedded voice, without silence around."""
    from backend.engines.base import SpeechRequest
    from backend.engines.tts.espeak import EspeakVoice
    from backend.media.pcm import resample

    engine = EspeakVoice()
    engine.load()
    chunks = engine.synthesize(SpeechRequest(text, voice=voice, speed=speed))
    pcm = np.concatenate([resample(one.pcm, one.sample_rate, MICROPHONE_RATE) for one in chunks])
    loud = np.flatnonzero(np.abs(pcm) > 300)
    return pcm[loud[0] : loud[-1] + 1]


def silence(seconds: float) -> Sound:
    """Zeros at 16,000 Hz."""
    return np.zeros(round(seconds * MICROPHONE_RATE), np.int16)


def room_response(seed: int) -> NDArray[np.float64]:
    """(2400,) impulse response of a room at 16,000 Hz, of energy 1."""
    at = np.arange(2_400) / MICROPHONE_RATE
    noise = np.random.default_rng(seed).standard_normal(len(at))
    response: NDArray[np.float64] = noise * 10.0 ** (-3.0 * at / REVERBERATION_S)
    response[0] = 3.0
    response /= np.sqrt(np.sum(response**2))
    return response


def echo_of(far: Sound, level_db: float, delay_s: float, seed: int) -> NDArray[np.float64]:
    """What a microphone hears of a loudspeaker: (samples,) floats in int16 units."""
    response = room_response(seed)
    length = len(far) + len(response) - 1
    wet = np.fft.irfft(np.fft.rfft(far, length) * np.fft.rfft(response, length), length)
    delayed = np.concatenate([np.zeros(round(delay_s * MICROPHONE_RATE)), wet])[: len(far)]
    echo: NDArray[np.float64] = delayed * 10.0 ** (level_db / 20.0)
    return echo


def mixed(*sounds: NDArray[np.float64] | Sound, noise_dbfs: float, seed: int) -> Sound:
    """The sum of sounds with white noise, clipped as a microphone does."""
    rng = np.random.default_rng(seed)
    total = rng.standard_normal(len(sounds[0])) * 32768.0 * 10.0 ** (noise_dbfs / 20.0)
    for sound in sounds:
        total[: len(sound)] += sound
    heard: Sound = np.clip(total, -32768, 32767).astype(np.int16)
    return heard


@dataclass
class _Talker:
    """A character who goes on talking; notes when she was made to stop."""

    ear: Ear
    speaking: bool = True
    silenced: list[float] = field(default_factory=list)

    def duck(self, ducked: bool) -> None:
        """It costs nothing."""

    def hold(self) -> None:
        """Note it."""
        self.silenced.append(self.ear.endpointer.now)

    def resume(self) -> None:
        """She goes on anyway."""


@dataclass(frozen=True)
class Interruptions:
    """What a simulated character met with, in seconds from the start.

    Attributes:
        silenced: When she fell silent.
        cancelled: When her answer would have been cancelled, by voice alone.
    """

    silenced: list[float]
    cancelled: list[float]


def talk_over(near: Sound, far: Sound) -> Interruptions:
    """Let an ear listen while the character speaks all the time, faster than real time."""
    ear = Ear()
    talker = _Talker(ear)
    cancelled: list[float] = []
    barge_in = BargeIn(
        talker,
        lambda: cancelled.append(ear.endpointer.now),
        SelfHearing(),
        clock=lambda: ear.endpointer.now,
    )
    for part in steps(near):
        for one in ear.feed(near[part], far[part], Gate.GUARDED):
            if one.signal in (Signal.COMMITTED, Signal.REJECTED):
                barge_in.end()
            elif ear.endpointer.speaking:
                barge_in.follow(ear.endpointer.voiced, "", settled=False)
    return Interruptions(talker.silenced, cancelled)


def utterances(sound: Sound) -> list[tuple[float, float]]:
    """When an ear in a quiet conversation hears utterances begin and end, seconds."""
    ear = Ear()
    told: list[tuple[float, float]] = []
    began = 0.0
    for part in steps(sound):
        for one in ear.feed(sound[part], silence(FRAME_SECONDS)):
            if one.signal is Signal.STARTED:
                began = ear.endpointer.began
            elif one.signal is Signal.COMMITTED:
                told.append((began, ear.endpointer.now))
    return told


def steps(sound: Sound) -> Iterator[slice]:
    """The frames of a sound, as a microphone gives them."""
    for start in range(0, len(sound) - STEP + 1, STEP):
        yield slice(start, start + STEP)
