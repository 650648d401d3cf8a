"""The answer of a speech server while it arrives: its bytes on time, and the sound in them."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from backend.engines.base import Pcm
from backend.engines.http.answers import ends_surely
from backend.engines.http.speech_server import SpeechServer
from backend.engines.tts.sound_body import (
    HEAD_BYTES,
    Body,
    SampleBody,
    body_for,
    broken_off,
    not_sound,
    too_short,
)
from backend.errors import EngineError

if TYPE_CHECKING:
    import httpx

MAX_TEXT_BYTES = 16_384
"""How much is read of what a server says instead of sound."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait for sound.

    Attributes:
        deadline: When its first piece must be there, by `time.monotonic()`.
        first: How many seconds that were at the start.
        idle: Seconds between two pieces.
    """

    deadline: float
    first: float
    idle: float

    def too_late(self, server: str) -> EngineError:
        """The failure of a server that gives nothing in time."""
        return EngineError(f"{server} gave no sound within {self.first:g} s; try again.")


class SpeechAnswer:
    """An answer with status 200 whose body is still to come.

    Args:
        response: The answer; who made it closes it.
        server: Who gives it.
        wait: How long to wait.
        rate: Of bare samples, where the server does not tell, Hz.
    """

    def __init__(
        self, response: httpx.Response, server: SpeechServer, *, wait: Wait, rate: int
    ) -> None:
        self._response = response
        self._server = server
        self._wait = wait
        self._rate = rate

    async def sounds(self, text: str, speed: float) -> AsyncGenerator[tuple[Pcm, int], None]:
        """The sound piece by piece: (samples,) int16 and their sample rate in Hz.

        Args:
            text: What is spoken there, to tell a sound that cannot be all of it.
            speed: How fast it is spoken.

        Raises:
            EngineError: It is not sound, comes too late, or not all of it came.
        """
        body: Body | None = None
        head, seconds = b"", 0.0
        async with aclosing(self._pieces()) as pieces:
            async for piece in pieces:
                head += piece
                if body is None and len(head) < HEAD_BYTES:
                    continue
                body = body or await self._body(head, pieces)
                pcm, head = body.feed(head), b""
                if len(pcm):
                    seconds += len(pcm) / body.rate
                    yield pcm, body.rate
            if not head and body is None:
                return
            body = body or await self._body(head, pieces)
        for pcm in (body.feed(head), body.finish()):
            if len(pcm):
                seconds += len(pcm) / body.rate
                yield pcm, body.rate
        if isinstance(body, SampleBody) and not self._ends_surely:
            self._check_whole(body, too_short(seconds, text, speed))

    def _check_whole(self, body: SampleBody, short: bool) -> None:
        if body.torn or short:
            raise broken_off(self._server.name)

    @property
    def _ends_surely(self) -> bool:
        return ends_surely(self._response.headers, self._response.http_version)

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the body.

        Raises:
            EngineError: They come too late.
        """
        limit = max(0.0, self._wait.deadline - time.monotonic())
        begun = False
        incoming = self._response.aiter_bytes()
        while True:
            try:
                with anyio.fail_after(limit):
                    piece = await anext(incoming, None)
            except TimeoutError:
                if not begun:
                    raise self._wait.too_late(self._server.name) from None
                raise EngineError(
                    f"{self._server.name} fell silent in the middle of the sentence; try again."
                ) from None
            if piece is None:
                return
            begun, limit = True, self._wait.idle
            yield piece

    async def _body(self, head: bytes, pieces: AsyncIterator[bytes]) -> Body:
        """What reads the body; what a server says instead of sound is read to be told.

        Raises:
            EngineError: It is not sound.
        """
        server = self._server
        told = self._response.headers.get("content-type", "")
        kind = told.lower().partition(";")[0].strip()
        if kind.endswith("json") or kind == "text/plain":
            async for piece in pieces:
                head += piece
                if len(head) > MAX_TEXT_BYTES:
                    break
            said = head[:MAX_TEXT_BYTES].decode("utf-8", "replace")
            raise not_sound(server.name, said.replace(server.key, "…") if server.key else said)
        return body_for(head, told, server.name, self._rate)


async def read_text(response: httpx.Response, limit: int) -> str:
    """The body as text, cut after `limit` bytes; the answer is closed."""
    body = b""
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > limit:
                break
    finally:
        await response.aclose()
    return body[:limit].decode("utf-8", "replace")
