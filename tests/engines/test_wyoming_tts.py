"""The voice on a Wyoming server against the protocol package's own server, and against faults."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice, TtsVoiceSpeaker
from wyoming.server import AsyncEventHandler
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
)

from backend.engines.base import SpeechChunk, SpeechRequest
from backend.engines.tts.remote import SPEECH_RATE
from backend.engines.tts.wyoming import WyomingVoice
from backend.errors import EngineError
from backend.media.pcm import resample
from tests.support.wyoming_server import wyoming_server

RATE = 22_050
BY = Attribution(name="tests", url="")


def voice_info(name: str, language: str, *speakers: str, installed: bool = True) -> TtsVoice:
    several = [TtsVoiceSpeaker(one) for one in speakers] or None
    return TtsVoice(name, BY, installed, None, None, languages=[language], speakers=several)


VOICES = [
    voice_info("en_GB-alan-medium", "en_GB"),
    voice_info("en_US-libritts-high", "en_US", "p1", "p2"),
    voice_info("de_DE-thorsten-low", "de_DE"),
    voice_info("fr_FR-absent", "fr_FR", installed=False),
]


class Speaker(AsyncEventHandler):
    """Keeps what it is asked and speaks as it is told."""

    def __init__(self, peer: Peer, *streams: Any) -> None:
        super().__init__(*streams)
        self.peer = peer
        self.streaming = False

    async def handle_event(self, event: Event) -> bool:
        peer = self.peer
        if Describe.is_type(event.type):
            program = TtsProgram(
                "tests-piper", BY, True, None, None, voices=peer.voices,
                supports_synthesize_streaming=peer.streams,
            )  # fmt: skip
            await self.write_event(Info(tts=[program] if peer.voices else []).event())
        elif SynthesizeStart.is_type(event.type):
            self.streaming = True
            peer.asked.append(("start", SynthesizeStart.from_event(event).voice))
        elif SynthesizeChunk.is_type(event.type):
            peer.asked.append(("chunk", SynthesizeChunk.from_event(event).text))
        elif SynthesizeStop.is_type(event.type) and self.streaming:
            await peer.answer(self)
            await self.write_event(SynthesizeStopped().event())
        elif Synthesize.is_type(event.type):
            found = Synthesize.from_event(event)
            peer.asked.append((found.text, found.voice))
            await peer.answer(self)
        return True

    async def disconnect(self) -> None:
        self.peer.left.set()


class Peer:
    """What a server was asked, and how it answers."""

    def __init__(self, answer: Callable[[Speaker], Awaitable[object]]) -> None:
        self.answer = answer
        self.voices = VOICES
        self.streams = False
        self.asked: list[Any] = []
        self.left = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"


@contextmanager
def serving(answer: Callable[[Speaker], Awaitable[object]]) -> Iterator[Peer]:
    peer = Peer(answer)
    with wyoming_server(partial(Speaker, peer)) as peer.port:
        yield peer


def tone(seconds: float) -> np.ndarray:
    at = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 300 * at) * 8000).astype(np.int16)


def says(sound: np.ndarray, size: int = 2048, *, end: bool = True) -> Callable[[Speaker], Any]:
    """Speaks in chunks of `size` bytes, which may cut a sample in two."""

    async def answer(speaker: Speaker) -> None:
        data = sound.tobytes()
        await speaker.write_event(AudioStart(RATE, 2, 1).event())
        for at in range(0, len(data), size):
            await speaker.write_event(AudioChunk(RATE, 2, 1, data[at : at + size]).event())
        if end:
            await speaker.write_event(AudioStop().event())
        else:
            speaker.writer.close()

    return answer


def engine_at(url: str, **options: Any) -> WyomingVoice:
    return WyomingVoice({"url": url, "timeout": 2.0, **options})


def speak(engine: WyomingVoice, request: SpeechRequest) -> list[SpeechChunk]:
    try:
        return list(engine.synthesize(request))
    finally:
        engine.unload()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("size", [777, 4096])
def test_the_sound_arrives_whole(streams: bool, size: int) -> None:
    sound = tone(1.2)
    with serving(says(sound, size)) as peer:
        peer.streams = streams
        chunks = speak(engine_at(peer.url), SpeechRequest("Hello there.", language="de"))
    heard = np.concatenate([chunk.pcm for chunk in chunks])
    wanted = resample(sound, RATE, SPEECH_RATE).astype(np.int32)
    size = min(len(heard), len(wanted))
    assert abs(len(heard) - len(wanted)) <= 2
    assert np.abs(heard[:size] - wanted[:size]).max() < 40
    assert {chunk.sample_rate for chunk in chunks} == {SPEECH_RATE}
    text, voice = (peer.asked[1][1], peer.asked[0][1]) if streams else peer.asked[0]
    assert text == "Hello there."
    assert voice.name == "de_DE-thorsten-low"


@pytest.mark.parametrize(
    ("speed", "semitones", "seconds", "hertz"),
    [
        (1.25, 0.0, 0.8, 300.0),
        (0.8, 0.0, 1.25, 300.0),
        (1.0, 4.0, 1.0, 378.0),
        (1.0, -4.0, 1.0, 238.1),
        (1.25, -4.0, 0.8, 238.1),
        (2.0, 12.0, 0.8, 378.0),
    ],
)
def test_speed_and_pitch_are_done_to_the_sound(
    speed: float, semitones: float, seconds: float, hertz: float
) -> None:
    with serving(says(tone(1.0))) as peer:
        chunks = speak(engine_at(peer.url), SpeechRequest("Hello.", speed=speed, pitch=semitones))
    heard = np.concatenate([chunk.pcm for chunk in chunks])
    assert len(heard) / SPEECH_RATE == pytest.approx(seconds, rel=0.05)
    inner = heard[SPEECH_RATE // 10 : -SPEECH_RATE // 10].astype(float)
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), 1 << 18))
    found = np.fft.rfftfreq(1 << 18, 1 / SPEECH_RATE)[spectrum.argmax()]
    assert found == pytest.approx(hertz, rel=0.01)
    steepest = 8_000 * 2 * np.pi * hertz / SPEECH_RATE
    assert np.abs(np.diff(inner)).max() < 1.3 * steepest


def test_several_sounds_of_a_streamed_text_are_one_speech() -> None:
    async def twice(speaker: Speaker) -> None:
        await says(tone(0.5))(speaker)
        await says(tone(0.5))(speaker)

    with serving(twice) as peer:
        peer.streams = True
        chunks = speak(engine_at(peer.url), SpeechRequest("One. Two."))
    assert sum(chunk.seconds for chunk in chunks) == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize(
    ("request_", "name", "speaker"),
    [
        (SpeechRequest("x", voice="en_US-libritts-high/p2"), "en_US-libritts-high", "p2"),
        (SpeechRequest("x", voice="en_US-libritts-high"), "en_US-libritts-high", None),
        (SpeechRequest("x", language="en-US"), "en_US-libritts-high", None),
        (SpeechRequest("x", language="en"), "en_GB-alan-medium", None),
        (SpeechRequest("x", language="en-AU"), "en_GB-alan-medium", None),
    ],
)
def test_the_voice_is_chosen_by_name_else_by_language(
    request_: SpeechRequest, name: str, speaker: str | None
) -> None:
    with serving(says(tone(0.5))) as peer:
        speak(engine_at(peer.url), request_)
    assert (peer.asked[0][1].name, peer.asked[0][1].speaker) == (name, speaker)


def test_a_language_that_nobody_speaks_is_left_to_the_server() -> None:
    with serving(says(tone(0.5))) as peer:
        speak(engine_at(peer.url), SpeechRequest("x", language="fr"))
    assert peer.asked == [("x", None)]


def test_the_installed_voices_are_listed_with_their_speakers() -> None:
    with serving(says(tone(0.5))) as peer:
        engine = engine_at(peer.url)
        found = [(info.id, info.language) for info in engine.voices()]
        engine.unload()
    assert found == [
        ("en_GB-alan-medium", "en-gb"),
        ("en_US-libritts-high/p1", "en-us"),
        ("en_US-libritts-high/p2", "en-us"),
        ("de_DE-thorsten-low", "de-de"),
    ]


def test_an_unknown_voice_is_refused_by_name() -> None:
    with serving(says(tone(0.5))) as peer:
        engine = engine_at(peer.url)
        with pytest.raises(EngineError, match="no voice named nobody"):
            engine.synthesize(SpeechRequest("x", voice="nobody"))
        engine.unload()
    assert peer.asked == []


def test_a_server_that_breaks_off_is_told_and_what_was_heard_stands() -> None:
    heard = 0.0
    with serving(says(tone(1.0), end=False)) as peer:
        engine = engine_at(peer.url)
        with pytest.raises(EngineError, match="broke off in the middle"):
            for chunk in engine.synthesize(SpeechRequest("x")):
                heard += chunk.seconds
        engine.unload()
    assert heard == pytest.approx(1.0, abs=0.01)


def test_an_error_of_the_server_is_told() -> None:
    async def refuses(speaker: Speaker) -> None:
        await speaker.write_event(Error(text="out of  memory.", code="x").event())

    with (
        serving(refuses) as peer,
        pytest.raises(EngineError, match=r"refused the text: out of memory\."),
    ):
        speak(engine_at(peer.url), SpeechRequest("x"))


def test_no_sound_is_an_error() -> None:
    async def nothing(speaker: Speaker) -> None:
        await speaker.write_event(AudioStop().event())

    with serving(nothing) as peer, pytest.raises(EngineError, match="gave no sound"):
        speak(engine_at(peer.url), SpeechRequest("x"))


def test_a_late_server_is_told_and_a_waiting_call_can_be_cancelled() -> None:
    asked: list[Callable[[], None]] = []

    async def waits(speaker: Speaker) -> None:
        """Says nothing."""
        for cancel in asked:
            cancel()

    with serving(waits) as peer:
        with pytest.raises(EngineError, match=r"no sound within 0\.2 s"):
            speak(engine_at(peer.url, timeout=0.2), SpeechRequest("x"))
        engine = engine_at(peer.url, timeout=600.0)
        engine.load()
        peer.left.clear()
        chunks = engine.synthesize(SpeechRequest("x"))
        asked.append(chunks.cancel)  # type: ignore[attr-defined]
        assert list(chunks) == []
        assert peer.left.wait(5)
        engine.unload()


@pytest.mark.parametrize(
    "chunk",
    [
        {"rate": 22050, "width": 9, "channels": 1},
        {"rate": 0, "width": 2, "channels": 1},
        {"rate": "fast", "width": 2, "channels": 1},
        {"width": 2},
    ],
)
def test_sound_of_no_known_form_is_told(chunk: dict[str, Any]) -> None:
    async def odd(speaker: Speaker) -> None:
        await speaker.write_event(Event("audio-chunk", chunk, b"1234"))

    with serving(odd) as peer, pytest.raises(EngineError, match="not Wyoming"):
        speak(engine_at(peer.url), SpeechRequest("x"))


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


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"[]\n", json.dumps({}).encode() + b"\n"]
)
def test_something_else_at_the_address_is_told(answer: bytes) -> None:
    with raw_server(answer) as url:
        assert "no Wyoming server" in engine_at(url).probe().reason


def test_the_probe_tells_what_is_missing() -> None:
    assert "WYOMING_TTS_URL" in engine_at("").probe().remedy
    assert not engine_at("").probe().expected
    assert "10200" in engine_at("http://x").probe().reason
    assert engine_at("http://x").probe().expected
    with serving(says(tone(0.5))) as peer:
        assert engine_at(peer.url).probe().reason.startswith("tests-piper answers")
        peer.voices = []
        assert "has no voice" in engine_at(peer.url).probe().reason
        with pytest.raises(EngineError, match="has no voice"):
            engine_at(peer.url).load()
        gone = peer.url
    assert "No Wyoming server answers" in engine_at(gone).probe().reason
    assert WyomingVoice.options_from({"wyoming_tts_url": "x:1"}) == {"url": "x:1"}
