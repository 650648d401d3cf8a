"""The backend's application: the one place where its parts are put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, WebSocketRoute
from starlette.types import ASGIApp

from backend.errors import KotodamaError
from backend.health import Monitor
from backend.heap import keep_small, share_heaps
from backend.late import LateApp
from backend.logs import LogStream, start_logging
from backend.room import EngineRoom, open_room
from backend.routes.event_socket import event_socket
from backend.routes.voice import voice_socket
from backend.security import Guard, is_loopback
from config import VERSION, Settings, names
from database import backup_is_due
from event_system import ErrorOccurred

API_AFTER_S = 0.2
"""When the HTTP API is loaded, unless it is asked before: the sockets come first."""
REHEARSAL_AFTER_S = 0.7
log = logging.getLogger("kotodama.app")


def create_app(settings: Settings, token: str) -> Starlette:
    """Make the application.

    Args:
        settings: As read at start.
        token: What every caller must show.

    Raises:
        DatabaseError: The database cannot be opened at all.
    """
    share_heaps()
    room = open_room(settings)
    hosts = (
        []
        if is_loopback(settings.api_host)
        else [settings.api_host, *names(settings.allowed_hosts)]
    )
    guard = Middleware(Guard, token=token, hosts=hosts, origins=names(settings.allowed_origins))

    def make_api() -> ASGIApp:
        from backend.api import create_api

        return create_api(app.state)

    api = LateApp(make_api)
    app = Starlette(
        routes=[
            WebSocketRoute("/ws/events", event_socket),
            WebSocketRoute("/ws/voice", voice_socket),
            WebSocketRoute("/voice-chat", voice_socket),
            Mount("/", api),
        ],
        middleware=[guard],
        lifespan=_lifespan,
    )
    app.state.api = api
    app.state.room = room
    app.state.monitor = Monitor(
        room.bus,
        settings.database_path.parent,
        clients=lambda: room.bus.subscribers,
        avatar_fps=lambda: sum(one.stage.measured_fps for one in room.sessions.values()),
    )
    app.state.log_stream = LogStream(room.bus)
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    room: EngineRoom = app.state.room
    stream: LogStream = app.state.log_stream
    for problem in start_logging(room.settings, [stream], console=room.settings.debug):
        room.bus.publish(ErrorOccurred(code="log_file", message=problem))
    room.tell_notices()
    jobs = [
        asyncio.create_task(job)
        for job in (
            room.recorder.run(),
            app.state.monitor.run(),
            stream.pump(),
            _load_api(app.state.api),
            keep_small(_rehearse(room)),
            _back_up(room),
        )
    ]
    log.info("backend %s is ready", VERSION)
    try:
        yield
    finally:
        for job in jobs:
            job.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*jobs, return_exceptions=True)
        await room.close()


async def _load_api(api: LateApp) -> None:
    await asyncio.sleep(API_AFTER_S)
    await asyncio.to_thread(api.made)


async def _rehearse(room: EngineRoom) -> None:
    """Make the first turn quick, once the clients that wait have connected."""
    await asyncio.sleep(REHEARSAL_AFTER_S)
    await room.rehearse()


async def _back_up(room: EngineRoom) -> None:
    """Copy the database once a day, some time after the start."""
    await asyncio.sleep(30)
    path = room.database.path
    while True:
        try:
            if await asyncio.to_thread(backup_is_due, path):
                await asyncio.to_thread(room.database.backup)
        except KotodamaError as error:
            room.bus.publish(ErrorOccurred(code=error.code, message=error.message))
        await asyncio.sleep(3600)
