"""OpenAI's calls, used by OpenAI's own client against a real server with the embedded engines."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from openai import (
    APIError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OpenAI,
    PermissionDeniedError,
)

from backend.app import create_app
from backend.engines.base import EngineKind, SpeechRequest
from backend.engines.tts.openai_api import OpenAIVoice
from backend.errors import EngineError
from backend.media.pcm import rms_dbfs
from backend.media.wav import wav_bytes
from backend.room import EngineRoom
from tests.support.fake_engines import FakeEngines, tone
from tests.support.live_backend import LiveBackend
from tests.support.settings import make_settings
from tests.support.voice_room import plain_faces, seed_database
from tests.support.waiting import block_until

TOKEN = "a-token-for-tests"
TEXT = "Hello there. This is a test of the voice."
RATE = 24_000


def live(folder: Path, patch: pytest.MonkeyPatch, **values: object) -> LiveBackend:
    async def no_rehearsal(room: EngineRoom) -> None:
        """The engines of a test are asked for nothing but by the test."""

    plain_faces(patch)
    patch.setattr(EngineRoom, "rehearse", no_rehearsal)
    settings = make_settings(folder, patch, **values)
    seed_database(settings)
    return LiveBackend(create_app(settings, TOKEN), TOKEN)


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveBackend]:
    """A backend with espeak and pocketsphinx alone."""
    with live(tmp_path, monkeypatch, tts_engines="espeak", stt_engines="pocketsphinx") as running:
        yield running


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> FakeEngines:
    return FakeEngines(monkeypatch)


@pytest.fixture
def faked(
    engines: FakeEngines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LiveBackend]:
    """A backend with engines that a test adds."""
    with live(tmp_path, monkeypatch) as running:
        yield running


def client_of(backend: LiveBackend, key: str = TOKEN) -> OpenAI:
    return OpenAI(base_url=f"{backend.url}/v1", api_key=key, max_retries=0, timeout=20)


def samples_of(data: bytes) -> tuple[np.ndarray, int]:
    """The sound of a file as FFmpeg reads it: (samples,) and Hz."""
    with av.open(io.BytesIO(data)) as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [out for frame in file.decode(audio=0) for out in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]), RATE


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
    ],
)
def test_speech_in_every_form_is_the_same_sound(
    backend: LiveBackend, tmp_path: Path, form: str, kind: str
) -> None:
    client = client_of(backend)
    plain = client.audio.speech.create(
        model="kotodama-tts", voice="alloy", input=TEXT, response_format="pcm"
    )
    wanted = np.frombuffer(plain.content, "<i2")
    assert plain.response.headers["content-type"] == "audio/pcm;rate=24000;channels=1"
    answer = client.audio.speech.create(
        model="tts-1",
        voice="nova",
        input=TEXT,
        response_format=form,  # type: ignore[arg-type]
    )
    answer.write_to_file(tmp_path / "speech")
    heard, rate = samples_of((tmp_path / "speech").read_bytes())
    assert answer.response.headers["content-type"] == kind
    assert len(heard) / rate == pytest.approx(len(wanted) / RATE, abs=0.15)
    assert rms_dbfs(heard.astype(np.int16)) == pytest.approx(rms_dbfs(wanted), abs=1.5)


def test_a_wav_of_unknown_length_is_read_by_the_standard_library(backend: LiveBackend) -> None:
    answer = client_of(backend).audio.speech.create(
        model="kotodama-tts", voice="alloy", input=TEXT, response_format="wav"
    )
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert len(file.readframes(RATE * 60)) == len(answer.content) - 44


def test_speech_streams_and_faster_speech_is_shorter(backend: LiveBackend) -> None:
    client = client_of(backend)
    lengths = []
    for speed in (1.0, 1.8):
        with client.audio.speech.with_streaming_response.create(
            model="kotodama-tts", voice="alloy", input=TEXT, response_format="pcm", speed=speed
        ) as answer:
            assert answer.headers["transfer-encoding"] == "chunked"
            pieces = list(answer.iter_bytes())
        lengths.append(len(b"".join(pieces)))
    assert lengths[1] < lengths[0] * 0.75


def test_speech_as_events(backend: LiveBackend) -> None:
    with client_of(backend).audio.speech.with_streaming_response.create(
        model="kotodama-tts", voice="alloy", input=TEXT, response_format="pcm", stream_format="sse"
    ) as answer:
        told = [json.loads(line[6:]) for line in answer.iter_lines() if line]
    assert [one["type"] for one in told[-2:]] == ["speech.audio.delta", "speech.audio.done"]
    sound = b"".join(base64.b64decode(one["audio"]) for one in told[:-1])
    assert len(sound) > RATE * 2


def test_a_voice_is_asked_for_by_engine_by_model_and_by_character(
    faked: LiveBackend, engines: FakeEngines
) -> None:
    faults = {name: engines.add(EngineKind.TTS, name, embedded=True) for name in ("loud", "soft")}
    client = client_of(faked)

    def spoken_by(model: str, voice: Any) -> tuple[str, str]:
        for fault in faults.values():
            fault.requests.clear()
        client.audio.speech.create(model=model, voice=voice, input="Hello.", response_format="pcm")
        asked = [(name, one) for name, fault in faults.items() for one in fault.requests]
        assert len(asked) == 1
        return asked[0][0], asked[0][1].voice

    assert spoken_by("kotodama-tts", "alloy")[0] == "loud"
    assert spoken_by("kotodama-tts", "soft/tone") == ("soft", "tone")
    assert spoken_by("kotodama-tts", "tone") == ("loud", "tone")
    assert spoken_by("kotodama-tts", {"id": "soft/tone"}) == ("soft", "tone")
    assert spoken_by("tts/soft", "alloy") == ("soft", "")
    assert spoken_by("tts/soft", "tone") == ("soft", "tone")
    assert spoken_by("tts/soft/tone", "nova") == ("soft", "tone")
    characters = faked.room.characters
    off_air = next(one for one in characters.all() if one.id != characters.active().id)
    faked.call(faked.room.give_voice(off_air.id, {"voice": "soft/tone", "speed": 1.5}))
    assert spoken_by("kotodama-tts", off_air.name.upper()) == ("soft", "tone")
    assert faults["soft"].requests[0].speed == 1.5


def test_models_are_listed_and_found(backend: LiveBackend) -> None:
    client = client_of(backend)
    found = [one.id for one in client.models.list()]
    assert {"kotodama-tts", "kotodama-stt", "tts/espeak", "tts/espeak/gmw/de"} <= set(found)
    assert len(found) == len(set(found))
    one = client.models.retrieve("tts/espeak/gmw/de")
    assert (one.id, one.object, one.owned_by) == ("tts/espeak/gmw/de", "model", "kotodama")
    with pytest.raises(NotFoundError) as caught:
        client.models.retrieve("gpt-99")
    assert caught.value.code == "model_not_found"


def test_what_is_wrong_is_an_exception_of_the_client(backend: LiveBackend) -> None:
    client = client_of(backend)

    def refused(kind: type[APIError], **values: object) -> APIError:
        asked = {"model": "kotodama-tts", "voice": "alloy", "input": TEXT, **values}
        with pytest.raises(kind) as caught:
            client.audio.speech.create(**asked)  # type: ignore[arg-type]
        assert caught.value.message
        return caught.value

    assert refused(NotFoundError, model="gpt-99").param == "model"
    assert refused(BadRequestError, voice="nobody").param == "voice"
    assert refused(BadRequestError, response_format="midi").param == "response_format"
    assert refused(BadRequestError, speed=9).type == "invalid_request_error"
    assert "empty" in refused(BadRequestError, input="  ").message
    assert "Nothing in this text" in refused(BadRequestError, input="…").message
    assert "4,096" in refused(APIError, input="a" * 5000).message
    with pytest.raises(AuthenticationError) as caught:
        client_of(backend, "wrong").models.list()
    assert caught.value.code == "invalid_api_key"
    with pytest.raises(PermissionDeniedError):
        OpenAI(
            base_url=f"{backend.url}/v1",
            api_key=TOKEN,
            max_retries=0,
            default_headers={"Origin": "https://evil.example"},
        ).models.list()


def test_speech_is_recognised(backend: LiveBackend) -> None:
    client = client_of(backend)
    sound = client.audio.speech.create(
        model="kotodama-tts", voice="alloy", input="Hello.", response_format="flac"
    ).content
    found = client.audio.transcriptions.create(model="kotodama-stt", file=("speech.flac", sound))
    assert found.text


def test_a_transcript_comes_in_every_form(faked: LiveBackend, engines: FakeEngines) -> None:
    text = "fish & chips"
    engines.add(EngineKind.STT, "ears", embedded=True, transcript=text)
    file = ("x.wav", wav_bytes(tone(1.5).pcm, 48_000))
    ask = client_of(faked).audio.transcriptions.create
    assert ask(model="kotodama-stt", file=file).text == text
    assert ask(model="whisper-1", file=file, response_format="text").strip() == text
    verbose = ask(model="whisper-1", file=file, response_format="verbose_json", language="en")
    assert (verbose.text, verbose.language) == (text, "en")
    assert verbose.duration == pytest.approx(1.5, abs=0.01)
    assert verbose.segments is not None
    assert [(one.id, one.text) for one in verbose.segments] == [(0, text)]
    assert 0 <= verbose.segments[0].start < verbose.segments[0].end <= verbose.duration
    stamp = r"00:00:0\d{}\d{{3}} --> 00:00:0\d{}\d{{3}}\n"
    srt = ask(model="whisper-1", file=file, response_format="srt")
    assert re.fullmatch(r"1\n" + stamp.format(",", ",") + r"fish & chips\n\n", srt)
    vtt = ask(model="whisper-1", file=file, response_format="vtt")
    assert re.fullmatch(r"WEBVTT\n\n" + stamp.format(r"\.", r"\.") + r"fish &amp; chips\n\n", vtt)
    events = list(ask(model="whisper-1", file=file, stream=True))
    assert [one.type for one in events] == ["transcript.text.delta", "transcript.text.done"]
    assert events[-1].text == text  # type: ignore[union-attr]


def test_a_transcript_that_cannot_be_made_is_an_exception_of_the_client(
    backend: LiveBackend,
) -> None:
    ask = client_of(backend).audio.transcriptions.create
    file = ("x.wav", wav_bytes(tone(0.5).pcm, 48_000))
    with pytest.raises(NotFoundError, match="no model"):
        ask(model="kotodama-tts", file=file)
    with pytest.raises(BadRequestError, match="cannot be decoded"):
        ask(model="kotodama-stt", file=("x.mp3", b"this is no sound"))
    with pytest.raises(BadRequestError, match="empty"):
        ask(model="kotodama-stt", file=("x.mp3", b""))
    with pytest.raises(BadRequestError, match="no times of words"):
        ask(
            model="kotodama-stt",
            file=file,
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )
    with pytest.raises(BadRequestError) as caught:
        ask(model="kotodama-stt", file=file, language="not a language")
    assert caught.value.param == "language"
    plain = httpx.post(
        f"{backend.url}/v1/audio/transcriptions",
        headers=backend.headers,
        data={"model": "kotodama-stt"},
    )
    assert plain.status_code == 400
    assert plain.json()["error"]["param"] == "file"


def test_a_large_file_is_refused_before_it_is_sent(backend: LiveBackend) -> None:
    with socket.create_connection(("127.0.0.1", backend.port)) as raw:
        raw.settimeout(10)
        raw.sendall(
            f"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1:{backend.port}\r\n"
            f"Authorization: Bearer {TOKEN}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            "Content-Length: 65000000\r\n\r\n".encode()
        )
        answer = b""
        while b'"type"' not in answer:
            answer += raw.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"invalid_request_error"' in answer


def test_an_error_in_mid_speech_breaks_the_stream_and_is_told(
    faked: LiveBackend, engines: FakeEngines
) -> None:
    engines.add(
        EngineKind.TTS,
        "voice",
        embedded=True,
        speech_chunks=2,
        error_after=EngineError("The voice broke off."),
    )
    told = faked.room.bus.subscribe_polled()
    long_text = "One two three. " * 3
    client = client_of(faked)
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream(
            "POST",
            f"{faked.url}/v1/audio/speech",
            headers=faked.headers,
            json={"input": long_text, "response_format": "pcm"},
        ) as answer,
    ):
        answer.read()
    with client.audio.speech.with_streaming_response.create(
        model="kotodama-tts",
        voice="alloy",
        input=long_text,
        response_format="pcm",
        stream_format="sse",
    ) as events:
        last = [json.loads(line[6:]) for line in events.iter_lines() if line][-1]
    assert last["error"]["message"] == "The voice broke off."
    kinds = [one.event.type for one in told.drain(1000)]
    assert kinds.count("error.occurred") == 2


def test_a_client_that_goes_away_stops_the_synthesis(
    faked: LiveBackend, engines: FakeEngines
) -> None:
    fault = engines.add(
        EngineKind.TTS, "voice", embedded=True, seconds_a_word=20.0, speech_chunks=1
    )
    client = client_of(faked)
    spoken = faked.room.bus.subscribe_polled()
    with client.audio.speech.with_streaming_response.create(
        model="kotodama-tts",
        voice="alloy",
        input="So many words to say here today. " * 100,
        response_format="pcm",
    ) as answer:
        next(answer.iter_bytes())
    block_until(lambda: any(one.event.type == "audio.processed" for one in spoken.drain(1000)))
    assert len(fault.requests) < 10


def test_a_recording_is_recognised_in_parts_with_times(
    faked: LiveBackend, engines: FakeEngines
) -> None:
    engines.add(EngineKind.STT, "ears", embedded=True, transcript="some words")
    silent = np.zeros(48_000 * 20, np.int16)
    answer = client_of(faked).audio.transcriptions.create(
        model="kotodama-stt",
        file=("x.wav", wav_bytes(np.concatenate([tone(2.0).pcm, silent]), 48_000)),
        response_format="verbose_json",
    )
    assert answer.segments is not None
    ends = [segment.end for segment in answer.segments]
    assert ends == sorted(ends)
    assert max(segment.end - segment.start for segment in answer.segments) <= 15.1
    assert answer.text == " ".join(["some words"] * len(ends))


def test_one_program_speaks_with_the_voice_of_another(backend: LiveBackend) -> None:
    """The two-PC setup: our own speech server is what our own voice engine asks."""
    engine = OpenAIVoice(
        {"base_url": backend.url, "api_key": TOKEN, "model": "kotodama-tts", "timeout": 10.0}
    )
    assert engine.probe().ok
    assert "espeak/gmw/de" in [info.id for info in engine.voices()]
    assert not engine.knows("espeak/nobody")
    chunks = list(engine.synthesize(SpeechRequest(TEXT, voice="espeak/gmw/de")))
    direct = client_of(backend).audio.speech.create(
        model="kotodama-tts", voice="espeak/gmw/de", input=TEXT, response_format="pcm"
    )
    heard = np.concatenate([chunk.pcm for chunk in chunks])
    sent = np.frombuffer(direct.content, "<i2")
    # espeak's own length differs by some samples from one time to the next.
    assert len(heard) == pytest.approx(len(sent) * 2, abs=480)
    assert rms_dbfs(heard) == pytest.approx(rms_dbfs(sent), abs=0.2)
    with pytest.raises(EngineError, match="There is no voice"):
        list(engine.synthesize(SpeechRequest(TEXT, voice="nobody")))
    engine.unload()
