"""A whole backend in a thread of this process, so that what it leaves behind can be counted."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config import Settings


@dataclass(frozen=True)
class BackendThread:
    """A backend that serves.

    Attributes:
        port: On 127.0.0.1.
        token: What every caller must show.
        loop: On which it runs.
    """

    port: int
    token: str
    loop: asyncio.AbstractEventLoop

    def tasks(self) -> list[str]:
        """What the tasks that are not done are running, sorted; from any thread."""

        async def names() -> list[str]:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            return sorted(_name(task) for task in others)

        return asyncio.run_coroutine_threadsafe(names(), self.loop).result(10)


@contextmanager
def backend_thread(settings: Settings) -> Iterator[BackendThread]:
    """Serve within the block."""
    import uvicorn

    from backend.app import create_app

    token = secrets.token_urlsafe(16)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(settings, token),
        log_config=None,
        timeout_graceful_shutdown=1,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve([listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield BackendThread(listener.getsockname()[1], token, loops[0])
    finally:
        server.should_exit = True
        thread.join(10)


def _name(task: asyncio.Task[object]) -> str:
    return getattr(task.get_coro(), "__qualname__", task.get_name())
