"""What the network chat models share: one client, lines of a stream, patience and retries."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from backend.engines.http.answers import ends_surely, retry_after_seconds
from backend.engines.http.endpoint import Endpoint
from backend.engines.llm.http_errors import (
    ChatServerError,
    status_failure,
    web_page,
)

if TYPE_CHECKING:
    import httpx

CONNECT_S = 5.0
PROBE_S = 0.3
MAX_LINE_BYTES = 1 << 20
MAX_ERROR_BYTES = 16_384
MAX_REDIRECTS = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to try again before the first token.

    Attributes:
        first_token: Seconds until the first sign of the model's work, all tries together.
        idle: Seconds between two signs of it.
        retries: Tries after the first one.
        backoff: Seconds before the first retry; doubled each time, with up to half of jitter.
        longest_wait: Most seconds to wait because the server asked for it.
    """

    first_token: float
    idle: float
    retries: int = 3
    backoff: float = 0.4
    longest_wait: float = 10.0

    def delay(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait before retry number `attempt`, counted from 0."""
        if asked is not None:
            return asked
        return self.backoff * float(2**attempt) * (1 + random.random() / 2)


class Answer:
    """A successful answer whose body is still arriving."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def ends_surely(self) -> bool:
        """Whether a complete body can be told from one that broke off."""
        return ends_surely(self._response.headers, self._response.http_version)

    async def lines(self) -> AsyncGenerator[str, None]:
        """The lines of the body, the last one also without a line end."""
        async with aclosing(_lines_of(self._response.aiter_bytes())) as lines:
            async for line in lines:
                yield line


class StreamingClient:
    """Posts to one server and reads the answer line by line.

    The client belongs to the event loop that uses it first and is made anew for another one.

    Args:
        endpoint: The server; nothing is ever sent to another one.
        server: Its name for error messages.
        headers: Sent with every request; may hold the key.
    """

    def __init__(self, endpoint: Endpoint, server: str, headers: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self.server = server
        self._headers = dict(headers)
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get_json(self, path: str, timeout_s: float) -> Any:
        """Fetch a small JSON document.

        Raises:
            ChatServerError: The server is away or answers something else.
        """
        import httpx

        try:
            response = await self._open_client().get(
                f"{self.endpoint.url}{path}", headers=self._headers, timeout=timeout_s
            )
            if response.status_code != 200:
                raise status_failure(
                    response.status_code, response.text, server=self.server, model=""
                )
            return response.json()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        except ValueError:
            raise web_page(self.server) from None

    @asynccontextmanager
    async def post(self, path: str, body: Mapping[str, Any], model: str) -> AsyncIterator[Answer]:
        """Post `body` as JSON and hand out the answer as it arrives; leaving closes it.

        Raises:
            ChatServerError: The server refused, went away, or answered with a web page.
        """
        import httpx

        try:
            response = await self._post(f"{self.endpoint.url}{path}", body)
            try:
                if response.status_code != 200:
                    raise await self._failure(response, model)
                if "text/html" in response.headers.get("content-type", ""):
                    raise web_page(self.server)
                yield Answer(response)
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def close(self) -> None:
        """Close the connections, from any thread."""
        client, loop = self._client, self._loop
        self._client = self._loop = None
        if client is not None and loop is not None and loop.is_running():
            with suppress(RuntimeError):
                asyncio.run_coroutine_threadsafe(client.aclose(), loop)

    def _open_client(self) -> httpx.AsyncClient:
        import httpx

        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=CONNECT_S),
                follow_redirects=False,
                trust_env=not self.endpoint.is_loopback,
            )
            self._loop = loop
        return self._client

    async def _post(self, url: str, body: Mapping[str, Any]) -> httpx.Response:
        """Send the request, also after redirects within the same server."""
        client = self._open_client()
        for _ in range(MAX_REDIRECTS + 1):
            request = client.build_request("POST", url, json=dict(body), headers=self._headers)
            response = await client.send(request, stream=True)
            if response.status_code not in (301, 302, 303, 307, 308):
                return response
            await response.aclose()
            target = self.endpoint.redirect(response.headers.get("location", ""))
            if target is None:
                break
            url = target
        raise ChatServerError(
            f"{self.server} sends the request on to another address, which was refused; enter the "
            "final address in the settings."
        )

    async def _failure(self, response: httpx.Response, model: str) -> ChatServerError:
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_ERROR_BYTES:
                break
        failure = status_failure(
            response.status_code,
            self._without_secrets(body.decode("utf-8", "replace")),
            server=self.server,
            model=model,
            retry_after=retry_after_seconds(response.headers.get("retry-after")),
        )
        return failure

    def _without_secrets(self, text: str) -> str:
        """The text without the headers' values, which some servers repeat in their errors."""
        for value in self._headers.values():
            for secret in (value, value.removeprefix("Bearer ")):
                if len(secret) > 5:
                    text = text.replace(secret, "…")
        return text

    def _unreachable(self, error: Exception) -> ChatServerError:
        """The failure behind an error of the connection; its own text may hold addresses."""
        import httpx

        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
            message = (
                f"{self.server} cannot be reached at {self.endpoint.host}; check that it runs."
            )
        elif isinstance(error, httpx.TimeoutException):
            message = f"{self.server} did not answer in time; try again."
        else:
            message = f"The connection to {self.server} broke off; try again."
        return ChatServerError(message, transient=True)


async def _lines_of(chunks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    r"""Split bytes at \n, \r\n and \r only: JSON text may hold other Unicode line ends."""
    held = b""
    async for chunk in chunks:
        held += chunk
        whole, held = _split_lines(held)
        for line in whole:
            yield line.decode("utf-8", "replace")
        if len(held) > MAX_LINE_BYTES:
            raise ChatServerError("The chat server sent a line without an end; check the address.")
    if held:
        yield held.decode("utf-8", "replace").rstrip("\r")


def _split_lines(data: bytes) -> tuple[list[bytes], bytes]:
    """The complete lines, and the rest; a carriage return at the end may be half a line end."""
    parts = data.splitlines(keepends=True)
    rest = parts.pop() if parts and not parts[-1].endswith(b"\n") else b""
    return [part.rstrip(b"\r\n") for part in parts], rest


async def patient_stream(
    open_stream: Callable[[], AsyncGenerator[str, None]], patience: Patience, server: str
) -> AsyncGenerator[str, None]:
    """Run a stream of pieces with time-outs, and again after a passing failure.

    Args:
        open_stream: Starts the request. It yields text, and "" for a sign of work that is not
            text (reasoning).
        patience: The limits. Nothing is tried again once text was yielded.
        server: Its name for error messages.

    Raises:
        ChatServerError: It failed for good, or too late to try again.
    """
    deadline = time.monotonic() + patience.first_token
    for attempt in range(patience.retries + 1):
        spoke = False
        try:
            async with aclosing(open_stream()) as pieces:
                async for piece in _on_time(pieces, deadline, patience.idle, server):
                    if piece:
                        spoke = True
                        yield piece
            return
        except ChatServerError as failure:
            delay = patience.delay(attempt, failure.retry_after)
            too_late = time.monotonic() + delay >= deadline or delay > patience.longest_wait
            if spoke or not failure.transient or attempt == patience.retries or too_late:
                raise
        await asyncio.sleep(delay)


async def _on_time(
    pieces: AsyncGenerator[str, None], deadline: float, idle: float, server: str
) -> AsyncIterator[str]:
    """Pass the pieces on; fail when the first or the next one is late."""
    limit = max(0.0, deadline - time.monotonic())
    begun = False
    while True:
        try:
            with anyio.fail_after(limit):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            late = "stopped in the middle of its answer" if begun else "took too long to begin"
            raise ChatServerError(
                f"{server} {late}; try again, or choose a smaller model."
            ) from None
        begun = True
        limit = idle
        yield piece
