"""The door: who may call the backend, and how much they may send.

Every request and every socket is checked for the token, for `Host` (against DNS rebinding) and
for `Origin` (against other web pages) before anything else sees it. CORS rules do not guard
sockets, so this is a middleware of its own.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import ForbiddenError, KotodamaError, TooLargeError
from backend.openai_errors import is_openai, openai_error_body

MAX_JSON_BYTES = 1_000_000
MAX_UPLOAD_BYTES = 64_000_000
UPLOAD_PATHS = ("/api/transcribe", "/api/generate-avatar", "/v1/audio/transcriptions")


class UnauthorizedError(KotodamaError):
    """The token is missing or wrong."""

    code = "unauthorized"
    status = 401


class Guard:
    """ASGI middleware that checks token, Host, Origin and size.

    Args:
        app: What it guards.
        token: The run's token.
        hosts: Host names that the backend answers to, without port.
        origins: Web origins that may connect beside the backend's own.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, hosts: Iterable[str], origins: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {host.casefold() for host in hosts} | {"localhost", "127.0.0.1", "[::1]"}
        self._origins = set(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
            if scope["type"] == "http":
                receive = _limited(scope, receive)
        except KotodamaError as error:
            await _refuse(scope, receive, send, error)
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.casefold() not in self._hosts:
            raise ForbiddenError(f"The backend does not answer to the host name {name[:80]!r}.")
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins and not _same(origin, host):
            raise ForbiddenError(
                f"Pages of {origin[:80]!r} may not connect; "
                "add it to ALLOWED_ORIGINS if it is yours."
            )
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not given:
            query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
            given = (query.get("token") or [""])[0]
        if not hmac.compare_digest(given.encode(), self._token):
            raise UnauthorizedError(
                "The access token is missing or wrong; "
                "it stands in data/backend.json while the backend runs."
            )


def _same(origin: str, host: str) -> bool:
    return urlsplit(origin).netloc.casefold() == host.casefold()


def is_loopback(host: str) -> bool:
    """Whether an address is reachable from this computer alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _limited(scope: Scope, receive: Receive) -> Receive:
    """A `receive` that stops at the size limit of the path.

    Raises:
        TooLargeError: The announced or the real size is over the limit.
    """
    limit = MAX_UPLOAD_BYTES if scope["path"] in UPLOAD_PATHS else MAX_JSON_BYTES
    announced = Headers(scope=scope).get("content-length", "0")
    too_large = TooLargeError(f"At most {limit // 1_000_000} MB can be sent here.")
    if announced.isdigit() and int(announced) > limit:
        raise too_large
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise too_large
        return message

    return limited


def error_body(error: KotodamaError) -> dict[str, object]:
    """The one shape of an error."""
    return {"error": {"code": error.code, "message": error.message, "retryable": error.retryable}}


async def _refuse(scope: Scope, receive: Receive, send: Send, error: KotodamaError) -> None:
    if scope["type"] == "websocket":
        await receive()
        code = 4401 if isinstance(error, UnauthorizedError) else 4403
        await send({"type": "websocket.close", "code": code, "reason": error.message})
        return
    shape = openai_error_body if is_openai(scope["path"]) else error_body
    body = json.dumps(shape(error)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
