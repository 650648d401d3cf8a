"""A small backend that speaks the protocol, for tests of the window.

It is a real HTTP and WebSocket server on a free port, with a scripted character: it answers with
the words it is given, a tone for a voice, and pictures whose mouth follows the tone.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import math
import threading
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, Response
from PIL import Image, ImageDraw

from event_system import (
    BusHello,
    CharacterSwitched,
    ChatDelta,
    ChatMessageEvent,
    ChatResponse,
    ConfigChanged,
    Envelope,
    ErrorOccurred,
    Event,
    MediaFrame,
    MediaKind,
    PlayoutFlush,
    Stage,
    TurnCaption,
    TurnStateChanged,
    TurnTiming,
    encode,
    pack_media,
    unpack_media,
)

TOKEN = "fake-token"
FRAME = 960


def picture(opening: float, size: int = 512, hue: tuple[int, int, int] = (96, 64, 150)) -> bytes:
    """A face as JPEG whose mouth is open by 0 to 1."""
    image = Image.new("RGB", (size, size), (38, 30, 66))
    draw = ImageDraw.Draw(image)
    s = size / 512
    draw.ellipse((100 * s, 50 * s, 412 * s, 470 * s), fill=hue)
    draw.ellipse((150 * s, 120 * s, 362 * s, 390 * s), fill=(255, 224, 208))
    for x in (196, 284):
        draw.ellipse((x * s, 220 * s, (x + 36) * s, 276 * s), fill=(70, 44, 120))
    half = 4 + 26 * opening
    draw.ellipse((226 * s, (330 - half) * s, 286 * s, (330 + half) * s), fill=(180, 60, 84))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def tone(index: int) -> bytes:
    """20 ms of a tone that swells and fades three times a second, PCM16 at 48 kHz."""
    swell = 0.5 - 0.5 * math.cos(2 * math.pi * 3 * index * 0.02)
    start = index * FRAME
    return array(
        "h",
        (
            int(9000 * swell * math.sin(2 * math.pi * 220 * (start + k) / 48_000))
            for k in range(FRAME)
        ),
    ).tobytes()


@dataclass
class Script:
    """What the character does with a message."""

    words: str = "Hello there! I am Airi, and I am made of code and good will."
    seconds: float = 1.0
    think_s: float = 0.05
    word_s: float = 0.01
    error: ErrorOccurred | None = None


@dataclass
class FakeBackend:
    """The server; use as a context manager, or `start` and `stop`."""

    script: Script = field(default_factory=Script)
    port: int = 0
    token: str = TOKEN
    idle_fps: float = 10.0
    received: list[dict[str, Any]] = field(default_factory=list)
    views: list[bool] = field(default_factory=list)
    heard: list[MediaFrame] = field(default_factory=list)
    played: list[MediaFrame] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    seq: int = 0
    log: list[Envelope] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.characters: list[dict[str, Any]] = [
            {"id": 1, "name": "Airi", "profile": "A cheerful co-host.", "personality": "bright",
             "first_mes": "Hi! I'm Airi.", "avatar_url": "/api/characters/1/avatar",
             "active": True, "created_at": "", "updated_at": ""},
            {"id": 2, "name": "Ren", "profile": "A calm one.", "personality": "calm",
             "first_mes": "Hey. Ren here.", "avatar_url": "/api/characters/2/avatar",
             "active": False, "created_at": "", "updated_at": ""},
        ]  # fmt: skip
        self.chats: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
        self.values: dict[str, Any] = {"theme": "dark", "first_start": False}
        self.engines: list[dict[str, Any]] = [
            _engine("persona", "llm", "Built-in persona"),
            _engine("espeak", "tts", "eSpeak NG"),
            _engine("puppet", "clip", "Puppet"),
            _engine("pocketsphinx", "stt", "PocketSphinx"),
        ]
        self._events: list[asyncio.Queue[str]] = []
        self._voices: list[WebSocket] = []
        self._turn: asyncio.Task[None] | None = None
        self._turn_ids = 0
        self._generation = 0
        self._epoch = time.monotonic()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._pictures = [picture(step / 7) for step in range(8)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeBackend:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> None:
        config = uvicorn.Config(
            self._app(), host="127.0.0.1", port=self.port, log_level="error",
            timeout_graceful_shutdown=1, lifespan="off", ws="websockets-sansio",
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline, "the fake backend did not start"
            time.sleep(0.005)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def _run(self) -> None:
        async def serve() -> None:
            self.loop = asyncio.get_running_loop()
            assert self._server is not None
            await self._server.serve()

        asyncio.run(serve())

    def stop(self) -> None:
        """End at once, as a crash would, without closing handshakes."""
        assert self._server is not None and self._thread is not None
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=5)
        self._events.clear()
        self._voices.clear()

    def emit(self, event: Event) -> None:
        """Publish an event on the bus; from any thread."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self._publish, event)

    def emit_voice(self, event: Event) -> None:
        """Say an event on both sockets, as a session does; from any thread."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._say(event), self.loop)

    def _publish(self, event: Event) -> None:
        if event.durable:
            self.seq += 1
        envelope = Envelope(self.seq if event.durable else 0, time.time(), event)
        if event.durable:
            self.log.append(envelope)
        for waiting in self._events:
            waiting.put_nowait(encode(envelope))

    async def _say(self, event: Event) -> None:
        self._publish(event)
        seq = self.seq if event.durable else 0
        await self._send(encode(Envelope(seq, time.time(), event)))

    async def _send(self, message: str | bytes) -> None:
        for socket in list(self._voices):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                if isinstance(message, str):
                    await socket.send_text(message)
                else:
                    await socket.send_bytes(message)

    def _media_us(self) -> int:
        return int((time.monotonic() - self._epoch) * 1e6)

    async def _picture(self, opening: float, pts: int) -> None:
        jpeg = self._pictures[min(7, int(opening * 8))]
        await self._send(pack_media(MediaFrame(MediaKind.AVATAR_JPEG, self._generation, pts, jpeg)))

    async def _answer(self, text: str, turn_id: str, spoken_only: bool = False) -> None:
        script, character = self.script, self._active()
        began = time.monotonic()
        if not spoken_only:
            await self._say(ChatMessageEvent(turn_id=turn_id, character_id=character, text=text))
        await self._say(TurnStateChanged(state="thinking", turn_id=turn_id))
        await asyncio.sleep(script.think_s)
        if script.error:
            await self._say(script.error.model_copy(update={"turn_id": turn_id}))
            await self._say(TurnStateChanged(state="idle", turn_id=turn_id))
            return
        words = text if spoken_only else script.words
        stages = _stages(1000 * (time.monotonic() - began))
        writer = asyncio.ensure_future(self._write(words, turn_id)) if not spoken_only else None
        for stage in stages:
            await self._say(TurnTiming(turn_id=turn_id, stage=stage))
        await self._say(TurnStateChanged(state="speaking", turn_id=turn_id))
        await self._say(TurnCaption(turn_id=turn_id, text=words))
        heard, interrupted = words, False
        try:
            await self._speak(script.seconds)
            if writer:
                await writer
        except asyncio.CancelledError:
            if writer:
                writer.cancel()
            heard, interrupted = words[: len(words) // 2], True
            self._generation += 1
            await self._say(PlayoutFlush(generation=self._generation))
        row = {"id": len(self.log) + 1, "turn_id": turn_id, "user_message": text,
               "character_response": heard, "emotion": "happy", "interrupted": interrupted,
               "timestamp": "2026-01-01T18:02:00+00:00",
               "stages": [stage.model_dump() for stage in stages], "engine": "persona",
               "model": ""}  # fmt: skip
        if not spoken_only:
            self.chats[character].append(row)
            await self._say(
                ChatResponse(
                    turn_id=turn_id, character_id=character, text=words, heard=heard,
                    interrupted=interrupted, emotion="happy", engine="persona",
                    stages=tuple(stages), slowest="first_token",
                )
            )  # fmt: skip
        await self._say(TurnStateChanged(state="idle", turn_id=turn_id))

    async def _write(self, words: str, turn_id: str) -> None:
        for word in words.split(" "):
            await self._say(ChatDelta(turn_id=turn_id, text=word + " "))
            await asyncio.sleep(self.script.word_s)

    async def _speak(self, seconds: float) -> None:
        start, base = time.monotonic(), self._media_us()
        shown = -1
        for index in range(round(seconds / 0.02)):
            ahead = start + index * 0.02 - time.monotonic()
            await asyncio.sleep(max(0.0, ahead))
            pts = base + index * 20_000
            frame = MediaFrame(MediaKind.SPEECH, self._generation, pts, tone(index))
            await self._send(pack_media(frame))
            if int(index * 0.6) > shown:
                shown = int(index * 0.6)
                swell = 0.5 - 0.5 * math.cos(2 * math.pi * 3 * index * 0.02)
                await self._picture(swell, base + int(shown / 30 * 1e6))

    def _active(self) -> int:
        return next(int(c["id"]) for c in self.characters if c["active"])

    async def _idle(self) -> None:
        while True:
            await asyncio.sleep(1 / self.idle_fps)
            if self._turn is None or self._turn.done():
                await self._picture(0.0, self._media_us())

    async def _cancel(self) -> None:
        if self._turn and not self._turn.done():
            self._turn.cancel()
            await asyncio.wait({self._turn})

    async def take(self, message: dict[str, Any]) -> None:
        """Act on a message of the conversation socket."""
        kind = message.get("type")
        if kind == "view":
            self.views.append(message["video"])
            return
        self.received.append(message)
        if kind == "turn.cancel":
            await self._cancel()
        elif kind in ("chat.send", "speak"):
            await self._cancel()
            self._turn_ids += 1
            turn_id = message.get("turn_id") or f"turn-{self._turn_ids}"
            self._turn = asyncio.ensure_future(
                self._answer(message["text"], turn_id, spoken_only=kind == "speak")
            )

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def guard(request: Request, call_next: Any) -> Any:
            self.requests.append(f"{request.method} {request.url.path}")
            if request.headers.get("authorization") != f"Bearer {self.token}":
                return JSONResponse(_error("unauthorised", "Wrong token."), status_code=401)
            return await call_next(request)

        _add_http(app, self)
        _add_sockets(app, self)
        return app


def _engine(name: str, kind: str, label: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "label": label, "summary": label, "embedded": True,
            "available": True, "reason": "", "remedy": "", "loaded": True, "active": True,
            "model": "", "options_schema": {}}  # fmt: skip


def _stages(first_token: float) -> list[Stage]:
    return [
        Stage(name="received", at_ms=0.0, took_ms=0.0),
        Stage(name="first_token", at_ms=first_token, took_ms=first_token),
        Stage(name="first_sentence", at_ms=first_token + 12, took_ms=12.0),
        Stage(name="first_audio", at_ms=first_token + 44, took_ms=32.0),
        Stage(name="first_frame", at_ms=first_token + 49, took_ms=5.0),
    ]


def _error(code: str, message: str, retryable: bool = False) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "retryable": retryable}}


def _add_http(app: FastAPI, fake: FakeBackend) -> None:
    @app.get("/api/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "version": "0.1.0", "pid": 1}

    @app.get("/api/engines")
    async def engines() -> list[dict[str, Any]]:
        return fake.engines

    @app.get("/api/status")
    async def status() -> dict[str, Any]:
        return {"engines": {}, "clients": len(fake._voices)}

    @app.get("/api/characters")
    async def characters() -> list[dict[str, Any]]:
        return fake.characters

    @app.get("/api/characters/{number}/avatar")
    async def avatar(number: int) -> Response:
        hue = (96, 64, 150) if number == 1 else (40, 110, 120)
        out = io.BytesIO()
        Image.open(io.BytesIO(picture(0.1, hue=hue))).save(out, "PNG")
        return Response(out.getvalue(), media_type="image/png")

    @app.get("/api/characters/{number}/chat")
    async def chat(number: int, limit: int = 50, before: int = 0) -> list[dict[str, Any]]:
        rows = [row for row in fake.chats[number] if not before or row["id"] < before]
        return rows[-limit:]

    @app.delete("/api/characters/{number}/chat")
    async def forget(number: int) -> dict[str, Any]:
        fake.chats[number].clear()
        return {}

    @app.post("/api/switch_character")
    async def switch(body: dict[str, Any]) -> Any:
        wanted = body["character_id"]
        if wanted not in fake.chats:
            error = _error("not_found", f"There is no character {wanted}.")
            return JSONResponse(error, status_code=404)
        for character in fake.characters:
            character["active"] = character["id"] == wanted
        chosen = next(c for c in fake.characters if c["active"])
        await fake._say(CharacterSwitched(character_id=wanted, name=chosen["name"]))
        return chosen

    @app.get("/api/config")
    async def config() -> dict[str, Any]:
        return {"values": fake.values, "schema": {}, "runtime": list(fake.values)}

    @app.post("/api/config")
    async def configure(body: dict[str, Any]) -> dict[str, Any]:
        fake.values.update(body)
        fake._publish(ConfigChanged(keys=tuple(body)))
        return {"values": fake.values, "schema": {}, "runtime": list(fake.values)}


def _add_sockets(app: FastAPI, fake: FakeBackend) -> None:
    @app.websocket("/ws/events")
    async def events(socket: WebSocket, after: int = -1) -> None:
        if socket.headers.get("authorization") != f"Bearer {fake.token}":
            await socket.close(4401)
            return
        await socket.accept()
        waiting: asyncio.Queue[str] = asyncio.Queue()
        hello = BusHello(last_seq=fake.seq, version="0.1.0")
        waiting.put_nowait(encode(Envelope(0, time.time(), hello)))
        for envelope in fake.log:
            if 0 <= after < envelope.seq:
                waiting.put_nowait(encode(envelope))
        fake._events.append(waiting)
        reader = asyncio.ensure_future(socket.receive())
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, asyncio.CancelledError):
            while not reader.done():
                await socket.send_text(await waiting.get())
        reader.cancel()
        if waiting in fake._events:
            fake._events.remove(waiting)

    @app.websocket("/ws/voice")
    async def voice(socket: WebSocket) -> None:
        if socket.headers.get("authorization") != f"Bearer {fake.token}":
            await socket.close(4401)
            return
        await socket.accept()
        await socket.send_json({"type": "session.ready", "session": "main", "rate": 48_000,
                                "fps": 30, "size": 512, "media_us": fake._media_us()})  # fmt: skip
        fake._voices.append(socket)
        idle = asyncio.ensure_future(fake._idle()) if len(fake._voices) == 1 else None
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, asyncio.CancelledError):
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                if message.get("bytes") is not None:
                    frame = unpack_media(message["bytes"])
                    (fake.played if frame.kind == MediaKind.LOUDSPEAKER else fake.heard).append(
                        frame
                    )
                else:
                    await fake.take(json.loads(message["text"]))
        if idle:
            idle.cancel()
        if socket in fake._voices:
            fake._voices.remove(socket)
