"""An hour of sound through one ear: what it costs in memory, and what it leaves behind."""

from __future__ import annotations

import threading

import numpy as np

from commands.benchmarks.figures import Figure
from commands.benchmarks.rooms import mixed, silence, spoken
from config import Settings
from event_system import MICROPHONE_RATE

MINUTES = 60
WARM_MINUTES = 3
_STEP = MICROPHONE_RATE // 5


def measure(settings: Settings) -> list[Figure]:
    """A sentence every few seconds, faster than real time; about three minutes."""
    import psutil

    from backend.conversation.ear import Ear

    threads = threading.active_count()
    ear, process = Ear(), psutil.Process()
    sentence = np.concatenate(
        [spoken("I would like to know how old you are today.", "en-us"), silence(3)]
    )
    minute = mixed(np.resize(sentence, 60 * MICROPHONE_RATE), noise_dbfs=-55, seed=1)
    far = np.roll(minute, 30 * MICROPHONE_RATE)
    far[: 50 * MICROPHONE_RATE] = 0
    before = 0.0
    for number in range(MINUTES):
        for start in range(0, len(minute), _STEP):
            ear.feed(minute[start : start + _STEP], far[start : start + _STEP])
        if number + 1 == WARM_MINUTES:
            before = process.memory_info().rss / 1e6
    grown = process.memory_info().rss / 1e6 - before
    how = f"{MINUTES} minutes of speech, pauses and echo through one ear, faster than real time"
    left = threading.active_count() - threads
    return [
        Figure("memory grown in an hour", round(grown, 1), "MB", how, at_most=20),
        Figure("threads left over", left, "", how, at_most=0),
    ]
