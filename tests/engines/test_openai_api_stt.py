"""The client of transcription servers against a real one on the loopback, with its faults."""

from __future__ import annotations

import io
import json
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from backend.engines.stt.openai_api import OpenAITranscription
from backend.errors import EngineError

KEY = "sk-secret-0123456789"
RATE = 16_000


class Server(ThreadingHTTPServer):
    """Answers as its `answer` says and keeps what was sent."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Handler], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.sent: list[dict[str, Any]] = []
        self.connections: set[int] = set()
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.reply(200, '{"data": []}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + body)
        fields: dict[str, Any] = {"path": self.path}
        for part in parts.iter_parts():
            name = part.get_param("name", header="content-disposition")
            fields[str(name)] = part.get_payload(decode=True)
        self.server.sent.append(fields)
        self.server.headers.append({key.lower(): value for key, value in self.headers.items()})
        self.server.connections.add(self.client_address[1])
        self.server.answer(self)

    def reply(self, status: int, body: str, **headers: str) -> None:
        raw = body.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@contextmanager
def serving(answer: Callable[[Handler], None]) -> Iterator[Server]:
    server = Server(answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def says(text: str, **more: Any) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(200, json.dumps({"text": text, **more}))


def voice(seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 10))
    return (tone * 4000).astype(np.int16)


def engine_at(server: Server | str, **options: Any) -> OpenAITranscription:
    url = server if isinstance(server, str) else server.url
    return OpenAITranscription({"base_url": url, "timeout": 2.0, **options})


def transcribe(engine: OpenAITranscription, sound: np.ndarray, language: str = "en") -> Any:
    stream = engine.open_stream(language)
    stream.feed(sound)
    try:
        return stream.finalize()
    finally:
        engine.unload()


def failure(answer: Callable[[Handler], None], **options: Any) -> EngineError:
    with serving(answer) as server, pytest.raises(EngineError) as caught:
        transcribe(engine_at(server, **options), voice(1.0))
    assert KEY not in caught.value.message
    return caught.value


def test_the_sound_travels_as_wav_with_model_language_and_key() -> None:
    sound = voice(1.5)
    with serving(says(" Hello  there. ")) as server:
        engine = engine_at(server, api_key=KEY, model="small")
        found = transcribe(engine, sound, "en-US")
    assert (found.text, found.language) == ("Hello there.", "en")
    sent = server.sent[0]
    assert sent["path"] == "/v1/audio/transcriptions"
    assert (sent["model"], sent["language"]) == (b"small", b"en")
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    with wave.open(io.BytesIO(sent["file"])) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE, 1)
        np.testing.assert_array_equal(np.frombuffer(file.readframes(RATE * 2), "<i2"), sound)


def test_a_detected_language_is_told() -> None:
    with serving(says("こんにちは", language="ja")) as server:
        found = transcribe(engine_at(server), voice(2.0), "auto")
    assert found.language == "ja"
    assert "language" not in server.sent[0]
    assert "authorization" not in server.headers[0]


def test_speculation_saves_the_second_request_and_partials_cost_none() -> None:
    with serving(says("hello")) as server:
        engine = engine_at(server)
        stream = engine.open_stream("en")
        stream.feed(voice(1.0))
        assert stream.partial().text == ""
        assert stream.speculate().text == "hello"
        assert stream.finalize().text == "hello"
        assert len(server.sent) == 1
        stream = engine.open_stream("en")
        stream.feed(voice(1.0))
        stream.finalize()
        engine.unload()
    assert len(server.connections) == 1


def test_silence_and_stock_phrases_are_nothing() -> None:
    noise = np.random.default_rng(0).integers(-2000, 2000, RATE).astype(np.int16)
    with serving(says("Thanks for watching!")) as server:
        assert transcribe(engine_at(server), np.zeros(RATE, np.int16)).text == ""
        assert server.sent == []
        assert transcribe(engine_at(server), noise).text == ""
        assert len(server.sent) == 1


def test_a_dropped_utterance_does_not_wait_for_the_server() -> None:
    release = threading.Event()
    with serving(lambda handler: (release.wait(5), says("late")(handler))[1]) as server:
        engine = engine_at(server, timeout=30.0)
        stream = engine.open_stream("en")
        stream.feed(voice(1.0))
        threading.Timer(0.2, stream.cancel).start()
        started = time.monotonic()
        assert stream.finalize().text == ""
        assert time.monotonic() - started < 1.0
        release.set()
        engine.unload()


@pytest.mark.parametrize(
    ("status", "body", "said", "retryable"),
    [
        (401, f'{{"error": {{"message": "bad key {KEY}"}}}}', "refused the key", False),
        (404, "{}", "nor the model whisper-1", False),
        (400, f'{{"error": {{"message": "odd sound {KEY}."}}}}', "odd sound …", False),
        (429, "{}", "limiting how often", True),
        (500, "<html>oops</html>", "a problem of its own", True),
        (302, "", "another address", False),
    ],
)
def test_a_refusal_is_one_plain_sentence(
    status: int, body: str, said: str, retryable: bool
) -> None:
    headers = {"location": "http://elsewhere.example/"} if status == 302 else {}
    error = failure(lambda handler: handler.reply(status, body, **headers), api_key=KEY)
    assert said in error.message
    assert error.retryable is retryable


@pytest.mark.parametrize("body", ["<html>sign in</html>", "[]", "{}", '{"text": 5}', '"x"', "nope"])
def test_what_is_no_transcript_is_told(body: str) -> None:
    assert "not a transcript" in failure(lambda handler: handler.reply(200, body)).message


def test_a_flood_is_cut_off() -> None:
    started = time.monotonic()
    error = failure(lambda handler: handler.reply(200, '{"text": "' + "x" * 8_000_000))
    assert "not a transcript" in error.message
    assert time.monotonic() - started < 5.0


def test_a_late_server_and_a_broken_one_are_told() -> None:
    def late(_handler: Handler) -> None:
        time.sleep(1.0)

    def half(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"te')
        handler.close_connection = True

    assert "did not answer within 0.3 s" in failure(late, timeout=0.3).message
    assert "broke off" in failure(half).message


def test_a_server_that_is_away_is_told() -> None:
    with serving(says("x")) as server:
        url = server.url
    engine = engine_at(url)
    assert "No server answers" in engine.probe().reason
    with pytest.raises(EngineError, match="cannot be reached"):
        transcribe(engine, voice(1.0))


def test_the_probe_tells_what_is_missing() -> None:
    assert not OpenAITranscription().probe().ok
    assert "not one" in engine_at("ftp://x").probe().reason
    assert "needs a key" in engine_at("https://api.openai.com/v1").probe().reason
    assert engine_at("https://api.openai.com/v1", api_key=KEY).probe().ok
    unsafe = engine_at("http://stt.example.com/v1", api_key=KEY)
    assert "without encryption" in unsafe.probe().reason
    with pytest.raises(EngineError, match="without encryption"):
        unsafe.open_stream("en")
    with serving(says("x")) as server:
        assert engine_at(server).probe().ok
