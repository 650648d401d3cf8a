"""A Wyoming server by the package's own classes, on a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wyoming.server import AsyncEventHandler, AsyncTcpServer


@contextmanager
def wyoming_server(handler: Callable[..., AsyncEventHandler]) -> Iterator[int]:
    """Serve on a free port, which comes back; each connection gets a handler of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    loop = asyncio.new_event_loop()
    server: Any = AsyncTcpServer("127.0.0.1", port)
    loop.run_until_complete(server.start(handler))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
