"""The calls of GPT-SoVITS's `api_v2.py`: a text becomes sound, and weights are changed.

See https://github.com/RVC-Boss/GPT-SoVITS/blob/main/api_v2.py. With streaming, the header of a WAV
comes once, then bare samples; its sizes are zero. Failures of the model look like sound: a second
of silence at 16,000 Hz, which no model of it speaks at, and then the end of the connection.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import numpy as np

from backend.engines.base import Pcm
from backend.engines.tts.gpt_sovits_faults import explained, refused
from backend.engines.tts.gpt_sovits_server import LABEL, OwnServer, SovitsServer
from backend.errors import BadInputError, EngineError
from backend.media.wav_stream import WavStream

CONNECT_S = 5.0

_FAILURE_RATE = 16_000
_LONGEST_REFUSAL = 16_384
_WEIGHTS_S = 300.0
_LOG_LAG_S = 0.3
"""How much later than the end of the connection the reason may stand in the log."""
_SHORTEST_LETTER_S = 0.015
_SHORTEST_SYLLABLE_S = 0.05
"""A letter or a Chinese, Japanese or Korean sign takes longer than that at any speed of talking."""

_FEW = 3
"""Letters of a text, an interjection, of which no length is expected."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the first sound and for more of it, seconds."""

    first: float
    next: float


@dataclass(frozen=True, slots=True)
class _Weights:
    """What a process has loaded instead of what it starts with."""

    start: tuple[int, int]
    gpt: Path | None = None
    sovits: Path | None = None


class SovitsClient:
    """Asks a server, one thing at a time.

    Args:
        server: Who is asked.
        patience: How long is waited.
    """

    def __init__(self, server: SovitsServer | OwnServer, patience: Patience) -> None:
        self._server = server
        self._patience = patience
        self._http: httpx.AsyncClient | None = None
        self._weights: _Weights | None = None

    async def close(self) -> None:
        """Close the connections."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    def has_other_weights(self, gpt: Path | None, sovits: Path | None) -> bool:
        """Whether weights are loaded that a voice without its own would be spoken with."""
        loaded = self._loaded()
        return any(
            there is not None and wanted is None
            for there, wanted in ((loaded.gpt, gpt), (loaded.sovits, sovits))
        )

    async def use_weights(self, gpt: Path | None, sovits: Path | None) -> None:
        """Load a voice's weights, where they are not loaded yet; never into a user's own server.

        Raises:
            EngineError: They cannot be loaded.
        """
        if isinstance(self._server, OwnServer):
            return
        loaded = self._loaded()
        self._weights = None
        for call, path, there in (
            ("set_gpt_weights", gpt, loaded.gpt),
            ("set_sovits_weights", sovits, loaded.sovits),
        ):
            if path is not None and path != there:
                await self._load(call, path)
        self._weights = _Weights(loaded.start, gpt, sovits)

    def _loaded(self) -> _Weights:
        """What the server has loaded; a new process has what it starts with."""
        start = self._server.start_number
        known = self._weights
        return known if known and known.start == start else _Weights(start)

    async def sounds(self, body: dict[str, Any]) -> AsyncGenerator[tuple[Pcm, int], None]:
        """Speak a text.

        Args:
            body: What `/tts` takes.

        Yields:
            (samples,) int16 and their sample rate in Hz, from the first one that is not silence.

        Raises:
            EngineError: The server refuses, is late, breaks off, or gave less than the text.
        """
        self._server.forget_reason()
        wav = WavStream(f"The sound of {LABEL}")
        held: list[Pcm] = []
        spoken = 0
        try:
            async with aclosing(self._pieces(body)) as pieces:
                async for piece in pieces:
                    pcm = wav.feed(piece)
                    if not len(pcm) or wav.format is None or _failed(wav):
                        continue
                    spoken += int(np.count_nonzero(pcm))
                    held.append(pcm)
                    if spoken:
                        yield np.concatenate(held), wav.format.sample_rate
                        held = []
            wav.finish()
        except BadInputError as error:
            raise EngineError(f"{LABEL} sent something that is not sound; try again.") from error
        except httpx.HTTPError as error:
            raise await self._broken_off(error) from error
        if not spoken or _failed(wav):
            raise explained(LABEL, await self._reason(), "gave silence instead of speech")
        rate = wav.format.sample_rate if wav.format else _FAILURE_RATE
        if wav.missing_seconds or spoken / rate < shortest_seconds(body):
            raise explained(LABEL, await self._reason(), "left out a part of the sentence")

    async def _pieces(self, body: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """The bytes of the answer, as they come."""
        limit = self._patience.first
        response: httpx.Response | None = None
        try:
            with anyio.fail_after(limit):
                response = await self._post(body)
            incoming = response.aiter_bytes()
            while True:
                with anyio.fail_after(limit):
                    piece = await anext(incoming, None)
                if piece is None:
                    return
                limit = self._patience.next
                yield piece
        except TimeoutError:
            # One that hangs would keep the next sentence waiting, too.
            await asyncio.to_thread(self._server.stop)
            raise EngineError(f"{LABEL} gave no sound for {limit:g} s; try again.") from None
        finally:
            if response is not None:
                await response.aclose()

    async def _post(self, body: dict[str, Any]) -> httpx.Response:
        """The head of a good answer.

        Raises:
            EngineError: It is a refusal.
        """
        http = self._open()
        request = http.build_request("POST", f"{self._server.address}/tts", json=body)
        response = await http.send(request, stream=True)
        if response.status_code == httpx.codes.OK:
            return response
        said = await _text(response)
        await response.aclose()
        unknown = response.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        if unknown and "streaming_mode" in said and body["streaming_mode"] is not True:
            # Older versions know streaming in whole parts alone.
            return await self._post({**body, "streaming_mode": True})
        raise refused(LABEL, response.status_code, said)

    async def _load(self, call: str, path: Path) -> None:
        http = self._open()
        try:
            with anyio.fail_after(_WEIGHTS_S):
                answer = await http.get(
                    f"{self._server.address}/{call}", params={"weights_path": str(path)}
                )
        except TimeoutError:
            raise EngineError(f"{LABEL} did not load {path.name}; try again.") from None
        except httpx.HTTPError as error:
            raise await self._broken_off(error) from error
        if answer.status_code != httpx.codes.OK:
            raise refused(LABEL, answer.status_code, answer.text[:_LONGEST_REFUSAL])

    async def _broken_off(self, error: httpx.HTTPError) -> EngineError:
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
            return EngineError(f"{LABEL} is not running; the log has the reason.")
        return explained(LABEL, await self._reason(), "broke off in the middle of the sentence")

    async def _reason(self) -> str:
        """What its log says of a failure."""
        return await asyncio.to_thread(self._server.reason, _LOG_LAG_S)

    def _open(self) -> httpx.AsyncClient:
        if self._http is None:
            # A connection for each request: the server may be another one by the next.
            limits = httpx.Limits(max_keepalive_connections=0)
            timeout = httpx.Timeout(None, connect=CONNECT_S)
            self._http = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
        return self._http


def shortest_seconds(body: dict[str, Any]) -> float:
    """How long the sound of a request lasts at least, however fast it is spoken."""
    text: str = body["text"]
    speed: float = body["speed_factor"]
    signs = sum(char.isalnum() for char in text if unicodedata.east_asian_width(char) in "WF")
    letters = sum(char.isalnum() for char in text) - signs
    if letters + signs <= _FEW:
        return 0.0
    return (letters * _SHORTEST_LETTER_S + signs * _SHORTEST_SYLLABLE_S) / speed


def _failed(wav: WavStream) -> bool:
    return wav.format is not None and wav.format.sample_rate == _FAILURE_RATE


async def _text(response: httpx.Response) -> str:
    said = b""
    async for piece in response.aiter_bytes():
        said += piece
        if len(said) > _LONGEST_REFUSAL:
            break
    return said[:_LONGEST_REFUSAL].decode("utf-8", "replace")
