"""The backend's application: the one place where its parts are put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from backend.errors import KotodamaError
from backend.health import Monitor
from backend.logs import LogStream, start_logging
from backend.room import EngineRoom, open_room
from backend.routes import characters, chat, engines, events, models, system, voice
from backend.routes import settings as settings_routes
from backend.security import Guard, error_body, is_loopback
from config import VERSION, Settings, names
from database import backup_is_due
from event_system import ErrorOccurred

REHEARSAL_AFTER_S = 0.7
log = logging.getLogger("kotodama.app")

DESCRIPTION = """The engine room of Kotodama. Every call carries the run's token:
`Authorization: Bearer TOKEN`. The sockets are described in `docs/protocol.md`."""


def create_app(settings: Settings, token: str) -> FastAPI:
    """Make the application.

    Args:
        settings: As read at start.
        token: What every caller must show.

    Raises:
        DatabaseError: The database cannot be opened at all.
    """
    room = open_room(settings)
    app = FastAPI(title="Kotodama", version=VERSION, description=DESCRIPTION, lifespan=_lifespan)
    app.state.room = room
    app.state.monitor = Monitor(
        room.bus,
        settings.database_path.parent,
        clients=lambda: room.bus.subscribers,
        avatar_fps=lambda: sum(one.stage.measured_fps for one in room.sessions.values()),
    )
    app.state.log_stream = LogStream(room.bus)
    for part in (system, characters, chat, engines, models, settings_routes, events, voice):
        app.include_router(part.router)
    _answer_errors(app)
    hosts = (
        []
        if is_loopback(settings.api_host)
        else [settings.api_host, *names(settings.allowed_hosts)]
    )
    app.add_middleware(Guard, token=token, hosts=hosts, origins=names(settings.allowed_origins))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
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
            _rehearse(room),
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


def _answer_errors(app: FastAPI) -> None:
    """Give every error the one shape."""

    @app.exception_handler(KotodamaError)
    async def known(request: Request, error: KotodamaError) -> JSONResponse:
        return JSONResponse(error_body(error), error.status)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return _plain("bad_input", "The body is not valid JSON.", 422)
        where = ".".join(str(part) for part in first["loc"][1:]) or "the body"
        return _plain("bad_input", f"{where}: {first['msg']}.", 422)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        # FastAPI wraps whatever goes wrong while a body comes in, the size limit too.
        if isinstance(error.__cause__, KotodamaError):
            return await known(request, error.__cause__)
        return _plain("http", f"{error.detail}.", error.status_code)

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        log.exception("%s failed", request.url.path, exc_info=error)
        return _plain(
            "internal", "Something went wrong in the backend; the log has the details.", 500
        )


def _plain(code: str, message: str, status: int) -> JSONResponse:
    body = {"error": {"code": code, "message": message, "retryable": False}}
    return JSONResponse(body, status)
