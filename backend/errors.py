"""The errors that the backend raises on purpose, one family: `code`, `message`, `retryable`.

Each carries the HTTP status that the edge answers with, so that routes need no table of their own.
"""

from __future__ import annotations

from config import KotodamaError

__all__ = [
    "BadInputError",
    "BusyError",
    "EngineError",
    "EngineUnavailableError",
    "ForbiddenError",
    "KotodamaError",
    "NotFoundError",
    "StorageError",
    "TooLargeError",
]


class BadInputError(KotodamaError):
    """What the user gave cannot be used; the message says what can."""

    code = "bad_input"
    status = 422


class TooLargeError(BadInputError):
    """More than the limit was given."""

    code = "too_large"
    status = 413


class NotFoundError(KotodamaError):
    """The thing asked for is not there."""

    code = "not_found"
    status = 404


class ForbiddenError(KotodamaError):
    """The caller may not do this."""

    code = "forbidden"
    status = 403


class BusyError(KotodamaError):
    """All places are taken; trying again later helps."""

    code = "busy"
    status = 429
    retryable = True


class StorageError(KotodamaError):
    """The disk or the database refused."""

    code = "storage"
    status = 507


class EngineError(KotodamaError):
    """An engine failed while it worked; the host falls back to the next one."""

    code = "engine_failed"
    status = 502
    retryable = True


class UnsupportedError(EngineError):
    """An engine is well, but has no such voice or language; it goes on with what it has."""

    code = "engine_unsupported"
    status = 422
    retryable = False


class EngineUnavailableError(EngineError):
    """No engine of this kind can run here, or the one asked for cannot."""

    code = "engine_unavailable"
    status = 503
