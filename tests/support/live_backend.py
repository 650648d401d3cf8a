"""A real backend server in a thread of this process, and clients of its sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from backend.app import create_app
from backend.room import EngineRoom
from event_system import MediaFrame, MediaKind, unpack_media
from tests.support.settings import make_settings
from tests.support.voice_room import plain_faces, seed_database
from tests.support.waiting import block_until

TOKEN = "a-token-for-tests"

T = TypeVar("T")


class LiveBackend:
    """The application behind uvicorn on a free port; use as a context manager."""

    def __init__(self, app: Starlette, token: str) -> None:
        self.app = app
        self.token = token
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        config = uvicorn.Config(
            app, log_config=None, timeout_graceful_shutdown=1, ws_per_message_deflate=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def room(self) -> EngineRoom:
        room: EngineRoom = self.app.state.room
        return room

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def socket(self, path: str) -> connect:
        """A socket of the backend, to be used with `async with`."""
        return connect(
            self.url.replace("http", "ws") + path, additional_headers=self.headers, proxy=None
        )

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the backend's loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def __enter__(self) -> LiveBackend:
        self._thread.start()
        block_until(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve([self._listener])

        asyncio.run(serve())


@contextmanager
def embedded_backend(folder: Path) -> Iterator[LiveBackend]:
    """A backend that hears, answers and speaks with the embedded engines, behind plain faces."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_settings(
            folder,
            patch,
            llm_engines="persona",
            tts_engines="espeak",
            stt_engines="pocketsphinx",
        )
        seed_database(settings)
        plain_faces(patch)
        with LiveBackend(create_app(settings, TOKEN), TOKEN) as backend:
            yield backend


@dataclass
class Talk:
    """What came over a voice socket, in order: messages as dicts, media as frames."""

    socket: ClientConnection
    got: list[dict[str, Any] | MediaFrame] = field(default_factory=list)

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def next(self, seconds: float = 10.0) -> dict[str, Any] | MediaFrame:
        """The next message: of an envelope its event."""
        with anyio.fail_after(seconds):
            message = await self.socket.recv()
        if isinstance(message, bytes):
            one: dict[str, Any] | MediaFrame = unpack_media(message)
        else:
            parsed = json.loads(message)
            one = parsed.get("event", parsed)
        self.got.append(one)
        return one

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Read on until a message of this type, with these values, and return it."""
        while True:
            one = await self.next()
            wanted = {"type": kind, **fields}
            if isinstance(one, dict) and wanted.items() <= one.items():
                return one

    async def until_speech(self, frames: int) -> None:
        """Read on until this many more frames of speech have come."""
        while frames:
            one = await self.next()
            frames -= isinstance(one, MediaFrame) and one.kind == MediaKind.SPEECH

    def messages(self, *kinds: str) -> list[dict[str, Any]]:
        return [one for one in self.got if isinstance(one, dict) and one["type"] in kinds]

    def media(self, kind: int) -> list[MediaFrame]:
        return [one for one in self.got if isinstance(one, MediaFrame) and one.kind == kind]


def frozen_client(backend_port: int, path: str, token: str) -> socket.socket:
    """A client that opens a socket and then never reads again."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.connect(("127.0.0.1", backend_port))
    raw.sendall(
        (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{backend_port}\r\n"
            f"Authorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        ).encode()
    )
    assert b"101" in raw.recv(200)
    return raw
