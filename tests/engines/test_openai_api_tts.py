"""The voice on a speech server against a real one on the loopback, with its faults."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import av
import numpy as np
import pytest

from backend.engines.base import SpeechChunk, SpeechRequest
from backend.engines.tts import remote
from backend.engines.tts.openai_api import OPENAI_RATE, OpenAIVoice
from backend.engines.tts.remote import SPEECH_RATE
from backend.errors import EngineError
from backend.media.pcm import resample
from backend.media.wav import wav_bytes

KEY = "sk-secret-0123456789"
SENTENCE = SpeechRequest("The rain in Spain stays mainly in the plain.")


class Server(ThreadingHTTPServer):
    """Answers as its `answer` says and keeps what was asked."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Handler], None], voices: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.voices = voices
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections: set[int] = set()
        self.hung_up = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        if self.path.endswith("/audio/voices"):
            self.reply(200 if self.server.voices else 404, self.server.voices.encode())
        else:
            self.reply(200, b'{"data": []}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append({"path": self.path, **json.loads(body)})
        self.server.headers.append({key.lower(): value for key, value in self.headers.items()})
        self.server.connections.add(self.client_address[1])
        try:
            self.server.answer(self)
        except OSError:
            self.close_connection = True
            self.server.hung_up.set()

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.begin(status, **{"content-length": str(len(body)), **headers})
        self.wfile.write(body)

    def begin(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()

    def stream(self, pieces: Iterator[bytes] | list[bytes], kind: str = "audio/pcm") -> None:
        self.begin(content_type=kind, transfer_encoding="chunked")
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@contextmanager
def serving(answer: Callable[[Handler], None], voices: str = "") -> Iterator[Server]:
    server = Server(answer, voices)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tone(seconds: float, rate: int = OPENAI_RATE, hertz: float = 300.0) -> np.ndarray:
    at = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hertz * at) * 8000).astype(np.int16)


def engine_at(server: Server | str, **options: Any) -> OpenAIVoice:
    url = server if isinstance(server, str) else server.url
    return OpenAIVoice({"base_url": url, "timeout": 2.0, "idle_timeout": 2.0, **options})


def speak(engine: OpenAIVoice, request: SpeechRequest = SENTENCE) -> list[SpeechChunk]:
    try:
        return list(engine.synthesize(request))
    finally:
        engine.unload()


def spoken(answer: Callable[[Handler], None], **options: Any) -> np.ndarray:
    with serving(answer) as server:
        chunks = speak(engine_at(server, **options))
    assert {chunk.sample_rate for chunk in chunks} == {SPEECH_RATE}
    return np.concatenate([chunk.pcm for chunk in chunks])


def failure(answer: Callable[[Handler], None], **options: Any) -> EngineError:
    with serving(answer) as server, pytest.raises(EngineError) as caught:
        speak(engine_at(server, **options))
    assert KEY not in caught.value.message
    return caught.value


def assert_same_sound(heard: np.ndarray, sent: np.ndarray, rate: int = OPENAI_RATE) -> None:
    """The sound arrived whole, resampled once, without a click at any chunk's border."""
    wanted = resample(sent, rate, SPEECH_RATE).astype(np.float64)
    assert abs(len(heard) - len(wanted)) <= 2
    size = min(len(heard), len(wanted))
    assert np.abs(heard[:size] - wanted[:size]).max() < 40


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def coded(sound: np.ndarray, form: str, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=form) as file:
        stream = file.add_stream(codec, rate=OPENAI_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), "s16", "mono")
        frame.sample_rate = OPENAI_RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def test_bare_samples_are_asked_for_with_model_voice_speed_and_key() -> None:
    sound = tone(1.5)
    with serving(lambda handler: handler.reply(200, sound.tobytes())) as server:
        engine = engine_at(
            server, api_key=KEY, model="kokoro", voice="af_bella", extra={"lang_code": "a"}
        )
        chunks = speak(engine, SpeechRequest("Hello there.", speed=1.5))
    assert_same_sound(np.concatenate([chunk.pcm for chunk in chunks]), sound)
    assert server.asked == [
        {
            "path": "/v1/audio/speech",
            "model": "kokoro",
            "input": "Hello there.",
            "voice": "af_bella",
            "response_format": "pcm",
            "speed": 1.5,
            "lang_code": "a",
        }
    ]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_voice_of_the_request_comes_before_the_configured_one() -> None:
    with serving(lambda handler: handler.reply(200, tone(1.0).tobytes())) as server:
        speak(engine_at(server), SpeechRequest("Hello.", voice="nova"))
    assert server.asked[0]["voice"] == "nova"


@pytest.mark.parametrize("size", [1, 3, 997, 4801])
def test_pieces_may_be_cut_anywhere(size: int) -> None:
    sound = tone(0.5)
    heard = spoken(lambda handler: handler.stream(in_pieces(sound.tobytes(), size)))
    assert_same_sound(heard, sound)


def test_the_first_chunk_comes_while_the_server_still_speaks() -> None:
    more = threading.Event()

    def slowly(handler: Handler) -> None:
        def pieces() -> Iterator[bytes]:
            yield tone(0.4).tobytes()
            assert more.wait(5)
            yield tone(3.0).tobytes()

        handler.stream(pieces())

    with serving(slowly) as server:
        engine = engine_at(server)
        chunks = engine.synthesize(SENTENCE)
        first = next(chunks)
        assert 0.2 <= first.seconds <= 0.5
        more.set()
        rest = list(chunks)
        engine.unload()
    assert first.seconds + sum(chunk.seconds for chunk in rest) == pytest.approx(3.4, abs=0.001)


def test_a_higher_pitch_is_asked_for_slower_and_played_faster() -> None:
    sound = tone(1.0)
    with serving(lambda handler: handler.reply(200, sound.tobytes())) as server:
        chunks = speak(engine_at(server), SpeechRequest("Hello.", pitch=12.0))
    assert server.asked[0]["speed"] == 0.5
    heard = np.concatenate([chunk.pcm for chunk in chunks])
    assert len(heard) == pytest.approx(SPEECH_RATE / 2, abs=2)
    spectrum = np.abs(np.fft.rfft(heard.astype(np.float64)))
    assert np.argmax(spectrum) * SPEECH_RATE / len(heard) == pytest.approx(600.0, abs=4)


def test_what_a_server_does_not_obey_is_done_to_the_sound() -> None:
    sound = tone(1.0)
    with serving(lambda handler: handler.reply(200, sound.tobytes())) as server:
        engine = engine_at(server, obeys_speed=False)
        chunks = speak(engine, SpeechRequest("Hello.", speed=1.25, pitch=4.0))
    assert server.asked[0]["speed"] == 1.0
    heard = np.concatenate([chunk.pcm for chunk in chunks])
    assert len(heard) == pytest.approx(SPEECH_RATE / 1.25, rel=0.05)
    spectrum = np.abs(np.fft.rfft(heard.astype(np.float64)))
    assert np.argmax(spectrum) * SPEECH_RATE / len(heard) == pytest.approx(378.0, abs=4)


def test_the_rate_is_taken_from_the_answer_else_from_the_options() -> None:
    sound = tone(1.0, 16_000)
    told = {"content-type": "audio/L16; rate=16000; channels=1"}
    heard = spoken(lambda handler: handler.reply(200, sound.tobytes(), **told))
    assert_same_sound(heard, sound, 16_000)
    heard = spoken(lambda handler: handler.reply(200, sound.tobytes()), pcm_rate=16_000)
    assert_same_sound(heard, sound, 16_000)


def test_two_channels_become_one() -> None:
    sound = tone(0.5)
    both = np.stack([sound, sound], axis=1).tobytes()
    told = {"content-type": "audio/pcm;rate=24000;channels=2"}
    assert_same_sound(spoken(lambda handler: handler.reply(200, both, **told)), sound)


@pytest.mark.parametrize("unknown", [0, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("size", [7, 50_000])
def test_a_wav_of_unknown_length_is_streamed(unknown: int, size: int) -> None:
    sound = tone(0.6, 22_050)
    wav = wav_bytes(sound, 22_050)
    listed = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    sent = wav[:36] + listed + b"data" + struct.pack("<I", unknown) + wav[44:]
    heard = spoken(lambda handler: handler.stream(in_pieces(sent, size), "audio/wav"))
    assert_same_sound(heard, sound, 22_050)


def test_what_follows_the_sound_of_a_wav_is_not_spoken() -> None:
    sound = tone(0.6)
    sent = wav_bytes(sound, OPENAI_RATE) + b"LIST" + struct.pack("<I", 400) + b"\x7f" * 400
    heard = spoken(lambda handler: handler.reply(200, sent))
    assert_same_sound(heard, sound)


@pytest.mark.parametrize(
    ("form", "codec", "kind"),
    [("mp3", "libmp3lame", "audio/mpeg"), ("ogg", "libopus", "audio/ogg"), ("flac", "flac", "")],
)
def test_coded_sound_is_decoded(form: str, codec: str, kind: str) -> None:
    sent = coded(tone(1.0), form, codec)
    heard = spoken(lambda handler: handler.reply(200, sent, **{"content-type": kind}))
    assert len(heard) / SPEECH_RATE == pytest.approx(1.0, abs=0.12)
    spectrum = np.abs(np.fft.rfft(heard.astype(np.float64)))
    assert np.argmax(spectrum) * SPEECH_RATE / len(heard) == pytest.approx(300.0, abs=5)


def test_a_server_that_knows_no_bare_samples_is_asked_for_a_wav_and_that_is_remembered() -> None:
    sound = tone(0.5)

    def picky(handler: Handler) -> None:
        if handler.server.asked[-1]["response_format"] == "pcm":
            handler.reply(422, b'{"detail": "response_format must be wav or mp3"}')
        else:
            handler.reply(200, wav_bytes(sound, OPENAI_RATE), **{"content-type": "audio/wav"})

    with serving(picky) as server:
        engine = engine_at(server)
        heard = np.concatenate([chunk.pcm for chunk in engine.synthesize(SENTENCE)])
        list(engine.synthesize(SENTENCE))
        engine.unload()
    assert_same_sound(heard, sound)
    assert [one["response_format"] for one in server.asked] == ["pcm", "wav", "wav"]


def test_sentences_share_a_connection() -> None:
    with serving(lambda handler: handler.reply(200, tone(0.4).tobytes())) as server:
        engine = engine_at(server)
        for _ in range(3):
            list(engine.synthesize(SENTENCE))
        engine.unload()
    assert len(server.asked) == 3
    assert len(server.connections) == 1


@pytest.mark.parametrize(
    ("status", "body", "said", "retryable"),
    [
        (401, f'{{"error": {{"message": "bad key {KEY}"}}}}', "refused the key", False),
        (404, "{}", "nor the model tts-1", False),
        (400, f'{{"error": {{"message": "odd voice {KEY}."}}}}', "odd voice …", False),
        (429, "{}", "limiting how often", True),
        (500, "<html>oops</html>", "a problem of its own", True),
        (302, "", "another address", False),
    ],
)
def test_a_refusal_is_one_plain_sentence(
    status: int, body: str, said: str, retryable: bool
) -> None:
    headers = {"location": "http://127.0.0.1:1/"} if status == 302 else {}
    error = failure(lambda handler: handler.reply(status, body.encode(), **headers), api_key=KEY)
    assert said in error.message
    assert error.retryable is retryable


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<!DOCTYPE html><html>sign in</html>", "text/html", "web page"),
        (b"  <html><body>sign in</body></html>", "", "web page"),
        (b'{"error": {"message": "no such voice"}}', "application/json", "no such voice"),
        (b"all right", "text/plain", "all right"),
        (b"not a wav at all, I am afraid", "audio/wav", "not sound"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(30), "audio/wav", "cannot be"),
        (b"RIFF\x24\x00\x00\x00WAVE", "audio/wav", "cannot be read"),
        (b"\xff\xfb\x90\x00 no MP3 after all", "audio/mpeg", "cannot be read"),
        (bytes(40), "audio/pcm; rate=7", "not sound"),
        (b"", "audio/pcm", "gave no sound"),
        (b"\x01", "audio/pcm", "gave no sound"),
    ],
)
def test_what_is_no_sound_is_told(body: bytes, kind: str, said: str) -> None:
    error = failure(lambda handler: handler.reply(200, body, **{"content-type": kind}))
    assert said in error.message


def cut_off(seconds: float, **headers: str) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.begin(**headers)
        handler.wfile.write(tone(seconds).tobytes())
        handler.close_connection = True

    return answer


@pytest.mark.parametrize("headers", [{"content_length": "90000"}, {"connection": "close"}])
def test_little_of_a_truncated_sound_is_not_spoken_at_all(headers: dict[str, str]) -> None:
    with serving(cut_off(0.1, **headers)) as server:
        engine = engine_at(server)
        with pytest.raises(EngineError, match="broke off in the middle"):
            next(engine.synthesize(SENTENCE))
        engine.unload()


def test_what_was_heard_of_a_truncated_sound_stands_and_the_error_is_told() -> None:
    heard = []
    with serving(cut_off(1.0, content_length="96000")) as server:
        engine = engine_at(server)
        with pytest.raises(EngineError, match="broke off") as caught:
            for chunk in engine.synthesize(SENTENCE):
                heard.append(chunk.seconds)
        engine.unload()
    assert caught.value.retryable
    assert sum(heard) == pytest.approx(1.0, abs=0.01)


def test_half_a_wav_is_noticed_also_when_the_connection_says_nothing() -> None:
    def half(handler: Handler) -> None:
        handler.begin(connection="close")
        handler.wfile.write(wav_bytes(tone(2.0), OPENAI_RATE)[:60_000])
        handler.close_connection = True

    assert "broke off" in failure(half).message


def test_half_a_sample_at_the_end_of_an_unframed_body_is_a_break() -> None:
    def half(handler: Handler) -> None:
        handler.begin(connection="close")
        handler.wfile.write(tone(2.0).tobytes()[:-1])
        handler.close_connection = True

    assert "broke off" in failure(half).message


def test_a_server_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_SECONDS", 5.0)

    def endless(handler: Handler) -> None:
        second = tone(1.0).tobytes()
        handler.stream(iter(lambda: second, None))

    with serving(endless) as server:
        engine = engine_at(server)
        heard = 0.0
        with pytest.raises(EngineError, match="does not stop speaking"):
            for chunk in engine.synthesize(SENTENCE):
                heard += chunk.seconds
        assert server.hung_up.wait(5)
        engine.unload()
    assert 5.0 <= heard < 8.0


def test_a_late_server_is_told() -> None:
    release = threading.Event()

    def late(handler: Handler) -> None:
        release.wait(5)

    def stops(handler: Handler) -> None:
        handler.begin(content_type="audio/pcm", content_length="96000")
        handler.wfile.write(tone(0.5).tobytes())
        release.wait(5)

    with serving(late) as server:
        with pytest.raises(EngineError, match=r"no sound within 0\.2 s"):
            speak(engine_at(server, timeout=0.2))
        server.answer = stops
        with pytest.raises(EngineError, match="fell silent"):
            speak(engine_at(server, idle_timeout=0.2))
        release.set()


def test_a_server_that_is_away_is_told() -> None:
    with serving(lambda handler: None) as server:
        url = server.url
    engine = engine_at(url)
    assert "No server answers" in engine.probe().reason
    with pytest.raises(EngineError, match="cannot be reached"):
        speak(engine)


def test_cancelling_ends_a_waiting_call_and_the_connection() -> None:
    asked: list[Callable[[], None]] = []

    def waits(handler: Handler) -> None:
        handler.begin(content_type="audio/pcm", transfer_encoding="chunked")
        asked[0]()
        while True:
            handler.wfile.write(b"2\r\n\0\0\r\n")
            time.sleep(0.01)

    with serving(waits) as server:
        engine = engine_at(server)
        chunks = engine.synthesize(SENTENCE)
        asked.append(chunks.cancel)  # type: ignore[attr-defined]
        assert list(chunks) == []
        assert server.hung_up.wait(5)
        chunks.close()  # type: ignore[attr-defined]
        engine.unload()


def test_closing_early_closes_the_connection() -> None:
    def endless(handler: Handler) -> None:
        handler.stream(iter(lambda: tone(0.5).tobytes(), None))

    with serving(endless) as server:
        engine = engine_at(server)
        chunks = engine.synthesize(SENTENCE)
        next(chunks)
        chunks.close()  # type: ignore[attr-defined]
        assert server.hung_up.wait(5)
        assert list(chunks) == []
        engine.unload()


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ('{"voices": ["af_bella", "af_sky"]}', ["alloy", "af_bella", "af_sky"]),
        ('[{"id": "a", "name": "Anna", "language": "de"}, {"no": 1}, 5]', ["alloy", "a"]),
        ("<html>", ["alloy"]),
        ('{"voices": 7}', ["alloy"]),
    ],
)
def test_voices_come_from_the_options_and_from_the_server(listed: str, wanted: list[str]) -> None:
    with serving(lambda handler: None, listed) as server:
        engine = engine_at(server)
        assert [info.id for info in engine.voices()] == wanted
        assert engine.knows(wanted[-1])
        assert engine.knows("nobody") is (len(wanted) == 1)
        engine.unload()


def test_openai_has_known_voices() -> None:
    engine = engine_at("https://api.openai.com/v1", api_key=KEY, voices="mine")
    assert {"alloy", "mine", "nova"} <= set(engine._configured())


def test_the_probe_tells_what_is_missing() -> None:
    assert not OpenAIVoice().probe().ok
    assert not OpenAIVoice().probe().expected
    assert engine_at("ftp://x").probe().expected
    assert "not one" in engine_at("ftp://x").probe().reason
    assert "needs a key" in engine_at("https://api.openai.com/v1").probe().reason
    assert engine_at("https://api.openai.com/v1", api_key=KEY).probe().ok
    unsafe = engine_at("http://tts.example.com/v1", api_key=KEY)
    assert "without encryption" in unsafe.probe().reason
    with pytest.raises(EngineError, match="without encryption"):
        unsafe.synthesize(SENTENCE)
    with serving(lambda handler: None) as server:
        assert engine_at(server).probe().ok


def test_the_settings_name_the_server() -> None:
    values = {"tts_base_url": "u", "tts_api_key": "k", "tts_model": "m", "tts_voice": "v"}
    options = OpenAIVoice(OpenAIVoice.options_from(values)).options
    assert (options.base_url, options.model, options.voice) == ("u", "m", "v")
