"""What went wrong with a chat server, in one sentence that says what to do."""

from __future__ import annotations

import json
import re
from typing import Any

from backend.engines.http.answers import error_text, looks_like_html, quoted
from backend.errors import EngineError

_TOO_LONG = re.compile(
    r"context[_ ]length|maximum context|context window|context size|too many tokens|"
    r"prompt is too long|exceeds? the (?:available )?context|input (?:is )?too long",
    re.I,
)
_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|credits?|funds|balance)|payment required|"
    r"exceeded your current quota|more credits",
    re.I,
)
_UNKNOWN_MODEL = re.compile(
    r"model\b.{0,120}(?:not found|not exist|unknown|not a valid|not available|no such)|"
    r"(?:no|unknown|invalid) model|model_not_found|no endpoints found|not a valid model",
    re.I | re.S,
)
_FLAGGED = re.compile(r"moderation|flagged|content[_ ]policy|content[_ ]filter", re.I)


class ChatServerError(EngineError):
    """A chat server did not answer as it should.

    Attributes:
        transient: Whether the same request may work in a moment.
        retry_after: Seconds that the server asked to wait, or None.
    """

    def __init__(
        self, message: str, *, transient: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message, retryable=transient)
        self.transient = transient
        self.retry_after = retry_after


def status_failure(
    status: int, body: str, *, server: str, model: str, retry_after: float | None = None
) -> ChatServerError:
    """The failure behind an HTTP status and the body that came with it."""
    if looks_like_html(body) and status not in (429, 502, 503, 504):
        return web_page(server)
    said = error_text(body)
    sentence = _sentence(status, said, server, model)
    transient = status in (408, 409, 425, 429) or status >= 500
    if (status == 429 and _NO_CREDIT.search(said)) or _TOO_LONG.search(said):
        transient = False
    return ChatServerError(sentence, transient=transient, retry_after=retry_after)


def _sentence(status: int, said: str, server: str, model: str) -> str:
    if status == 402 or _NO_CREDIT.search(said):
        return (
            f"{server} says that there is no credit left; add credit there or choose a free model."
        )
    if _TOO_LONG.search(said) or status == 413:
        return (
            "The conversation is longer than the model can take; clear the chat or choose a model "
            "with a longer context."
        )
    if status == 403 and _FLAGGED.search(said):
        return f"{server} refused this message by its own rules; put it in other words."
    if status in (401, 403):
        return f"{server} refused the key; check the key in the settings."
    if _UNKNOWN_MODEL.search(said):
        return f"{server} has no model named {model}; choose another model in the settings."
    if status == 404:
        return (
            f"{server} knows neither this address nor the model {model}; check both in the "
            "settings (most addresses end in /v1)."
        )
    if status == 429:
        return f"{server} is limiting how often it may be asked; wait a moment and try again."
    if status >= 500:
        return f"{server} has a problem of its own (status {status}); try again in a moment."
    return f"{server} refused the request (status {status}){quoted(said)}."


def stream_failure(error: Any, *, server: str, model: str) -> ChatServerError:
    """The failure behind an error object that arrived inside a stream."""
    status = error.get("code") if isinstance(error, dict) else None
    said = error_text(json.dumps({"error": error}))
    if isinstance(status, int) and 400 <= status < 600:
        return status_failure(status, json.dumps({"error": error}), server=server, model=model)
    for pattern, code in ((_NO_CREDIT, 402), (_TOO_LONG, 413), (_UNKNOWN_MODEL, 404)):
        if pattern.search(said):
            return ChatServerError(_sentence(code, said, server, model))
    return ChatServerError(
        f"{server} stopped with an error{quoted(said)}; try again.", transient=True
    )


def web_page(server: str) -> ChatServerError:
    """Something answered, but it is a page for people: a wrong address or a captive portal."""
    return ChatServerError(
        f"The address of {server} answered with a web page, not as a chat server; check the "
        "address and whether the network wants you to sign in."
    )


def not_a_chat(server: str) -> ChatServerError:
    """Something answered, but not in a form that can be read."""
    return ChatServerError(
        f"The address of {server} answered with something that is not a chat reply; check the "
        "address."
    )
