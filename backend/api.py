"""The HTTP API: every route but the sockets, and the one shape of its errors.

FastAPI and the models of the answers take longer to load than all that a conversation needs, so
the sockets are served without them, and this module is imported in a thread meanwhile.
"""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import State
from starlette.exceptions import HTTPException

from backend.errors import KotodamaError
from backend.openai_errors import is_openai, openai_body, openai_error_body, openai_status
from backend.routes import (
    characters,
    chat,
    engines,
    events,
    models,
    pronunciations,
    system,
    v1,
    v1_transcriptions,
    voices,
)
from backend.routes import settings as settings_routes
from backend.security import error_body
from config import VERSION

log = logging.getLogger("kotodama.api")

DESCRIPTION = """The engine room of Kotodama. Every call carries the run's token:
`Authorization: Bearer TOKEN`. The sockets are described in `docs/protocol.md`."""


def create_api(state: State) -> FastAPI:
    """Make the API.

    Args:
        state: What the routes find in `request.app.state`: the room and the monitor.
    """
    api = FastAPI(title="Kotodama", version=VERSION, description=DESCRIPTION)
    api.state = state
    parts = (system, characters, chat, engines, models, settings_routes, events, voices)
    for part in (*parts, pronunciations, v1, v1_transcriptions):
        api.include_router(part.router)
    _answer_errors(api)
    return api


def _answer_errors(api: FastAPI) -> None:
    """Give every error the one shape."""

    @api.exception_handler(KotodamaError)
    async def known(request: Request, error: KotodamaError) -> JSONResponse:
        if is_openai(request.url.path):
            return JSONResponse(openai_error_body(error), openai_status(error.status))
        return JSONResponse(error_body(error), error.status)

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return _plain(request, "bad_input", "The body is not valid JSON.", 422)
        where = ".".join(str(part) for part in first["loc"][1:])
        message = f"{where or 'the body'}: {first['msg']}."
        return _plain(request, "bad_input", message, 422, where or None)

    @api.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        # FastAPI wraps whatever goes wrong while a body comes in, the size limit too.
        if isinstance(error.__cause__, KotodamaError):
            return await known(request, error.__cause__)
        return _plain(request, "http", f"{error.detail}.", error.status_code)

    @api.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        log.exception("%s failed", request.url.path, exc_info=error)
        return _plain(
            request,
            "internal",
            "Something went wrong in the backend; the log has the details.",
            500,
        )


def _plain(
    request: Request, code: str, message: str, status: int, param: str | None = None
) -> JSONResponse:
    if is_openai(request.url.path):
        return JSONResponse(openai_body(code, message, status, param), openai_status(status))
    body = {"error": {"code": code, "message": message, "retryable": False}}
    return JSONResponse(body, status)
