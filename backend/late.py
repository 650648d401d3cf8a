"""An ASGI application that is imported and made after the server has started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class LateApp:
    """Stands where the application will stand; a call that comes before waits for it.

    Args:
        make: Imports and makes the application; called once, in a worker thread.
    """

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._app: ASGIApp | None = None

    def made(self) -> ASGIApp:
        """The application, made now if it is not yet; blocks meanwhile."""
        with self._lock:
            if self._app is None:
                self._app = self._make()
            return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on."""
        app = self._app
        if app is None:
            app = await asyncio.to_thread(self.made)
        await app(scope, receive, send)
