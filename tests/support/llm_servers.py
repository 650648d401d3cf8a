"""Small real HTTP servers that answer as language model servers do, with their faults.

`ChatServer` listens on a free loopback port and hands each request to a handler, which writes raw
HTTP. The handlers below imitate the shapes of `transformers serve` (no end mark, errors as
`detail`), `llama_cpp.server` (`[DONE]`, OpenAI-shaped errors) and Ollama (one JSON object a line).
"""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """Writes one answer, chunked unless told otherwise."""

    writer: asyncio.StreamWriter
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    chunked: bool = True

    async def begin(
        self,
        status: int = 200,
        content_type: str = "text/event-stream",
        headers: dict[str, str] | None = None,
        chunked: bool = True,
    ) -> None:
        self.chunked = chunked
        lines = [f"HTTP/1.1 {status} X", f"content-type: {content_type}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines.append("transfer-encoding: chunked" if chunked else "connection: close")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self.writer.drain()

    async def send(self, data: str | bytes) -> None:
        raw = data.encode() if isinstance(data, str) else data
        self.writer.write(b"%x\r\n%s\r\n" % (len(raw), raw) if self.chunked else raw)
        await self.writer.drain()

    async def end(self) -> None:
        if self.chunked:
            self.writer.write(b"0\r\n\r\n")
            await self.writer.drain()

    async def whole(
        self,
        body: str,
        status: int = 200,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        await self.begin(status, content_type, headers)
        await self.send(body)
        await self.end()


Handler = Callable[[Request, Reply], Awaitable[None]]


@dataclass
class ChatServer:
    """A running server: where it is, and what it was asked."""

    port: int
    requests: list[Request] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def posts(self) -> list[Request]:
        return [request for request in self.requests if request.method == "POST"]


@asynccontextmanager
async def serve(*handlers: Handler) -> AsyncIterator[ChatServer]:
    """Serve: the first request gets the first handler, and so on; the last one stays."""
    served = ChatServer(port=0)
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while (request := await _read(reader)) is not None:
                served.requests.append(request)
                place = min(len(served.requests), len(handlers)) - 1
                watch = asyncio.create_task(_watch(reader, served.hung_up))
                reply = Reply(writer)
                await handlers[place](request, reply)
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
                if not reply.chunked:
                    return
        except (ConnectionError, asyncio.CancelledError):
            served.hung_up.set()
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(reader: asyncio.StreamReader, hung_up: asyncio.Event) -> None:
    """Notice that the client closed its side while an answer is being written."""
    while not reader.at_eof():  # noqa: ASYNC110 (reading would take the next request's bytes)
        await asyncio.sleep(0.005)
    hung_up.set()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


def chunk(content: str | None = None, finish: str | None = None, **delta: Any) -> str:
    """One chat.completion.chunk as JSON."""
    if content is not None:
        delta["content"] = content
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "tiny",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
    )


def transformers_serve(words: Sequence[str]) -> Handler:
    """Role first, then words, then a finish reason, and no end mark."""

    async def handle(request: Request, reply: Reply) -> None:
        await reply.begin()
        await reply.send(f"data: {chunk(role='assistant')}\n\n")
        for word in words:
            await reply.send(f"data: {chunk(word)}\n\n")
        await reply.send(f"data: {chunk(finish='stop')}\n\n")
        await reply.end()

    return handle


def llama_cpp_server(words: Sequence[str]) -> Handler:
    """CRLF line ends, a keep-alive comment, a usage chunk without choices, and `[DONE]`."""

    async def handle(request: Request, reply: Reply) -> None:
        if request.method == "GET":
            await reply.whole(
                json.dumps({"object": "list", "data": [{"id": "nomic-embed-text"}, {"id": "tiny"}]})
            )
            return
        await reply.begin(content_type="text/event-stream; charset=utf-8")
        await reply.send(": ping - now\r\n\r\n")
        await reply.send(f"data: {chunk(role='assistant')}\r\n\r\n")
        for word in words:
            await reply.send(f"data: {chunk(word)}\r\n\r\n")
        await reply.send(f"data: {chunk(finish='stop')}\r\n\r\n")
        await reply.send(
            'data: {"object":"chat.completion.chunk","choices":[],"usage":{"total_tokens":9}}\r\n\r\n'
        )
        await reply.send("data: [DONE]\r\n\r\n")
        await reply.end()

    return handle


def ollama(words: Sequence[str], models: Sequence[dict[str, Any]] | None = None) -> Handler:
    """/api/tags and /api/chat of Ollama."""
    installed = (
        [{"name": "qwen3:4b", "model": "qwen3:4b", "details": {"family": "qwen3"}}]
        if models is None
        else models
    )

    async def handle(request: Request, reply: Reply) -> None:
        if request.path == "/api/tags":
            await reply.whole(json.dumps({"models": list(installed)}))
            return
        await reply.begin(content_type="application/x-ndjson")
        for word in words:
            await reply.send(ollama_line(word))
        await reply.send(
            json.dumps(
                {
                    "model": "m",
                    "message": {"role": "assistant", "content": ""},
                    "done": True,
                    "done_reason": "stop",
                    "eval_count": 3,
                }
            )
            + "\n"
        )
        await reply.end()

    return handle


def ollama_line(content: str, **message: Any) -> str:
    """One line of Ollama's stream."""
    body = {"role": "assistant", "content": content, **message}
    return (
        json.dumps(
            {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": body, "done": False}
        )
        + "\n"
    )


def answers(
    status: int, body: str, content_type: str = "application/json", **headers: str
) -> Handler:
    """One whole answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handle(request: Request, reply: Reply) -> None:
        await reply.whole(body, status, content_type, named)

    return handle


def sends(
    *parts: str | bytes | float,
    chunked: bool = True,
    finish: bool = True,
    content_type: str = "text/event-stream",
) -> Handler:
    """Raw parts of a stream; a number waits that many seconds; without `finish` it breaks off."""

    async def handle(request: Request, reply: Reply) -> None:
        await reply.begin(content_type=content_type, chunked=chunked)
        for part in parts:
            if isinstance(part, (int, float)):
                await asyncio.sleep(part)
            else:
                await reply.send(part)
        if finish:
            await reply.end()
        else:
            reply.writer.close()

    return handle
