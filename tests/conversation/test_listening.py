"""The listener's loop by itself, with an ear that notices what the test says."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from backend.conversation.ear import Noticed
from backend.conversation.endpointing import Signal
from backend.conversation.listening import FRAME_BYTES, MOST_WAITING, Listener
from backend.conversation.self_hearing import SelfHearing
from backend.errors import BadInputError, BusyError


class PlainEar:
    """An ear that notices once that somebody begins to speak, if it is told to."""

    level = 0.0
    rules = SimpleNamespace(pre_roll=0.3)
    endpointer = SimpleNamespace(
        held=False, voiced=0.0, silence=0.0, hear_words=lambda _words: None
    )

    def __init__(self, *signals: Signal) -> None:
        self.signals = list(signals)
        self.samples = 0

    def feed(self, near: Any, _far: Any, _gate: object) -> list[Any]:
        self.samples += len(near)
        return [Noticed(self.signals.pop(0), near)] if self.signals else []

    def finish(self) -> list[Noticed]:
        return []


class Dropped:
    """An utterance in which nobody has said a word yet."""

    words, settled, parts = "", False, 1

    def feed(self, _pcm: Any) -> None:
        return

    async def drop(self) -> bool:
        return False


class Silent:
    """A stage on which nobody speaks."""

    speaking = held = False
    media_time = 0.0

    def played(self, _start: float, count: int) -> Any:
        return np.zeros(count, np.int16)


def listener(ear: PlainEar) -> Listener:
    async def interrupt() -> None:
        raise AssertionError("nobody speaks")

    return Listener(
        cast(Any, Silent()),
        cast(Any, ear),
        begin=lambda _over_voice: cast(Any, Dropped()),
        over=lambda: None,
        interrupt=interrupt,
        publish=lambda _event: None,
        self_hearing=SelfHearing(),
    )


@pytest.mark.parametrize("steps", range(5))
async def test_it_ends_though_a_frame_comes_at_the_same_moment(steps: int) -> None:
    made = listener(PlainEar(Signal.STARTED))
    task = asyncio.create_task(made.run())
    made.feed(bytes(FRAME_BYTES))
    await asyncio.sleep(0.05)
    made.feed(bytes(FRAME_BYTES))
    # The frame wakes the loop in a few steps; it must hear of its end in each of them.
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    done, _pending = await asyncio.wait([task], timeout=5)
    assert task in done


async def test_every_frame_reaches_the_ear() -> None:
    ear = PlainEar()
    made = listener(ear)
    task = asyncio.create_task(made.run())
    for _ in range(25):
        made.feed(bytes(FRAME_BYTES))
    await made.drained()
    task.cancel()
    await asyncio.wait([task])
    assert ear.samples == 25 * FRAME_BYTES // 2


async def test_frames_of_a_wrong_size_and_a_flood_are_refused() -> None:
    made = listener(PlainEar())
    with pytest.raises(BadInputError, match="640 bytes"):
        made.feed(b"\0\0")
    with pytest.raises(BusyError, match="faster than real time"):
        for _ in range(MOST_WAITING + 1):
            made.feed(bytes(FRAME_BYTES))


async def test_who_tells_what_is_played_also_tells_when_it_was_recorded() -> None:
    made = listener(PlainEar())
    made.feed(bytes(FRAME_BYTES))
    made.tell_played(bytes(1_920), 1_000_000)
    with pytest.raises(BadInputError, match="recorded"):
        made.feed(bytes(FRAME_BYTES))
    made.feed(bytes(FRAME_BYTES), 1_020_000)
    assert made.waiting == 2
