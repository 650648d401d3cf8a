"""An hour of conversation: what it costs in memory, and what it leaves behind.

One ear hears an hour of sound, faster than real time. A whole backend is talked to for some
minutes in real time, and what that costs is carried forward to an hour's turns.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commands.benchmarks.backend_thread import BackendThread, backend_thread
from commands.benchmarks.figures import Figure, scratch
from commands.benchmarks.rooms import mixed, silence, spoken
from commands.benchmarks.visits import Tally, visit
from config import Settings
from event_system import MICROPHONE_RATE

EAR_MINUTES = 60
WARM_MINUTES = 3
TALK_MINUTES = "KOTODAMA_HOUR_MINUTES"
"""Environment variable: minutes of conversation in real time, 10 by default."""
_TALKED = "10"
WARM_UP_VISITS = 6
"""To each session, with pictures and without: pools of threads and heaps have grown then."""
TURNS_AN_HOUR = 360
"""A sentence and its answer every ten seconds."""
SESSIONS = ("main", "guest")
SETTLED_S = 4.0
"""After the last client left: what ends, has ended."""
_STEP = MICROPHONE_RATE // 5


def measure(settings: Settings) -> list[Figure]:
    """Through an ear, about two minutes; and with a whole backend, about twelve."""
    with scratch(settings) as own:
        return [*_ear(), *_conversation(own)]


def _ear() -> list[Figure]:
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
    for number in range(EAR_MINUTES):
        for start in range(0, len(minute), _STEP):
            ear.feed(minute[start : start + _STEP], far[start : start + _STEP])
        if number + 1 == WARM_MINUTES:
            before = process.memory_info().rss / 1e6
    grown = process.memory_info().rss / 1e6 - before
    how = f"{EAR_MINUTES} minutes of speech, pauses and echo through one ear, faster than real time"
    left = threading.active_count() - threads
    return [
        Figure("memory grown in an hour of an ear", round(grown, 1), "MB", how, at_most=20),
        Figure("threads left over by an ear", left, "", how, at_most=0),
    ]


@dataclass(frozen=True)
class Belongings:
    """What a process has at one time, by name.

    Attributes:
        tasks: Of the backend's loop.
        children: Processes below this one.
    """

    tasks: Counter[str]
    threads: Counter[str]
    children: Counter[str]

    @classmethod
    def of(cls, backend: BackendThread) -> Belongings:
        """What there is now."""
        import psutil

        return cls(
            Counter(backend.tasks()),
            Counter(_family(thread.name) for thread in threading.enumerate()),
            Counter(" ".join(one.cmdline()) for one in psutil.Process().children(recursive=True)),
        )


def _family(thread: str) -> str:
    """A thread's name without the number that its pool gave it."""
    return thread.rstrip("0123456789").rstrip("-_")


def _conversation(settings: Settings) -> list[Figure]:
    minutes = float(os.environ.get(TALK_MINUTES, _TALKED))
    tally = Tally()
    samples: list[tuple[int, float]] = []

    def note() -> None:
        samples.append((tally.turns, _megabytes()))

    with backend_thread(settings) as backend:
        asyncio.run(_visits(backend, Tally(), lambda visits: visits < WARM_UP_VISITS))
        before = Belongings.of(backend)
        ends = time.monotonic() + minutes * 60.0
        asyncio.run(_visits(backend, tally, lambda visits: time.monotonic() < ends, note))
        after = Belongings.of(backend)
    turns, memory = np.array(samples).T
    a_turn = _kept_a_turn(turns, memory)
    how = (
        f"{minutes:g} minutes over the voice socket in real time: {len(SESSIONS)} sessions, "
        f"{tally.visits} visits, {tally.turns} turns, {tally.interruptions} interrupted, "
        f"{memory[-1]:.0f} MB in the end"
    )
    hour = f"{how}; {1000 * a_turn:.0f} kB a turn by medians, {TURNS_AN_HOUR} turns an hour"
    return [
        Figure(
            "memory grown in an hour of conversation",
            round(a_turn * TURNS_AN_HOUR, 1),
            "MB",
            hour,
            at_most=20,
        ),
        _left("tasks", before.tasks, after.tasks, how),
        _left("threads", before.threads, after.threads, how),
        _left("child processes", before.children, after.children, how),
        Figure("turns answered", round(100 * tally.answered / tally.turns), "%", how, at_least=90),
    ]


def _kept_a_turn(turns: NDArray[np.float64], memory: NDArray[np.float64]) -> float:
    """What a turn leaves, MB: from the median of the first third to that of the last.

    Memory rises and falls by tens of megabytes with what is spoken now.
    """
    third = max(1, len(memory) // 3)
    more = np.median(memory[-third:]) - np.median(memory[:third])
    return float(more / max(1.0, np.median(turns[-third:]) - np.median(turns[:third])))


def _left(what: str, before: Counter[str], after: Counter[str], how: str) -> Figure:
    more = after - before
    named = f"; {', '.join(more)}" if more else ""
    return Figure(f"{what} left over", sum(more.values()), "", how + named, at_most=0)


async def _visits(
    backend: BackendThread,
    tally: Tally,
    more: Callable[[int], bool],
    after_turn: Callable[[], None] = lambda: None,
) -> None:
    """Talk in every session, leave, and wait until what ends has ended."""
    await asyncio.gather(*(visit(backend, name, tally, more, after_turn) for name in SESSIONS))
    await asyncio.sleep(SETTLED_S)


def _megabytes() -> float:
    """What this process and those below it hold in memory."""
    import psutil

    process = psutil.Process()
    whole = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in whole) / 1e6
