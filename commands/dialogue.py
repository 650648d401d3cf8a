"""A conversation by voice in this process: sound goes in, events and the answer's voice come out.

The same listener, stage and turn as behind the voice socket; `listen` and `talk --audio` use it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from event_system import (
    FRAME_SECONDS,
    MICROPHONE_RATE,
    ChatResponse,
    Envelope,
    ErrorOccurred,
    Event,
    MediaFrame,
    TranscriptFinal,
)

if TYPE_CHECKING:
    from backend.conversation.listening import Listener
    from backend.conversation.session import VoiceSession
    from backend.conversation.waterfall import Waterfall
    from backend.room import EngineRoom

FRAME_SAMPLES = round(FRAME_SECONDS * MICROPHONE_RATE)
TAIL_S = 2.0
"""Silence after a file: no pause that ends an utterance is longer."""


def frames_of(pcm: NDArray[np.int16]) -> Iterator[bytes]:
    """20 ms frames of a sound at 16,000 Hz, the last one filled up, and silence after it."""
    sound = np.concatenate([pcm, np.zeros(round(TAIL_S * MICROPHONE_RATE), np.int16)])
    sound = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES]
    for frame in sound.reshape(-1, FRAME_SAMPLES):
        yield frame.astype("<i2").tobytes()


def load_sound(path: Path) -> tuple[NDArray[np.int16], str]:
    """A sound file at 16,000 Hz, and what the user should know about it.

    Raises:
        BadInputError: It cannot be read.
    """
    from backend.media.decode import decode_file

    sound = decode_file(path, MICROPHONE_RATE)
    return sound.pcm, sound.warning


@dataclass(eq=False)
class Dialogue:
    """A client of a session in this process.

    Attributes:
        on_event: Hears of every event of the session.
        on_voice: Hears 20 ms of the character's voice.
    """

    session: VoiceSession
    on_event: Callable[[Event], None] = lambda event: None
    on_voice: Callable[[MediaFrame], None] = lambda frame: None
    wants_audio: bool = True
    wants_video: bool = False
    heard: list[str] = field(default_factory=list)
    responses: list[ChatResponse] = field(default_factory=list)
    errors: list[ErrorOccurred] = field(default_factory=list)

    def media(self, frame: MediaFrame) -> None:
        """Take 20 ms of the character's voice."""
        self.on_voice(frame)

    def event(self, envelope: Envelope) -> None:
        """Take an event of the session."""
        event = envelope.event
        if isinstance(event, TranscriptFinal):
            self.heard.append(event.text)
        elif isinstance(event, ChatResponse):
            self.responses.append(event)
        elif isinstance(event, ErrorOccurred):
            self.errors.append(event)
        self.on_event(event)

    def tell_played(self, pcm: bytes, heard_us: int) -> None:
        """Tell what a loudspeaker plays; see `Listener.tell_played`."""
        listener = self.session.microphone.of(self)
        if listener is not None:
            listener.tell_played(pcm, heard_us)

    async def hear(self, pcm: NDArray[np.int16]) -> None:
        """Take a sound as the microphone, in real time."""
        await _feed(await self.session.microphone.open(self, "hands_free"), pcm, ahead=0)

    async def settled(self) -> None:
        """Wait until what was heard is answered and spoken."""
        await self.session.microphone.close(self)
        await self.session.finished()


@dataclass
class _Silence:
    """A stage on which nobody ever speaks."""

    speaking: bool = False
    held: bool = False

    @property
    def media_time(self) -> float:
        """Any clock will do."""
        return time.monotonic()

    def duck(self, ducked: bool) -> None:
        """Nobody speaks."""

    def hold(self) -> None:
        """Nobody speaks."""

    def resume(self) -> None:
        """Nobody speaks."""

    def played(self, start: float, count: int) -> NDArray[np.int16]:
        """(count,) zeros."""
        return np.zeros(count, np.int16)


@dataclass
class _Words:
    """Takes what was said instead of answering it."""

    said: list[tuple[str, Waterfall]] = field(default_factory=list)

    def prepare(self, text: str, waterfall: Waterfall) -> tuple[str, Waterfall]:
        """Keep it together."""
        return text, waterfall

    async def release(self, prepared: tuple[str, Waterfall], source: str) -> str:
        """Note it."""
        self.said.append(prepared)
        return ""

    async def discard(self, prepared: tuple[str, Waterfall]) -> None:
        """There is nothing to stop."""


async def words_of(
    room: EngineRoom, pcm: NDArray[np.int16], *, fast: bool
) -> list[tuple[str, Waterfall]]:
    """What the microphone's way makes of a sound: each utterance's words and their waterfall.

    Args:
        pcm: (samples,) int16 at 16,000 Hz.
        fast: As fast as it can be processed, instead of in real time.

    Raises:
        EngineError: No recogniser can run.
    """
    from backend.conversation.ear import Ear
    from backend.conversation.listening import MOST_WAITING, Listener
    from backend.conversation.self_hearing import SelfHearing
    from backend.conversation.utterance import Utterance
    from backend.engines.transcription import Transcription
    from backend.errors import EngineError

    words, errors, hearing = _Words(), [], SelfHearing()

    def publish(event: Event) -> None:
        if isinstance(event, ErrorOccurred):
            errors.append(event)

    def begin(over_voice: bool) -> Utterance[tuple[str, Waterfall]]:
        def transcribe() -> Transcription:
            return Transcription(room.host, room.settings.speech_language)

        return Utterance(transcribe, words, publish, hearing, prefetch=False)

    async def nothing() -> None:
        """There is no answer to interrupt."""

    listener = Listener(
        _Silence(),
        Ear(),
        begin=begin,
        over=lambda: None,
        interrupt=nothing,
        publish=publish,
        self_hearing=hearing,
    )
    running = asyncio.create_task(listener.run())
    try:
        await _feed(listener, pcm, MOST_WAITING // 2 if fast else 0)
        await listener.drained()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    if errors and not words.said:
        raise EngineError(errors[0].message)
    return words.said


async def _feed(listener: Listener, pcm: NDArray[np.int16], ahead: int) -> None:
    """Give a sound to a listener, in real time or with at most `ahead` frames waiting."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    for frame in frames_of(pcm):
        due += FRAME_SECONDS
        if ahead:
            while listener.waiting >= ahead:  # noqa: ASYNC110 - it is no event
                await asyncio.sleep(FRAME_SECONDS / 10)
        else:
            await asyncio.sleep(max(0.0, due - loop.time()))
        listener.feed(frame, round(time.monotonic() * 1e6))


@asynccontextmanager
async def dialogue(room: EngineRoom, name: str = "main") -> AsyncIterator[Dialogue]:
    """Join a session of a room."""
    session = await room.session(name)
    client = Dialogue(session)
    session.join(client)
    try:
        yield client
    finally:
        await session.leave(client)
