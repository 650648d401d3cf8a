"""A conversation by voice over the real socket: synthetic speech, embedded engines, real time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from config import ROOT
from event_system import MediaFrame, MediaKind, pack_media
from tests.support.live_backend import TOKEN, LiveBackend, Talk, embedded_backend
from tests.support.microphone import frame_of, frames_of, send_sound, silence, speech

QUESTION = "I would like to tell you about my little garden"
LONG = "Once upon a time there was a very small cat. " * 6


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    with embedded_backend(tmp_path_factory.mktemp("voice")) as backend:
        yield backend


@asynccontextmanager
async def talking(live: LiveBackend, session: str = "main") -> AsyncIterator[Talk]:
    """A client that reads all the while."""
    async with live.socket(f"/ws/voice?video=0&session={session}") as socket:
        talk = Talk(socket)
        await talk.send(type="listen.start")
        await talk.send(type="ping", t=0)
        await talk.until("pong")
        talk.got.clear()
        yield talk


async def reading(talk: Talk, seconds: float) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while (left := deadline - asyncio.get_running_loop().time()) > 0:
        try:
            await talk.next(left)
        except TimeoutError:
            return


async def said(talk: Talk, *sounds: np.ndarray) -> None:
    """Send sounds in real time, and read what comes meanwhile."""
    sending = asyncio.create_task(send_sound(talk.socket, *sounds))
    reader = asyncio.create_task(reading(talk, 600))
    await sending
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)


async def until_state(talk: Talk, state: str) -> None:
    if all(one["state"] != state for one in talk.messages("turn.state")):
        await talk.until("turn.state", state=state)


def right_words(heard: str) -> int:
    """The demo recogniser mishears; most words are right."""
    return sum(word in heard.split() for word in QUESTION.lower().split())


def rows(live: LiveBackend) -> list[str]:
    return [one.user_message for one in live.room.history.page(1, 50)]


async def test_words_appear_while_speaking_and_the_answer_is_spoken(live: LiveBackend) -> None:
    before = len(rows(live))
    async with talking(live, "words") as talk:
        await said(talk, speech(QUESTION), silence(3.0))
        interim = [one["text"] for one in talk.messages("transcript.interim")]
        assert interim
        (final,) = talk.messages("transcript.final")
        assert right_words(final["text"]) >= 4
        (message,) = talk.messages("chat.message")
        assert (message["text"], message["source"]) == (final["text"], "voice")
        assert talk.media(MediaKind.SPEECH)
        states = [one["state"] for one in talk.messages("turn.state")]
        assert states[:3] == ["listening", "thinking", "speaking"]
    assert len(rows(live)) == before + 1


async def test_she_falls_silent_while_she_is_interrupted(
    live: LiveBackend,
) -> None:
    async with talking(live, "interrupted") as talk:
        await talk.send(type="speak", text=LONG)
        await said(talk, silence(3.0))
        talk.got.clear()
        voice = speech("Wait, stop, I want to say something else", "en-gb-x-rp")
        sending = asyncio.create_task(send_sound(talk.socket, voice, silence(0.1)))
        await talk.until("playout.flush")
        assert not sending.done(), "she spoke on until the user had ended"
        await talk.until("turn.state", state="idle")
        await sending
        talk.got.clear()
        await reading(talk, 0.3)
        assert talk.media(MediaKind.SPEECH) == []


async def test_a_cough_silences_her_for_a_moment_at_most(live: LiveBackend) -> None:
    async with talking(live, "cough") as talk:
        await talk.send(type="speak", text=LONG)
        await said(talk, silence(3.0))
        talk.got.clear()
        await said(talk, speech("uh")[:3200], silence(2.5))
        frames = [one for one in talk.got if isinstance(one, MediaFrame)]
        assert len(frames) > 60
        assert talk.messages("chat.message") == []
        assert session_state(live, "cough") == "speaking"


def session_state(live: LiveBackend, name: str) -> str:
    return live.room.sessions[name].state


@pytest.mark.parametrize("kind", ["silence", "noise", "offset", "scream", "music"])
async def test_what_is_no_speech_is_no_turn(live: LiveBackend, kind: str) -> None:
    at = np.arange(3 * 16_000) / 16_000
    rng = np.random.default_rng(2)
    sounds = {
        "silence": silence(3.0),
        "noise": (rng.standard_normal(len(at)) * 900).astype(np.int16),
        "offset": np.full(len(at), 12_000, np.int16),
        "scream": (np.sign(np.sin(2 * np.pi * 900 * at)) * 32_767).astype(np.int16),
        "music": sum(
            6_000 * np.sin(2 * np.pi * hertz * at) * np.exp(-3 * (at % 0.5))
            for hertz in (262, 330, 392)
        ).astype(np.int16),  # type: ignore[union-attr]
    }
    async with talking(live, kind) as talk:
        await said(talk, sounds[kind], silence(1.0))
        assert talk.messages("transcript.final", "chat.message", "error.occurred") == []
        assert session_state(live, kind) == "idle"


async def test_push_to_talk_hears_only_while_it_is_pressed(live: LiveBackend) -> None:
    async with talking(live, "button") as talk:
        await talk.send(type="listen.start", mode="push_to_talk")
        await said(talk, speech("this is said to nobody at all"), silence(1.0))
        assert talk.messages("transcript.interim", "chat.message") == []
        await talk.send(type="talk.press")
        await said(talk, speech("I like green tea"), silence(1.5), speech("and also cats"))
        assert talk.messages("transcript.final") == []
        await talk.send(type="talk.release")
        final = await talk.until("transcript.final")
        assert "like" in final["text"]
        assert "cats" in final["text"]
        await talk.send(type="talk.press")
        await said(talk, silence(0.6))
        await talk.send(type="talk.release")
        await said(talk, silence(0.8))
        assert len(talk.messages("transcript.final")) == 1


async def test_stopping_in_mid_word_leaves_nothing_behind(
    live: LiveBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the sound may come late; that is another test's matter.
    monkeypatch.setattr("backend.conversation.listening.GONE_AFTER_S", 30.0)
    before = rows(live)
    async with talking(live, "stopped") as talk:
        await said(talk, speech("I would like to know how old you are today")[:16_000])
        await until_state(talk, "listening")
        await talk.send(type="listen.stop")
        await talk.until("turn.state", state="idle")
        await reading(talk, 0.5)
        assert talk.messages("transcript.final") == []
    assert rows(live) == before


async def test_a_client_that_vanishes_in_mid_word_leaves_nothing_behind(
    live: LiveBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.conversation.listening.GONE_AFTER_S", 30.0)
    before, threads = rows(live), threading.active_count()
    for _ in range(3):
        async with talking(live, "gone") as talk:
            await said(talk, speech("I would like to know how old you are today")[:16_000])
            talk.socket.transport.abort()
    await asyncio.sleep(0.5)
    assert "gone" not in live.room.sessions
    assert rows(live) == before
    assert threading.active_count() <= threads + 2


async def test_a_microphone_that_falls_dumb_in_mid_utterance_ends_it(live: LiveBackend) -> None:
    async with talking(live, "dumb") as talk:
        await said(talk, speech(QUESTION))
        assert (await talk.until("transcript.final"))["text"]


async def test_one_microphone_at_a_time(live: LiveBackend) -> None:
    async with talking(live) as first, live.socket("/ws/voice?video=0") as socket:
        second = Talk(socket)
        await second.send(type="listen.start")
        error = await second.until("error.occurred")
        assert error["code"] == "busy"
        assert "microphone" in error["message"]
        await first.send(type="listen.stop")
        await first.send(type="ping", t=1)
        await first.until("pong", t=1)
        await second.send(type="listen.start")
        await second.send(type="ping", t=1)
        await second.until("pong", t=1)
        assert len(second.messages("error.occurred")) == 1


async def test_wrong_frames_and_a_flood_are_told_in_few_words(live: LiveBackend) -> None:
    async with talking(live, "flood") as talk:
        for size in (0, 1, 639, 641, 4_096, *[320] * 50):
            await talk.socket.send(frame_of(bytes(size)))
        await talk.send(type="ping", t=1)
        await talk.until("pong", t=1)
        told = talk.messages("error.occurred")
        assert 1 <= len(told) <= 6
        assert "640 bytes" in told[0]["message"]
        talk.got.clear()
        for message in frames_of(silence(60.0)):
            await talk.socket.send(message)
        await talk.send(type="ping", t=2)
        await talk.until("pong", t=2)
        assert all(one["code"] == "busy" for one in talk.messages("error.occurred"))
        listener = live.room.sessions["flood"].microphone._on.listener  # type: ignore[union-attr]
        assert len(listener._waiting) <= 250


async def test_sound_before_the_start_is_told(live: LiveBackend) -> None:
    async with live.socket("/ws/voice?video=0&session=off") as socket:
        await socket.send(frame_of(bytes(640)))
        error = await Talk(socket).until("error.occurred")
        assert "listen.start" in error["message"]


async def test_a_client_tells_what_its_loudspeaker_plays(live: LiveBackend) -> None:
    def sound(kind: int, at_us: int, size: int) -> bytes:
        return pack_media(MediaFrame(kind, 0, at_us, bytes(size)))

    async with live.socket("/ws/voice?video=0&session=told") as socket:
        talk = Talk(socket)
        await socket.send(sound(MediaKind.LOUDSPEAKER, 1_000, 1_920))
        await talk.send(type="listen.start")
        await socket.send(sound(MediaKind.LOUDSPEAKER, 2_000, 1_920))
        await socket.send(sound(MediaKind.MICROPHONE, 3_000, 640))
        await talk.send(type="ping", t=1)
        await talk.until("pong", t=1)
        assert talk.messages("error.occurred") == []
        await socket.send(sound(MediaKind.LOUDSPEAKER, 4_000, 1_921))
        await socket.send(sound(MediaKind.MICROPHONE, 0, 640))
        await talk.send(type="ping", t=2)
        await talk.until("pong", t=2)
        size, time = (one["message"] for one in talk.messages("error.occurred"))
        assert "48 kHz" in size
        assert "recorded" in time


def test_the_example_client_talks_to_the_backend(live: LiveBackend, tmp_path: Path) -> None:
    question, answer = tmp_path / "question.wav", tmp_path / "answer.wav"
    with wave.open(str(question), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(speech("What is your favourite drink?").astype("<i2").tobytes())
    client = ROOT / "docs" / "example_client.py"
    done = subprocess.run(
        [sys.executable, str(client), live.url, TOKEN, str(question), str(answer)],
        capture_output=True,
        text=True,
        timeout=40,
    )
    assert done.returncode == 0, done.stderr
    assert "transcript.final" in done.stdout
    with wave.open(str(answer)) as file:
        assert file.getframerate() == 48_000
        assert file.getnframes() > 24_000
    assert len(client.read_text().splitlines()) <= 40
