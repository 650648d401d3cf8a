"""The client of Wyoming servers against the protocol package's own server, and against faults."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.server import AsyncEventHandler

from backend.engines.http.wyoming_peer import parse_address
from backend.engines.stt.wyoming import DEFAULT_PORT, WyomingRecogniser
from backend.errors import EngineError
from tests.support.wyoming_server import wyoming_server

RATE = 16_000
BY = Attribution(name="tests", url="")


class Recogniser(AsyncEventHandler):
    """Keeps what it hears and says what it is told."""

    def __init__(self, peer: Peer, *streams: Any) -> None:
        super().__init__(*streams)
        self.peer = peer
        self.sound = b""

    async def handle_event(self, event: Event) -> bool:
        if Describe.is_type(event.type):
            model = AsrModel("base", BY, True, None, None, languages=["en", "de"])
            program = AsrProgram("tests-whisper", BY, True, None, None, models=[model])
            await self.write_event(Info(asr=[program] if self.peer.hears else []).event())
        elif Transcribe.is_type(event.type):
            self.peer.asked.append(Transcribe.from_event(event))
        elif AudioStart.is_type(event.type):
            start = AudioStart.from_event(event)
            self.peer.forms.append((start.rate, start.width, start.channels))
        elif AudioChunk.is_type(event.type):
            self.sound += AudioChunk.from_event(event).audio
        elif AudioStop.is_type(event.type):
            self.peer.sounds.append(self.sound)
            return await self.peer.answer(self)
        return True


class Peer:
    """What a server heard, and how it answers."""

    def __init__(self, answer: Callable[[Recogniser], Awaitable[bool]]) -> None:
        self.answer = answer
        self.hears = True
        self.asked: list[Transcribe] = []
        self.forms: list[tuple[int, int, int]] = []
        self.sounds: list[bytes] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"


@contextmanager
def serving(answer: Callable[[Recogniser], Awaitable[bool]]) -> Iterator[Peer]:
    peer = Peer(answer)
    with wyoming_server(partial(Recogniser, peer)) as peer.port:
        yield peer


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """A server that sends bytes to whoever connects, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(5)
                connection.recv(10)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def says(text: str, language: str | None = None) -> Callable[[Recogniser], Awaitable[bool]]:
    async def answer(recogniser: Recogniser) -> bool:
        await recogniser.write_event(Transcript(text, language=language).event())
        return False

    return answer


def voice(seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 10))
    return (tone * 4000).astype(np.int16)


def transcribe(engine: WyomingRecogniser, sound: np.ndarray, language: str = "en") -> Any:
    stream = engine.open_stream(language)
    stream.feed(sound)
    try:
        return stream.finalize()
    finally:
        engine.unload()


def engine_at(url: str, **options: Any) -> WyomingRecogniser:
    return WyomingRecogniser({"url": url, "timeout": 2.0, **options})


def test_the_sound_arrives_whole_and_the_words_come_back() -> None:
    sound = voice(1.234)
    with serving(says("  Hello there.")) as peer:
        found = transcribe(engine_at(peer.url, model="base"), sound, "en-GB")
    assert (found.text, found.language) == ("Hello there.", "en")
    assert (peer.asked[0].name, peer.asked[0].language) == ("base", "en")
    assert peer.forms == [(RATE, 2, 1)]
    assert peer.sounds == [sound.tobytes()]


def test_a_detected_language_is_told() -> None:
    with serving(says("Guten Tag", "de")) as peer:
        found = transcribe(engine_at(peer.url), voice(2.0), "auto")
    assert found.language == "de"
    assert peer.asked[0].language is None


def test_one_utterance_asks_once_and_silence_never() -> None:
    with serving(says("hello")) as peer:
        engine = engine_at(peer.url)
        stream = engine.open_stream("en")
        stream.feed(voice(1.0))
        assert stream.partial().text == ""
        assert stream.speculate().text == "hello"
        assert stream.finalize().text == "hello"
        assert transcribe(engine, np.zeros(RATE, np.int16)).text == ""
    assert len(peer.sounds) == 1


def test_partials_can_be_asked_for() -> None:
    with serving(says("hello there")) as peer:
        stream = engine_at(peer.url, partials=True).open_stream("en")
        stream.feed(voice(1.0))
        assert stream.partial().text == "hello there"
        stream.feed(voice(1.0))
        assert stream.partial().stable == len("hello there")


def test_the_probe_names_the_recogniser() -> None:
    with serving(says("x")) as peer:
        found = engine_at(peer.url).probe()
        assert found.ok
        assert "tests-whisper" in found.reason
        peer.hears = False
        found = engine_at(peer.url).probe()
        assert not found.ok
        assert "recognises no speech" in found.reason
    assert "No Wyoming server answers" in engine_at(peer.url).probe().reason
    assert "set" in WyomingRecogniser().probe().reason


def test_the_probe_does_not_wait_for_a_silent_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        found = engine_at(f"127.0.0.1:{silent.getsockname()[1]}").probe()
        assert not found.ok
        assert time.monotonic() - started < 0.9


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"[]\n", b"{}\n", b'{"type": "info", "data_length": 9}\n',
     b'{"type": 7}\n', b"\xff\xfe\n", b"x" * 200_000],
)  # fmt: skip
def test_what_is_not_wyoming_is_told(answer: bytes) -> None:
    with raw_server(answer) as url:
        assert not engine_at(url).probe().ok
    with raw_server(answer) as url, pytest.raises(EngineError, match="Wyoming server at"):
        transcribe(engine_at(url), voice(0.5))


def test_an_error_of_the_server_is_quoted() -> None:
    async def refuse(recogniser: Recogniser) -> bool:
        await recogniser.write_event(Error("out of memory.").event())
        return False

    with serving(refuse) as peer, pytest.raises(EngineError, match=r"refused the sound: out of m"):
        transcribe(engine_at(peer.url), voice(1.0))


def test_a_server_that_hangs_up_or_is_late_is_told() -> None:
    async def hang_up(_recogniser: Recogniser) -> bool:
        return False

    async def sleep(_recogniser: Recogniser) -> bool:
        return True

    with serving(hang_up) as peer, pytest.raises(EngineError, match="broke off"):
        transcribe(engine_at(peer.url), voice(1.0))
    with serving(sleep) as peer, pytest.raises(EngineError, match=r"not answer within 0.3 s"):
        transcribe(engine_at(peer.url, timeout=0.3), voice(1.0))
    with pytest.raises(EngineError, match="cannot be reached"):
        transcribe(engine_at(peer.url), voice(1.0))


def test_a_dropped_utterance_does_not_wait() -> None:
    async def sleep(_recogniser: Recogniser) -> bool:
        return True

    with serving(sleep) as peer:
        stream = engine_at(peer.url, timeout=30.0).open_stream("en")
        stream.feed(voice(1.0))
        threading.Timer(0.2, stream.cancel).start()
        started = time.monotonic()
        assert stream.finalize().text == ""
        assert time.monotonic() - started < 1.0


def test_addresses_are_read_as_people_write_them() -> None:
    assert parse_address("tcp://10.0.0.2:1234", DEFAULT_PORT) == ("10.0.0.2", 1234)
    assert parse_address(" studio.lan:1234 ", DEFAULT_PORT) == ("studio.lan", 1234)
    assert parse_address("studio", DEFAULT_PORT) == ("studio", DEFAULT_PORT)
    assert parse_address("tcp://[::1]:9", DEFAULT_PORT) == ("::1", 9)
    for wrong in ("", "http://x", "tcp://:5", "tcp://u:p@x:1", "tcp://x:99999999"):
        with pytest.raises(EngineError, match="is not one"):
            parse_address(wrong, DEFAULT_PORT)
