"""Answering: from the end of speech to the words, and to the character's voice, in real time."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import numpy as np

from backend.conversation.waterfall import Waterfall
from commands.benchmarks.figures import Figure, percentile, scratch
from commands.benchmarks.rooms import Sound, silence, spoken
from commands.benchmarks.whisper import THREADS, make_model
from commands.dialogue import Dialogue, dialogue, frames_of
from commands.shared import note
from config import Settings
from event_system import FRAME_SECONDS, MICROPHONE_RATE, Event, MediaFrame, TranscriptFinal

FIRST = "I would like to know how old you are today."
OPEN, CLOSED = "so what shall we do now ", "so what shall we do now?"
"""What the random Whisper hears: without an end, and with one."""
QUESTIONS = ("Hello, how are you?", "Do you like music?", "I like green tea.") * 2


def measure(settings: Settings) -> list[Figure]:
    """With the embedded engines, with a quick model, and with Whisper; about three minutes."""
    with scratch(settings) as own:
        figures = asyncio.run(_answers(own, "PocketSphinx, espeak, embedded engines"))
        figures += asyncio.run(_with_model(own))
        figures += asyncio.run(_partials(own))
        figures += _with_whisper(own)
    return figures


async def _answers(settings: Settings, what: str) -> list[Figure]:
    waits = await _waits(settings)
    to_words = [words for words, _voice in waits]
    to_voice = [voice for _words, voice in waits]
    how = f"{len(QUESTIONS)} questions in real time, {what}"
    return [
        Figure("end of speech to transcript, p50", round(percentile(to_words, 50)), "ms", how),
        Figure(
            "end of speech to voice, p50", round(percentile(to_voice, 50)), "ms", how, at_most=900
        ),
        Figure(
            "end of speech to voice, p95", round(percentile(to_voice, 95)), "ms", how, at_most=1300
        ),
    ]


async def _waits(settings: Settings) -> list[tuple[float, float]]:
    """Of each question: milliseconds from its end to its words, and to the first sound."""
    from backend.room import open_room

    room = open_room(settings)
    try:
        await room.rehearse()
        async with dialogue(room) as client:
            waits = []
            for text in (FIRST, *QUESTIONS):
                waits.append(await _ask(client, spoken(text, "en-us")))
                await client.session.cancel()
    finally:
        await room.close()
    return waits[1:]  # the first one loads what is loaded late


class _NoAnswers:
    """Nobody answers, so that nothing else is computed."""

    def prepare(self, text: str, waterfall: Waterfall) -> None:
        """Think of nothing."""

    async def release(self, prepared: None, source: str) -> str:
        """Say nothing."""
        return ""

    async def discard(self, prepared: None) -> None:
        """There is nothing to stop."""


@dataclass
class _Times:
    """When the words and the first sound of an answer came, on the loop's clock."""

    words: float = 0.0
    voice: float = 0.0
    both: asyncio.Event = field(default_factory=asyncio.Event)

    def event(self, event: Event) -> None:
        """Note the words."""
        if isinstance(event, TranscriptFinal):
            self.words = asyncio.get_running_loop().time()

    def sound(self, frame: MediaFrame) -> None:
        """Note the first sound."""
        if not self.both.is_set():
            self.voice = asyncio.get_running_loop().time()
            self.both.set()


async def _ask(client: Dialogue, sound: Sound) -> tuple[float, float]:
    times, before = _Times(), silence(0.6)
    await client.session.microphone.open(client, "hands_free")
    began = asyncio.get_running_loop().time()
    ends = began + (len(before) + len(sound)) / MICROPHONE_RATE
    client.on_event, client.on_voice = times.event, times.sound
    hearing = asyncio.create_task(client.hear(np.concatenate([before, sound, silence(1.0)])))
    with anyio.fail_after(20):
        await times.both.wait()
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    await client.session.microphone.close(client)
    return (times.words - ends) * 1000, (times.voice - ends) * 1000


async def _partials(settings: Settings) -> list[Figure]:
    """How often the words so far are looked at."""
    from backend.conversation.self_hearing import SelfHearing
    from backend.conversation.utterance import Utterance
    from backend.engines.base import Transcript
    from backend.engines.transcription import Transcription
    from backend.room import open_room

    answered: list[float] = []

    class Noting(Transcription):
        async def partial(self) -> Transcript | None:
            found = await super().partial()
            answered.append(time.monotonic())
            return found

    room = open_room(settings)
    try:
        await room.rehearse()
        utterance = Utterance(
            lambda: Noting(room.host, "en"), _NoAnswers(), lambda event: None, SelfHearing()
        )
        sound = np.concatenate([spoken(text, "en-us") for text in (FIRST, *QUESTIONS)])
        due = time.monotonic()
        for frame in frames_of(sound):
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            utterance.feed(np.frombuffer(frame, np.int16))
        await utterance.drop()
    finally:
        await room.close()
    gaps = np.diff(answered) * 1000
    how = f"{len(answered)} partial transcripts of one utterance in real time, PocketSphinx"
    return [
        Figure(
            "a partial transcript every, p50",
            round(percentile(list(gaps), 50)),
            "ms",
            how,
            at_most=500,
        ),
        Figure("a partial transcript every, p95", round(percentile(list(gaps), 95)), "ms", how),
    ]


def _with_whisper(settings: Settings) -> list[Figure]:
    from backend.engines.stt.faster_whisper import FasterWhisper

    lacking = FasterWhisper().missing()
    if lacking is not None:
        note(f"Whisper is not measured: {lacking.reason} `{lacking.remedy}`")
        return []
    figures = []
    for path, says, bound in (("default path", OPEN, 750), ("after . ? !", CLOSED, 450)):
        with tempfile.TemporaryDirectory(prefix="kotodama-bench-") as folder:
            make_model("base", Path(folder) / "base", says)
            own = settings.model_copy(
                update={
                    "stt_engines": "faster_whisper",
                    "models_dir": Path(folder),
                    "whisper_model": "base",
                    "whisper_device": "cpu",
                    "engine_options": {"faster_whisper": {"threads": THREADS}},
                }
            )
            to_words = [words for words, _voice in asyncio.run(_waits(own))]
        how = (
            f"{len(QUESTIONS)} questions in real time, base-size int8 Whisper with random weights, "
            f"{THREADS} threads"
        )
        figures += [
            Figure(
                f"end of speech to transcript, {path}, p50",
                round(percentile(to_words, 50)),
                "ms",
                how,
                at_most=bound,
            ),
            Figure(
                f"end of speech to transcript, {path}, p95",
                round(percentile(to_words, 95)),
                "ms",
                how,
            ),
        ]
    return figures


async def _with_model(settings: Settings) -> list[Figure]:
    async with _model_server(0.1) as url:
        own = settings.model_copy(
            update={
                "llm_engines": "openai_compatible,persona",
                "openai_base_url": url,
                "openai_model": "bench",
            }
        )
        return await _answers(own, "PocketSphinx, espeak, first token after 100 ms")


@asynccontextmanager
async def _model_server(first_token_s: float) -> AsyncIterator[str]:
    """A language model server on loopback that answers the same to everybody."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(
            (int(line[15:]) for line in head.splitlines() if line.startswith("content-length:")), 0
        )
        await reader.readexactly(length)
        if head.startswith("get "):
            body = json.dumps({"data": [{"id": "bench", "object": "model"}]}).encode()
            start = (
                f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
            )
            writer.write(start.encode() + b"\r\nconnection: close\r\n\r\n" + body)
            await writer.drain()
            writer.close()
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
        )
        await asyncio.sleep(first_token_s)
        # A caller that was interrupted hears no more.
        with suppress(ConnectionError):
            for piece in _pieces(("That ", "sounds ", "nice. ", "Tell ", "me ", "more!")):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


def _pieces(words: Iterable[str]) -> Iterable[bytes]:
    for word in words:
        chunk = {"created": int(time.time()), "choices": [{"delta": {"content": word}}]}
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"
