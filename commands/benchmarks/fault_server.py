"""A real HTTP server on loopback that misbehaves as servers and networks do, for downloads."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORTAL = b"<!DOCTYPE html><html><body>Please sign in to the hotel's network.</body></html>"


@dataclass
class Request:
    """One request as it came in."""

    path: str
    start: int
    headers: dict[str, str]


Behaviour = Callable[["Handler", bytes, Request], None]


@dataclass
class Shelf:
    """What the server gives: contents by path, and how it behaves, one behaviour a request.

    The last behaviour stays for all further requests.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    behaviours: dict[str, list[Behaviour]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    protocol_version = "HTTP/1.1"
    shelf: Shelf

    def do_GET(self) -> None:
        """Behave as the shelf says."""
        path = self.path.partition("?")[0]
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        request = Request(path, int(asked[1]) if asked else 0, dict(self.headers.items()))
        self.shelf.requests.append(request)
        waiting = self.shelf.behaviours.get(path, [good])
        behave = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        try:
            behave(self, self.shelf.contents.get(path, b""), request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def give(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        """Send an answer whose header says `length` bytes, whatever it has."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        """End the connection after what was sent."""
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def etag(content: bytes) -> str:
    """The server's mark of a version."""
    return f'"{hash(content) & 0xFFFFFFFF:x}"'


def good(handler: Handler, content: bytes, request: Request) -> None:
    """As a server should: ranges, If-Range, ETag."""
    fresh = request.headers.get("If-Range", etag(content)) == etag(content)
    if request.start >= len(content) > 0 and request.start:
        handler.give(416, b"", Content_Range=f"bytes */{len(content)}")
    elif request.start and fresh:
        span = f"bytes {request.start}-{len(content) - 1}/{len(content)}"
        handler.give(206, content[request.start :], Content_Range=span, ETag=etag(content))
    else:
        handler.give(200, content, ETag=etag(content))


def no_ranges(handler: Handler, content: bytes, request: Request) -> None:
    """Send all of it, whatever was asked."""
    handler.give(200, content)


def cut_after(count: int, *, ranged: bool = True) -> Behaviour:
    """Send so many bytes of what was asked for, then end the connection."""

    def behave(handler: Handler, content: bytes, request: Request) -> None:
        start = request.start if ranged else 0
        rest = content[start:]
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        status = 206 if start else 200
        handler.give(status, rest[:count], len(rest), Content_Range=span, ETag=etag(content))
        handler.hang_up()

    return behave


def stall_after(count: int, seconds: float) -> Behaviour:
    """Send so many bytes, then nothing for a while, then end the connection."""

    def behave(handler: Handler, content: bytes, request: Request) -> None:
        rest = content[request.start :]
        span = f"bytes {request.start}-{len(content) - 1}/{len(content)}"
        status = 206 if request.start else 200
        handler.give(status, rest[:count], len(rest), Content_Range=span, ETag=etag(content))
        handler.wfile.flush()
        time.sleep(seconds)
        handler.hang_up()

    return behave


def drip(seconds: float) -> Behaviour:
    """Send a byte at a time."""

    def behave(handler: Handler, content: bytes, request: Request) -> None:
        handler.give(200, b"", len(content))
        for at in range(len(content)):
            handler.wfile.write(content[at : at + 1])
            handler.wfile.flush()
            time.sleep(seconds)

    return behave


def wrong_range(shift: int) -> Behaviour:
    """Answer a range that begins elsewhere than asked; as a server should without one."""

    def behave(handler: Handler, content: bytes, request: Request) -> None:
        if not request.start:
            good(handler, content, request)
            return
        start = max(0, request.start + shift)
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        handler.give(206, content[start:], Content_Range=span, ETag=etag(content))

    return behave


def status(code: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer with a status."""

    def behave(handler: Handler, content: bytes, request: Request) -> None:
        handler.give(code, body, None, **headers)

    return behave


def other_content(content: bytes) -> Behaviour:
    """Give another content of any length."""

    def behave(handler: Handler, _content: bytes, request: Request) -> None:
        good(handler, content, request)

    return behave


def flipped(handler: Handler, content: bytes, request: Request) -> None:
    """Give a content with one byte changed."""
    middle = len(content) // 2
    changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    good(handler, changed, request)


def portal(handler: Handler, content: bytes, request: Request) -> None:
    """A sign-in page in place of the file."""
    handler.give(200, PORTAL, Content_Type="text/html; charset=utf-8")


def disguised_portal(handler: Handler, content: bytes, request: Request) -> None:
    """A web page that says that it is a file."""
    handler.give(200, PORTAL, Content_Type="application/octet-stream")


def lying_length(change: int) -> Behaviour:
    """Say another length than is sent."""

    def behave(handler: Handler, content: bytes, request: Request) -> None:
        handler.give(200, content, max(1, len(content) + change))
        handler.hang_up()

    return behave


def chunked(share: float = 1.0) -> Behaviour:
    """Send without a length, a share of it, ended properly."""

    def behave(handler: Handler, content: bytes, request: Request) -> None:
        body = content[: int(len(content) * share)]
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for at in range(0, len(body), 1000):
            piece = body[at : at + 1000]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    return behave


def redirect(target: str, code: int = 302) -> Behaviour:
    """Point to another address."""
    return status(code, b"", Location=target)


def packed(handler: Handler, content: bytes, request: Request) -> None:
    """Claim that the content is compressed."""
    handler.give(200, content, Content_Encoding="gzip")


def nonsense(handler: Handler, content: bytes, request: Request) -> None:
    """Answer with what is not HTTP."""
    handler.wfile.write(b"220 mail.example ESMTP ready\r\n")
    handler.hang_up()


class _QuietServer(ThreadingHTTPServer):
    """Does not tell of clients that hang up: here they have every reason to."""

    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """Say nothing."""


class FaultServer:
    """The server, running in a thread for as long as the context lasts."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        handler = type("BoundHandler", (Handler,), {"shelf": self.shelf})
        self._server = _QuietServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, path: str, content: bytes, *behaviours: Behaviour) -> str:
        """Give a content at a path; its address comes back."""
        self.shelf.contents[path] = content
        self.shelf.behaviours[path] = list(behaviours) or [good]
        return self.url + path

    def __enter__(self) -> FaultServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
