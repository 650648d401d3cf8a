"""Listening: whole utterances, barge-in, the character's own voice, latency and memory."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from backend.media.pcm import apply_gain, speech_dbfs
from commands.benchmarks.figures import Figure, percentile, scratch
from commands.benchmarks.rooms import (
    Sound,
    echo_of,
    mixed,
    silence,
    spoken,
    talk_over,
    utterances,
    voices,
)
from commands.dialogue import Dialogue, dialogue
from config import Settings
from event_system import MICROPHONE_RATE, Event, MediaFrame, TranscriptFinal

SPEECH_DIR = "KOTODAMA_SPEECH_DIR"
"""Environment variable: a folder of recordings, one utterance a file."""
NOISE_DBFS = (-70.0, -50.0, -40.0)
ECHO_DB = (-20.0, -15.0, -10.0, -5.0, 0.0)
ECHO_DELAYS_S = (0.02, 0.06, 0.1)
LEVEL_DBFS = -24.0
MINUTES = float(os.environ.get("KOTODAMA_ECHO_MINUTES", "30"))
SENTENCES = (
    "I would like to know how old you are today.",
    "Yesterday I went to the market and bought three apples.",
    "Could you tell me what the weather will be like tomorrow?",
    "My favourite game is the one with the little dragon.",
    "When I was young, we used to live close to the sea.",
    "Please remember that my sister is called Anna.",
    "It is getting late, so I will go to bed soon.",
    "What do you think about music from the eighties?",
)
OVER = (
    "Wait, stop, I want to say something.",
    "Hold on a moment please.",
    "No, that is not what I meant.",
    "Can you tell me something else?",
    "Actually I have a question.",
    "Stop talking for a second.",
)
TALK = (
    "I was hoping you would come by. What would you like to talk about? I could tell you a story, "
    "or we could play a game together, whatever you like best. Yesterday I found an old radio in "
    "the attic, and it still works!"
)
QUESTIONS = ("Hello, how are you?", "Do you like music?", "I like green tea.") * 2


def measure(settings: Settings) -> list[Figure]:
    """All of it; about ten minutes."""
    figures = _whole() + _own_voice() + _hour()
    with scratch(settings) as own:
        figures += asyncio.run(_latency(own, "embedded engines"))
        figures += asyncio.run(_with_model(own))
    return figures


def _clips() -> list[Sound]:
    clips = [spoken(text, voice) for text in SENTENCES for voice in voices()[:2]]
    folder = os.environ.get(SPEECH_DIR)
    if folder:
        from backend.media.decode import decode_audio

        files = sorted(one for one in Path(folder).iterdir() if one.suffix in (".wav", ".ogg"))
        clips += [_levelled(decode_audio(one, MICROPHONE_RATE)) for one in files]
    return clips


def _levelled(clip: Sound) -> Sound:
    """A recording as loud as a usual microphone gives it."""
    gain = 10.0 ** ((LEVEL_DBFS - speech_dbfs(clip, MICROPHONE_RATE)) / 20.0)
    return apply_gain(clip, gain)


def _whole() -> list[Figure]:
    figures = []
    for noise in NOISE_DBFS:
        clips = _clips()
        whole = cut = missed = 0
        delays = []
        for seed, clip in enumerate(clips):
            sound = mixed(
                np.concatenate([silence(1), clip, silence(2)]), noise_dbfs=noise, seed=seed
            )
            found = utterances(sound)
            whole, cut, missed = (
                whole + (len(found) == 1),
                cut + (len(found) > 1),
                missed + (not found),
            )
            if found:
                delays.append((found[-1][1] - 1.0 - len(clip) / MICROPHONE_RATE) * 1000)
        pair = mixed(
            np.concatenate([silence(1), clips[0], silence(1.5), clips[1], silence(2)]),
            noise_dbfs=noise,
            seed=0,
        )
        how = f"{len(clips)} utterances, noise at {noise:.0f} dBFS, without words"
        figures += [
            Figure("kept whole", whole, "", how, at_least=len(clips) * 28 // 30),
            Figure("cut", cut, "", how),
            Figure("missed", missed, "", how, at_most=0),
            Figure("two merged", 2 - len(utterances(pair)), "", how, at_most=0),
            Figure("end of speech to endpoint, p50", round(percentile(delays, 50)), "ms", how),
        ]
    return figures


def _own_voice() -> list[Figure]:
    rooms = [(level, delay) for level in ECHO_DB for delay in ECHO_DELAYS_S]
    silenced = cancelled = noticed = 0
    delays: list[float] = []
    for seed, (level, delay) in enumerate(rooms):
        voice, other = voices()[seed % 4], voices()[(seed + 1) % 4]
        talk = np.concatenate([spoken(TALK, voice), silence(0.4)])
        far = np.resize(talk, round(MINUTES * 60 / len(rooms) * MICROPHONE_RATE))
        met = talk_over(mixed(echo_of(far, level, delay, seed), noise_dbfs=-60, seed=seed), far)
        silenced += len(met.silenced)
        cancelled += len(met.cancelled)
        far = np.resize(talk, 50 * MICROPHONE_RATE)
        user, times = _interruptions(other, len(far))
        near = mixed(echo_of(far, level, delay, seed), user, noise_dbfs=-60, seed=seed)
        heard = talk_over(near, far).silenced
        for began, ended in times:
            hits = [at - began for at in heard if began <= at <= ended]
            noticed += bool(hits)
            delays += [hits[0] * 1000] if hits else []
    how = f"{MINUTES:g} simulated minutes in {len(rooms)} rooms, echo -20 to 0 dB, 20 to 100 ms"
    over = f"{len(rooms) * len(OVER)} sentences over the echo in the same rooms"
    share = 100 * noticed / (len(rooms) * len(OVER))
    return [
        Figure("answers cancelled by the character's own voice", cancelled, "", how, at_most=0),
        Figure("silences by the character's own voice", silenced, "", how),
        Figure("real interruptions noticed", round(share, 1), "%", over, at_least=95),
        Figure("voice to silence, p50", round(percentile(delays, 50)), "ms", over, at_most=400),
        Figure("voice to silence, p90", round(percentile(delays, 90)), "ms", over),
    ]


def _interruptions(voice: str, length: int) -> tuple[Sound, list[tuple[float, float]]]:
    """A user who says a sentence every seven seconds, as loud as the character at 0 dB."""
    user = np.zeros(length, np.int16)
    times = []
    for number, text in enumerate(OVER):
        sound, at = spoken(text, voice), 6 + 7 * number
        user[at * MICROPHONE_RATE :][: len(sound)] = sound
        times.append((float(at), at + len(sound) / MICROPHONE_RATE + 0.1))
    return user, times


def _hour() -> list[Figure]:
    """An hour of sound through one ear: speech, silence, noise."""
    import psutil

    from backend.conversation.ear import Ear

    ear, process = Ear(), psutil.Process()
    minute = mixed(
        np.resize(np.concatenate([spoken(SENTENCES[0], "en-us"), silence(3)]), 60 * 16_000),
        noise_dbfs=-55,
        seed=1,
    )
    quiet = np.zeros(3_200, np.int16)
    before = 0.0
    for number in range(60):
        for start in range(0, len(minute), 3_200):
            ear.feed(minute[start : start + 3_200], quiet)
        if number == 2:
            before = process.memory_info().rss / 1e6
    grown = process.memory_info().rss / 1e6 - before
    how = "one hour of speech and pauses through one ear, faster than real time"
    return [Figure("memory grown in an hour", round(grown, 1), "MB", how, at_most=20)]


async def _latency(settings: Settings, what: str) -> list[Figure]:
    from backend.room import open_room

    room = open_room(settings)
    await room.rehearse()
    to_words: list[float] = []
    to_voice: list[float] = []
    async with dialogue(room) as client:
        for text in (SENTENCES[0], *QUESTIONS):
            words, voice = await _ask(client, spoken(text, "en-us"))
            if text is not SENTENCES[0]:  # the first one loads what is loaded late
                to_words.append(words)
                to_voice.append(voice)
            await client.session.cancel()
    await room.close()
    how = f"{len(QUESTIONS)} questions in real time, PocketSphinx, espeak, {what}"
    return [
        Figure("end of speech to transcript, p50", round(percentile(to_words, 50)), "ms", how),
        Figure(
            "end of speech to voice, p50", round(percentile(to_voice, 50)), "ms", how, at_most=900
        ),
        Figure(
            "end of speech to voice, p95", round(percentile(to_voice, 95)), "ms", how, at_most=1300
        ),
    ]


async def _ask(client: Dialogue, sound: Sound) -> tuple[float, float]:
    """Say something; milliseconds from its end to the transcript and to the first sound."""
    loop = asyncio.get_running_loop()
    voice, words = asyncio.Event(), 0.0
    await client.session.microphone.open(client, "hands_free")
    before = silence(0.6)
    ends = loop.time() + (len(before) + len(sound)) / MICROPHONE_RATE

    def note_event(event: Event) -> None:
        nonlocal words
        if isinstance(event, TranscriptFinal):
            words = loop.time()

    def note_voice(frame: MediaFrame) -> None:
        voice.set()

    client.on_event, client.on_voice = note_event, note_voice
    hearing = asyncio.create_task(client.hear(np.concatenate([before, sound, silence(1.0)])))
    await asyncio.wait_for(voice.wait(), 20)
    heard = loop.time()
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    await client.session.microphone.close(client)
    return (words - ends) * 1000, (heard - ends) * 1000


async def _with_model(settings: Settings) -> list[Figure]:
    async with _model_server(0.1) as url:
        own = settings.model_copy(
            update={
                "llm_engines": "openai_compatible,persona",
                "openai_base_url": url,
                "openai_model": "bench",
            }
        )
        return await _latency(own, "a model with its first token after 100 ms")


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
