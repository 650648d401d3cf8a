"""A turn with the embedded engines, on the live stage: from the typed line to the first sound."""

from __future__ import annotations

import asyncio
import time

from commands.benchmarks.figures import Figure, percentile, scratch
from config import Settings
from event_system import Envelope, MediaFrame, MediaKind

LINES = (
    "Hello, who are you?",
    "What is your favourite drink?",
    "Tell me about your headset.",
    "Do you like music?",
    "How old are you?",
    "What can you do?",
    "Tell me a joke!",
    "What time is it?",
    "I like tea.",
    "Where do you live?",
)


class _Ear:
    """Notes when the first sound of a turn arrives."""

    wants_audio = True
    wants_video = False

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.at = 0.0

    def listen(self) -> None:
        """Begin anew."""
        self.heard.clear()

    def media(self, frame: MediaFrame) -> None:
        """Note the first sound."""
        if frame.kind == MediaKind.SPEECH and not self.heard.is_set():
            self.at = time.perf_counter()
            self.heard.set()

    def event(self, envelope: Envelope) -> None:
        """Events do not matter here."""


def measure(settings: Settings) -> list[Figure]:
    """Ten typed lines in a warm backend."""
    with scratch(settings) as own:
        return asyncio.run(_measure(own))


async def _measure(settings: Settings) -> list[Figure]:
    from backend.room import open_room

    room = open_room(settings)
    await room.rehearse()
    session = await room.session("main")
    ear = _Ear()
    session.join(ear)
    to_sound: list[float] = []
    after_token: list[float] = []
    for line in LINES:
        ear.listen()
        started = time.perf_counter()
        turn_id = await session.send(line)
        await asyncio.wait_for(ear.heard.wait(), 10)
        to_sound.append((ear.at - started) * 1000)
        await session.cancel()
        (row,) = [one for one in room.history.page(1, 50) if one.turn_id == turn_id]
        stages = {stage["name"]: stage["at_ms"] for stage in row.stages}
        after_token.append(stages["first_frame"] - stages["first_token"])
    await room.close()
    how = f"{len(LINES)} lines, warm, embedded engines, first 20 ms leaving the stage"
    return [
        Figure("typed line to first sound, p50", _ms(to_sound, 50), "ms", how),
        Figure("typed line to first sound, worst", _ms(to_sound, 100), "ms", how, at_most=300),
        Figure("first token to first sound, p50", _ms(after_token, 50), "ms", how),
        Figure("first token to first sound, worst", _ms(after_token, 100), "ms", how, at_most=100),
    ]


def _ms(values: list[float], percent: float) -> float:
    return round(percentile(values, percent), 1)
