"""What every error of the API looks like."""

from __future__ import annotations

import httpx


def error_of(answer: httpx.Response, status: int, code: str = "") -> str:
    """The error's sentence, after a check of its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert set(body["error"]) == {"code", "message", "retryable"}
    message = body["error"]["message"]
    assert isinstance(message, str)
    assert message.strip()
    assert "\n" not in message
    assert message[-1] in ".?!"
    assert isinstance(body["error"]["retryable"], bool)
    if code:
        assert body["error"]["code"] == code
    return message


def openai_error_of(answer: httpx.Response, status: int) -> str:
    """The sentence of an error under `/v1`, after a check of its shape, which is OpenAI's."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str)
    assert error["message"][-1] in ".?!"
    return error["message"]
