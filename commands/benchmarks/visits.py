"""A user who comes, talks, interrupts and leaves, over the real voice socket and in real time."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
import numpy as np

from commands.benchmarks.backend_thread import BackendThread
from commands.benchmarks.rooms import STEP, Sound, spoken
from event_system import (
    FRAME_SECONDS,
    MediaFrame,
    MediaKind,
    pack_media,
    unpack_media,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

SENTENCES = (
    "I would like to know how old you are today.",
    "Hello, how are you?",
    "Do you like music?",
    "I like green tea.",
    "Tell me a story about the sea.",
    "What did you do yesterday?",
)
TURNS_A_VISIT = 2
HEARD_S = 0.6
"""How much of an answer is heard before it is interrupted."""
PATIENCE_S = 20.0
"""How long a user waits for an answer to begin, and for it to end."""
NOISE_DBFS = -65.0


@dataclass
class Visitor:
    """A client of one session, with a microphone of its own.

    Attributes:
        state: What the character does, as it was told.
        flushes: How often it was told to fall silent.
        pictures: Avatar frames that came.
    """

    connection: ClientConnection
    state: str = ""
    flushes: int = 0
    pictures: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _sound: deque[Sound] = field(default_factory=deque)

    async def listen(self) -> None:
        """Take what the server sends, until it goes."""
        async for message in self.connection:
            if isinstance(message, bytes):
                self.pictures += unpack_media(message).kind == MediaKind.AVATAR_JPEG
                continue
            parsed = json.loads(message)
            event = parsed.get("event", parsed)
            if event.get("type") in ("turn.state", "session.ready"):
                self.state = event["state"]
            elif event.get("type") == "playout.flush":
                self.flushes += 1
            self._news.set()

    async def talk(self) -> None:
        """Send 20 ms of the microphone every 20 ms, until the server goes."""
        rng = np.random.default_rng(1)
        began = time.monotonic()
        loudness = 32_768.0 * 10.0 ** (NOISE_DBFS / 20.0)
        number = 0
        while True:
            heard = rng.standard_normal(STEP) * loudness
            if self._sound:
                heard += self._sound.popleft()
            payload = np.clip(heard, -32_768, 32_767).astype("<i2").tobytes()
            await self.connection.send(pack_media(MediaFrame(MediaKind.MICROPHONE, 0, 0, payload)))
            number += 1
            await asyncio.sleep(max(0.0, began + number * FRAME_SECONDS - time.monotonic()))

    async def say(self, sound: Sound) -> None:
        """Speak; returns when the last of it has been said."""
        whole = sound[: len(sound) // STEP * STEP].reshape(-1, STEP)
        self._sound.extend(whole)
        await asyncio.sleep(len(whole) * FRAME_SECONDS)

    async def until(self, reached: Callable[[], bool]) -> bool:
        """Wait for it as long as users do; whether it came."""
        with anyio.move_on_after(PATIENCE_S):
            while not reached():
                self._news.clear()
                await self._news.wait()
        return reached()

    async def command(self, kind: str) -> None:
        """Send a message without anything but its type."""
        await self.connection.send(json.dumps({"type": kind}))


@dataclass
class Tally:
    """What happened in all visits.

    Attributes:
        turns: Sentences that the user waited for an answer to.
        answered: Those of them that were.
        interruptions: Answers that the user cut off.
        pictures: Avatar frames that came.
    """

    visits: int = 0
    turns: int = 0
    answered: int = 0
    interruptions: int = 0
    pictures: int = 0


async def visit(
    backend: BackendThread,
    session: str,
    tally: Tally,
    more: Callable[[int], bool],
    after_turn: Callable[[], None] = lambda: None,
) -> None:
    """Come to one session again and again.

    Every second visit has pictures, and ends in the middle of an answer, without goodbye.

    Args:
        more: Whether to come once more after so many visits.
        after_turn: Called after each turn but the unfinished ones.
    """
    sentences = [await asyncio.to_thread(spoken, text, "en-us") for text in SENTENCES]
    visits = 0
    while more(visits):
        rudely = visits % 2 == 1
        visits += 1
        tally.visits += 1
        async with _visitor(backend, session, video=rudely) as visitor:
            await visitor.command("listen.start")
            for _ in range(TURNS_A_VISIT):
                await _turn(visitor, sentences, tally)
                after_turn()
            if rudely:
                await visitor.say(sentences[tally.turns % len(sentences)])
                await visitor.until(lambda: visitor.state == "speaking")
            else:
                await visitor.command("listen.stop")
            tally.pictures += visitor.pictures


async def _turn(visitor: Visitor, sentences: list[Sound], tally: Tally) -> None:
    """Say a sentence and hear the answer; cut every third one off with the next sentence."""
    # Who left in mid-answer and comes back lets her end first.
    await visitor.until(lambda: visitor.state == "idle")
    await visitor.say(sentences[tally.turns % len(sentences)])
    tally.turns += 1
    if not await visitor.until(lambda: visitor.state == "speaking"):
        return
    tally.answered += 1
    if tally.turns % 3 == 0:
        flushes = visitor.flushes
        await asyncio.sleep(HEARD_S)
        await visitor.say(sentences[tally.turns % len(sentences)])
        tally.interruptions += await visitor.until(lambda: visitor.flushes > flushes)
    await visitor.until(lambda: visitor.state == "idle")
    await asyncio.sleep(HEARD_S)


@asynccontextmanager
async def _visitor(backend: BackendThread, session: str, *, video: bool) -> AsyncIterator[Visitor]:
    from websockets.asyncio.client import connect

    url = f"ws://127.0.0.1:{backend.port}/ws/voice?session={session}&video={int(video)}"
    headers = {"Authorization": f"Bearer {backend.token}"}
    async with connect(url, additional_headers=headers, proxy=None) as connection:
        visitor = Visitor(connection)
        work = [asyncio.create_task(visitor.listen()), asyncio.create_task(visitor.talk())]
        try:
            yield visitor
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
