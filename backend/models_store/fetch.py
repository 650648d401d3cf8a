"""Downloads one file: from mirror to mirror, on after a cut, and never to a half file.

The bytes go into a part beside the target (see `part`); the target appears whole and checked, or
not at all. A cancellation leaves the part, from which a later call goes on.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx

from backend.models_store.answers import (
    MOST_REDIRECTS,
    REDIRECTS,
    Body,
    looks_like_page,
    portal_error,
    read_answer,
    redirect_target,
)
from backend.models_store.catalogue import CatalogueFile, is_allowed
from backend.models_store.content import expected_hash
from backend.models_store.errors import (
    CutError,
    DamagedError,
    DiskError,
    DiskFullError,
    DownloadError,
    NoNetworkError,
    RedirectError,
    TooSlowError,
    WrongHashError,
    WrongRangeError,
)
from backend.models_store.network import network_errors
from backend.models_store.part import Part, free_bytes
from config import VERSION

FRUITFUL_BYTES = 1 << 20
"""A try that brought this much does not count as a failed one."""
_HELD_BYTES = 1 << 20
log = logging.getLogger("kotodama.models")


@dataclass(frozen=True)
class Limits:
    """How patient a download is.

    Attributes:
        connect_s: Seconds to wait for a server.
        read_s: Seconds without a byte after which the connection counts as dead.
        slow_after_s: Over this many seconds, at least ...
        slow_bytes_s: ... this many bytes a second must come.
        tries: Tries at one address that bring next to nothing, before the next one.
        backoff_s: Seconds before the second try; twice as many before each further one.
        reserve: Bytes of the disk that a download leaves free.
    """

    connect_s: float = 15.0
    read_s: float = 30.0
    slow_after_s: float = 60.0
    slow_bytes_s: float = 1024.0
    tries: int = 4
    backoff_s: float = 1.0
    reserve: int = 200_000_000


def make_client(limits: Limits, tls: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """A client that goes through the proxies of the environment, but never to this computer so.

    Args:
        limits: How long it waits.
        tls: Whom it trusts; by default whom httpx does.
    """
    return httpx.AsyncClient(
        verify=tls or httpx.create_ssl_context(),
        timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
        headers={"User-Agent": f"Kotodama/{VERSION}", "Accept-Encoding": "identity"},
        mounts={f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")},
    )


class Fetch:
    """The download of one file.

    Args:
        file: What the catalogue says about it.
        target: Where it will lie.
        client: Made by `make_client`.
        progress: Called with the bytes of the file that are there.
        free: Tells the room on the disk of a folder, bytes.
    """

    def __init__(
        self,
        file: CatalogueFile,
        target: Path,
        client: httpx.AsyncClient,
        limits: Limits,
        progress: Callable[[int], None] = lambda done: None,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._file = file
        self._client = client
        self._limits = limits
        self._progress = progress
        self._free = free
        self._part = Part(target, file)

    async def run(self) -> None:
        """Download the file.

        Raises:
            DownloadError: It cannot be had from any of its addresses; of several reasons the
                first one is told, unless the disk is full.
            DamagedError: It came, without a known hash, and is broken.
        """
        try:
            await self._open()
            await self._from_mirrors()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._part.close)

    async def _open(self) -> None:
        await anyio.to_thread.run_sync(self._part.open)
        self._progress(self._part.size)
        await self._check_room(self._file.bytes)

    async def _check_room(self, total: int) -> None:
        needed = max(0, total - self._part.size)
        folder = self._part.target.parent
        free = await anyio.to_thread.run_sync(self._free, folder)
        if needed and free < needed + self._limits.reserve:
            raise DiskFullError(
                f"{self._file.name} needs {_size(needed)}, and {folder} has {_size(free)} free,"
                f" of which {_size(self._limits.reserve)} stay free; make room first."
            )

    async def _from_mirrors(self) -> None:
        first: DownloadError | DamagedError | None = None
        for url in self._file.urls:
            try:
                await self._from(url)
                return
            except (DiskFullError, DiskError):
                raise
            except (DownloadError, DamagedError) as error:
                log.info("%s: %s", url, error.message)
                first = first or error
        assert first is not None
        raise first

    async def _from(self, url: str) -> None:
        """Download from one address, with further tries where these may help."""
        failed = 0
        while True:
            before = self._part.size
            try:
                if not self._is_whole():
                    await self._request(url)
                await anyio.to_thread.run_sync(self._part.finish)
                return
            except (DiskFullError, DiskError):
                raise
            except WrongHashError:
                self._progress(0)
                # Bytes of two versions, or of two servers, may have met: one more try from zero.
                if not before:
                    raise
                failed += 1
            except DownloadError as error:
                if not error.retryable:
                    raise
                failed = 0 if self._part.size - before >= FRUITFUL_BYTES else failed + 1
                # Where nothing has come yet and nobody answers, the user is told soon.
                hopeless = isinstance(error, NoNetworkError) and not self._part.size
                if failed >= (min(2, self._limits.tries) if hopeless else self._limits.tries):
                    raise
                log.info("%s: %s", url, error.message)
            await anyio.sleep(self._limits.backoff_s * 2 ** max(0, failed - 1))

    def _is_whole(self) -> bool:
        total = self._file.size or self._part.origin.total
        return bool(total) and self._part.size == total

    async def _request(self, url: str) -> None:
        await self._drop_foreign(url)
        have = self._part.size
        async with self._answer(url, self._headers(url, have)) as response:
            try:
                body = read_answer(response, self._file, have)
            except WrongRangeError:
                await anyio.to_thread.run_sync(self._part.restart)
                raise
            if body.start != have:
                # The server knows no ranges, or has another version now: it sends all of it.
                await anyio.to_thread.run_sync(self._part.restart)
            if not self._file.bytes:
                await self._check_room(body.total)
            await anyio.to_thread.run_sync(self._part.came_from, url, body.validator, body.total)
            await self._take(response, body)
        if body.total and self._part.size < body.total:
            raise _cut(self._file.name, response.url.host)

    async def _drop_foreign(self, url: str) -> None:
        """Without a hash, only the same version from the same address may be continued."""
        same = self._part.origin.url == url and bool(self._part.origin.validator)
        if self._part.size and not expected_hash(self._file) and not same:
            await anyio.to_thread.run_sync(self._part.restart)

    def _headers(self, url: str, have: int) -> dict[str, str]:
        if not have:
            return {}
        headers = {"Range": f"bytes={have}-"}
        if self._part.origin.url == url and self._part.origin.validator:
            headers["If-Range"] = self._part.origin.validator
        return headers

    @asynccontextmanager
    async def _answer(self, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """The answer at the end of the redirects."""
        if not is_allowed(url):
            raise RedirectError(f"{url[:80]} is not an https address; nothing was fetched.")
        for _ in range(MOST_REDIRECTS):
            with network_errors(self._file.name, url):
                request = self._client.build_request("GET", url, headers=headers)
                response = await self._client.send(request, stream=True)
            try:
                if response.status_code not in REDIRECTS:
                    yield response
                    return
                url = redirect_target(response, url)
            finally:
                with anyio.CancelScope(shield=True):
                    await response.aclose()
        raise RedirectError(f"{urlsplit(url).hostname} sends the download round in circles.")

    async def _take(self, response: httpx.Response, body: Body) -> None:
        """Write the body; what had come is kept also when it ends badly."""
        held = bytearray()
        pace = _Pace(self._limits, anyio.current_time())
        first = not self._part.size
        try:
            with network_errors(self._file.name, str(response.url)):
                async for data in response.aiter_raw():
                    if first and looks_like_page(data) and not self._file.name.endswith(".html"):
                        raise portal_error(self._file.name, response.url.host)
                    first = False
                    held += data
                    pace.count(len(data), anyio.current_time(), self._file.name)
                    if len(held) >= _HELD_BYTES:
                        await self._write(held)
                    self._progress(self._part.size + len(held))
        finally:
            if held:
                with anyio.CancelScope(shield=True):
                    await self._write(held)

    async def _write(self, held: bytearray) -> None:
        data = bytes(held)
        held.clear()
        await anyio.to_thread.run_sync(self._part.write, data)


class _Pace:
    """Watches that a download moves.

    Raises:
        TooSlowError: From `count`: less than the least came over the last span.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._since = now
        self._bytes = 0

    def count(self, size: int, now: float, name: str) -> None:
        self._bytes += size
        span = now - self._since
        if span < self._limits.slow_after_s:
            return
        if self._bytes < self._limits.slow_bytes_s * span:
            raise TooSlowError(
                f"{name} comes at {self._bytes / span:.0f} bytes a second, which is next to"
                " nothing; try again later or on another network."
            )
        self._since, self._bytes = now, 0


def _cut(name: str, host: str) -> CutError:
    return CutError(
        f"{host} ended the connection before {name} was whole; what came is kept, and the"
        " download can go on."
    )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
