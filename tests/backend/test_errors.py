"""The one shape of every error, whoever raises it."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from tests.support.answers import error_of


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/api/characters/999", 404),
        ("GET", "/api/characters/999/avatar", 404),
        ("GET", "/api/characters/999/chat", 404),
        ("DELETE", "/api/characters/999/chat", 404),
        ("DELETE", "/api/health", 405),
        ("GET", "/api/chat", 405),
        ("GET", "/api/characters/ren", 422),
        ("GET", "/api/characters/99999999999999999999999", 404),
        ("GET", "/api/characters/1/chat?limit=0", 422),
        ("GET", "/api/characters/1/chat?before=x", 422),
        ("GET", "/api/characters/1/avatar?size=9999", 422),
        ("GET", "/api/events?after=-1", 422),
        ("GET", f"/api/events?after={10**30}", 422),
        ("GET", f"/api/characters/1/chat?before={10**30}", 422),
        ("POST", "/api/generate-avatar", 422),
        ("POST", "/api/generate-avatar?name=", 422),
    ],
)
def test_wrong_calls(client: TestClient, method: str, path: str, status: int) -> None:
    error_of(client.request(method, path), status)


@pytest.mark.parametrize("path", ["/api/chat", "/api/tts", "/api/switch_character", "/api/config"])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"not json", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"a":NaN'],
)
def test_bodies_that_are_no_json_object(client: TestClient, path: str, content: bytes) -> None:
    answer = client.post(path, content=content, headers={"Content-Type": "application/json"})
    message = error_of(answer, 400 if content.startswith(b"[[") else 422)
    assert re.search("JSON|object|required|dictionary|body", message)


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/api/chat", {}, "text"),
        ("/api/chat", {"text": 5}, "text"),
        ("/api/chat", {"text": "Hi", "character_id": 0}, "character_id"),
        ("/api/chat", {"text": "Hi", "character_id": "x"}, "character_id"),
        ("/api/chat", {"text": "Hi", "stream": "perhaps"}, "stream"),
        ("/api/tts", {"text": None}, "text"),
        ("/api/switch_character", {"character_id": -1}, "character_id"),
    ],
)
def test_wrong_fields_are_named(
    client: TestClient, path: str, body: dict[str, object], named: str
) -> None:
    assert named in error_of(client.post(path, json=body), 422, "bad_input")


def test_a_bug_is_told_without_its_details(
    app: Starlette, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("secret details in /home/user")

    monkeypatch.setattr(app.state.room.characters, "all", broken)
    message = error_of(client.get("/api/characters"), 500, "internal")
    assert "secret" not in message
    assert "the log has the details" in message
    assert client.get("/api/health").status_code == 200


def test_the_documentation_is_there(client: TestClient) -> None:
    assert "swagger" in client.get("/docs").text.lower()
    document = client.get("/openapi.json").json()
    assert "/api/chat" in document["paths"]
    chat = document["components"]["schemas"]["ChatBody"]
    assert chat["examples"]
