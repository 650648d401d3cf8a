"""Errors in the shape that OpenAI's clients know, for the calls under `/v1`.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from backend.errors import BadInputError, KotodamaError, NotFoundError

PREFIX = "/v1/"


class ParameterError(BadInputError):
    """A parameter of a call under `/v1` cannot be used."""

    code = "invalid_value"

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


class UnknownModelError(NotFoundError):
    """There is no such model."""

    code = "model_not_found"

    def __init__(self, model: str) -> None:
        super().__init__(f"There is no model {model[:80]!r} here; GET /v1/models lists them.")
        self.param = "model"


def is_openai(path: str) -> bool:
    """Whether a call is one of OpenAI's, whose clients want their own shape of errors."""
    return path.startswith(PREFIX)


def openai_status(status: int) -> int:
    """The status that OpenAI gives: what cannot be used is 400 there."""
    return 400 if status == 422 else status


def openai_error_body(error: KotodamaError) -> dict[str, object]:
    """An error of the family in OpenAI's shape."""
    param = getattr(error, "param", None)
    return openai_body(error.code, error.message, error.status, param)


def openai_body(
    code: str, message: str, status: int, param: str | None = None
) -> dict[str, object]:
    """OpenAI's shape of an error."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    kind = "rate_limit_error" if status == 429 else kind
    if status == 401:
        kind, code = "authentication_error", "invalid_api_key"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
