"""Ollama's own models: which it has, pulling one with its progress, and deleting one.

Ollama keeps its models itself; what is told here is its HTTP API
(https://github.com/ollama/ollama/blob/main/docs/api.md): `GET /api/tags`, `POST /api/pull`, whose
answer is one JSON object a line, and `DELETE /api/delete`. A pull that is cut goes on from where it
stopped when it is asked for again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx

from backend.engines.http.endpoint import Endpoint
from backend.errors import EngineError
from backend.models_store.catalogue import CatalogueModel
from backend.models_store.errors import (
    CutError,
    DiskFullError,
    DownloadError,
    GoneError,
    NoNetworkError,
    OllamaAwayError,
    RefusedError,
    ServerFailedError,
    TooSlowError,
    UnknownModelError,
)
from backend.models_store.fetch import Limits
from backend.models_store.status import ModelStatus, ollama_status
from config import KotodamaError

Progress = Callable[[int, int], None]
"""Called with the bytes that are there, and the bytes of the whole as far as it is known."""
START = "Start it (its app, or `ollama serve`), or install it from https://ollama.com/download."
_LOOK_S = 1.0
_VERIFY_FACTOR = 30.0
"""Checking gigabytes is silent for minutes; nothing else is."""
_MEANINGS: tuple[tuple[tuple[str, ...], type[DownloadError], str], ...] = (
    (
        ("file does not exist", "model not found", "invalid model name"),
        GoneError,
        "Ollama's library has no model {name}; see https://ollama.com/library.",
    ),
    (
        ("no space left", "not enough space", "disk quota", "disk is full"),
        DiskFullError,
        "The disk of Ollama's models is full: {name} does not fit. Make room; the download goes on"
        " from where it stopped.",
    ),
    (
        ("newer version",),
        RefusedError,
        "This Ollama is too old for {name}; update it from https://ollama.com/download.",
    ),
    (
        ("dial tcp", "no such host", "max retries", "timeout", "connection", "unexpected eof"),
        NoNetworkError,
        "Ollama cannot reach its library for {name}; see whether the network is up. What came is"
        " kept.",
    ),
)
log = logging.getLogger("kotodama.models")


class OllamaServer:
    """The Ollama that the settings name.

    Args:
        url: Tells its address; empty where there is to be none.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._sizes: dict[str, int] | None = None

    @property
    def answers(self) -> bool:
        """Whether it answered when it was looked at last."""
        return self._sizes is not None

    @property
    def address(self) -> str:
        """Where it is looked for; empty for nowhere."""
        return self._url()

    def size(self, name: str) -> int | None:
        """Bytes of an installed model; None where it is not there, as it was seen last."""
        known = self._sizes or {}
        return known.get(name, known.get(f"{name}:latest"))

    def look(self) -> None:
        """Ask which models are there; blocks for a second at most."""
        try:
            endpoint = Endpoint.parse(self.address)
            with httpx.Client(timeout=_LOOK_S, trust_env=not endpoint.is_loopback) as client:
                answer = client.get(f"{endpoint.url}/api/tags").raise_for_status()
            listed = answer.json()["models"] or []
            self._sizes = {str(one["name"]): int(one.get("size") or 0) for one in listed}
        except (EngineError, httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            self._sizes = None

    def status(self, model: CatalogueModel, came: int, error: KotodamaError | None) -> ModelStatus:
        """How a model stands, as it was seen last; see `status.ollama_status`."""
        status = ollama_status(model, self.size(model.name), came, error)
        if self.address:
            status.fetched = self.answers
            status.by_hand = "" if self.answers else self.away().message
            status.needs = "" if self.answers else status.needs
        return status

    def check(self, name: str) -> None:
        """Look whether a model is there; Ollama has checked what it keeps. Blocks as `look`.

        Raises:
            OllamaAwayError: It does not run.
            UnknownModelError: It has no such model.
        """
        self.look()
        if not self.answers:
            raise self.away()
        if self.size(name) is None:
            raise UnknownModelError(f"Ollama has no model {name}; install it first.")

    async def pull(self, name: str, progress: Progress, limits: Limits) -> None:
        """Let Ollama download a model; a cancellation leaves what came, and the next call goes on.

        Raises:
            OllamaAwayError: It does not run.
            DownloadError: It could not get the model; the class and the message say why.
        """
        layers: dict[str, tuple[int, int]] = {}
        async with self._asking("POST", "/api/pull", name, limits) as answer:
            lines = answer.aiter_lines()
            patience = limits.read_s
            while True:
                line = await _next_line(lines, name, patience)
                if not line.strip():
                    continue
                part = _part(line, name)
                status = str(part.get("status", ""))
                if status == "success":
                    break
                patience = limits.read_s * (_VERIFY_FACTOR if "verifying" in status else 1.0)
                if part.get("digest"):
                    layers[str(part["digest"])] = _count(part, "completed"), _count(part, "total")
                    progress(*(sum(one) for one in zip(*layers.values(), strict=True)))
        await anyio.to_thread.run_sync(self.look)

    async def delete(self, name: str, limits: Limits) -> int:
        """Let Ollama delete a model; bytes that became free, as it told its size.

        Raises:
            OllamaAwayError: It does not run.
            UnknownModelError: It has no such model.
            DownloadError: It refuses.
        """
        size = self.size(name) or 0
        async with self._asking("DELETE", "/api/delete", name, limits):
            pass
        await anyio.to_thread.run_sync(self.look)
        return size

    @asynccontextmanager
    async def _asking(
        self, method: str, path: str, name: str, limits: Limits
    ) -> AsyncIterator[httpx.Response]:
        """Its answer, unread, if it is a good one."""
        try:
            endpoint = Endpoint.parse(self.address)
        except EngineError as error:
            raise self.away() from error
        timeout = httpx.Timeout(None, connect=limits.connect_s)
        try:
            async with (
                httpx.AsyncClient(timeout=timeout, trust_env=not endpoint.is_loopback) as client,
                client.stream(method, f"{endpoint.url}{path}", json={"model": name}) as answer,
            ):
                if answer.status_code != 200:
                    await answer.aread()
                    raise _refusal(answer, method, name)
                yield answer
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            self._sizes = None
            raise self.away() from error
        except httpx.HTTPError as error:
            raise CutError(
                f"The connection to Ollama broke off during {name}; what came is kept, and the"
                " download can go on."
            ) from error

    def away(self) -> OllamaAwayError:
        """The error for an Ollama that does not answer."""
        place = f" at {self.address}" if self.address else ""
        return OllamaAwayError(f"Ollama does not answer{place}. {START}")


async def _next_line(lines: AsyncIterator[str], name: str, patience: float) -> str:
    try:
        with anyio.fail_after(patience):
            return await lines.__anext__()
    except StopAsyncIteration:
        raise CutError(
            f"Ollama ended the download of {name} before it was whole; what came is kept, and the"
            " download can go on."
        ) from None
    except TimeoutError:
        raise TooSlowError(
            f"Ollama has told nothing of {name} for {patience:.0f} s; what came is kept, and the"
            " download can go on."
        ) from None


def _part(line: str, name: str) -> dict[str, Any]:
    try:
        part = json.loads(line)
    except ValueError:
        part = None
    if not isinstance(part, dict):
        raise ServerFailedError(
            "What answers is not Ollama; correct its address (OLLAMA_URL).", retryable=False
        )
    if part.get("error"):
        raise _meaning(str(part["error"]), name)
    return part


def _count(part: dict[str, Any], key: str) -> int:
    value = part.get(key)
    return value if isinstance(value, int) else 0


def _refusal(answer: httpx.Response, method: str, name: str) -> Exception:
    """The error for a bad status."""
    try:
        said = str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        said = f"status {answer.status_code}"
    if method == "DELETE" and answer.status_code == 404:
        return UnknownModelError(f"Ollama has no model {name} any more.")
    return _meaning(said, name)


def _meaning(said: str, name: str) -> DownloadError:
    """What Ollama says, as an error that tells people what to do."""
    log.warning("Ollama: %s", said[:500])
    for marks, kind, message in _MEANINGS:
        if any(mark in said.lower() for mark in marks):
            return kind(message.format(name=name))
    short = " ".join(said.split())[:160].rstrip(".")
    return ServerFailedError(f"Ollama could not get {name} ({short}); see its log.")
