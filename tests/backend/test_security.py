"""The door: token, Host and Origin on every route and socket, and how much may be sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.websockets import WebSocketDisconnect

from backend.app import create_app
from backend.security import MAX_JSON_BYTES, MAX_UPLOAD_BYTES, UPLOAD_PATHS, is_loopback
from config import Settings
from tests.backend.conftest import TOKEN, URL
from tests.support.answers import error_of, openai_error_of

WS = URL.replace("http", "ws")
PART = 20_000
BAD_CALLS: dict[str, tuple[dict[str, str], int, str]] = {
    "no token": ({}, 401, "unauthorized"),
    "wrong token": ({"Authorization": "Bearer wrong"}, 401, "unauthorized"),
    "empty token": ({"Authorization": "Bearer "}, 401, "unauthorized"),
    "almost the token": ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401, "unauthorized"),
    "odd letters": ({"Authorization": "Bearer \xe9\xff"}, 401, "unauthorized"),
    "other host": ({"Authorization": f"Bearer {TOKEN}", "Host": "evil.test"}, 403, "forbidden"),
    "other origin": (
        {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.test"}, 403, "forbidden",
    ),
    "null origin": ({"Authorization": f"Bearer {TOKEN}", "Origin": "null"}, 403, "forbidden"),
    "other port": (
        {"Authorization": f"Bearer {TOKEN}", "Origin": "http://127.0.0.1:9999"}, 403, "forbidden",
    ),
}  # fmt: skip


def leaves(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, BaseRoute]]:
    """Every route with its whole path, also those of routers within the application."""
    for route in routes:
        inner = getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", None
        )
        path = prefix + getattr(route, "path", "")
        if inner:
            yield from leaves(inner, path if isinstance(route, Mount) else prefix)
        else:
            yield path, route


def http_calls(app: Starlette) -> list[tuple[str, str]]:
    calls = []
    for path, route in leaves(app.state.api.made().routes):
        for method in getattr(route, "methods", None) or ():
            calls.append((method, re.sub(r"\{[^}]*\}", "1", path)))
    return calls


def sockets(app: Starlette) -> list[str]:
    return [
        path for path, route in leaves(app.routes) if type(route).__name__.endswith("SocketRoute")
    ]


def test_the_routes_are_found(app: Starlette) -> None:
    calls = http_calls(app)
    assert {
        ("GET", "/api/health"), ("GET", "/api/status"), ("GET", "/api/engines"),
        ("GET", "/api/characters"), ("GET", "/api/characters/1"), ("POST", "/api/chat"),
        ("POST", "/api/switch_character"), ("POST", "/api/tts"), ("POST", "/api/config"),
        ("POST", "/api/generate-avatar"), ("GET", "/openapi.json"), ("GET", "/docs"),
    } <= set(calls)  # fmt: skip
    assert {"/ws/events", "/ws/voice"} <= set(sockets(app))


@pytest.mark.parametrize("kind", BAD_CALLS)
def test_every_route_refuses(app: Starlette, anybody: TestClient, kind: str) -> None:
    headers, status, code = BAD_CALLS[kind]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    for method, path in [*http_calls(app), ("GET", "/"), ("GET", "/no/such/page")]:
        answer = anybody.request(method, path, headers=raw)
        if method == "HEAD":
            assert answer.status_code == status
        elif path.startswith("/v1/"):
            openai_error_of(answer, status)
        else:
            error_of(answer, status, code)


@pytest.mark.parametrize("kind", [one for one in BAD_CALLS if one != "odd letters"])
def test_every_socket_refuses_before_accept(app: Starlette, anybody: TestClient, kind: str) -> None:
    headers, status, _code = BAD_CALLS[kind]
    for path in sockets(app):
        with (
            pytest.raises(WebSocketDisconnect) as caught,
            anybody.websocket_connect(WS + path, headers=headers),
        ):
            pass
        assert caught.value.code == {401: 4401, 403: 4403}[status]


def test_a_refused_call_changes_nothing(app: Starlette, anybody: TestClient) -> None:
    before = app.state.room.characters.active().id
    anybody.post("/api/switch_character", json={"character_id": 2})
    anybody.delete("/api/characters/1/chat")
    assert app.state.room.characters.active().id == before
    assert app.state.room.sessions == {}


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST", "[::1]:8765"])
def test_the_computers_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1.evil.test", "evil.test:8765", "localhost.evil.test", "0.0.0.0:8765"]
)
def test_other_names_are_not(client: TestClient, host: str) -> None:
    error_of(client.get("/api/health", headers={"Host": host}), 403, "forbidden")


def test_the_own_origin_may_connect(client: TestClient) -> None:
    assert client.get("/api/health", headers={"Origin": URL}).status_code == 200


def test_the_token_may_stand_in_the_address(anybody: TestClient) -> None:
    assert anybody.get(f"/api/health?token={TOKEN}").status_code == 200
    error_of(anybody.get("/api/health?token=wrong"), 401, "unauthorized")
    error_of(anybody.get(f"/api/health?Token={TOKEN}"), 401, "unauthorized")


def test_a_wrong_header_is_not_made_good_by_the_address(anybody: TestClient) -> None:
    answer = anybody.get(f"/api/health?token={TOKEN}", headers={"Authorization": "Bearer wrong"})
    error_of(answer, 401, "unauthorized")


def test_allowed_origins_and_hosts_come_from_the_settings(
    settings: Settings, model: Any, voice: Any
) -> None:
    opened = settings.model_copy(
        update={
            "api_host": "192.0.2.7",
            "allowed_hosts": "studio.test",
            "allowed_origins": "http://overlay.test, https://other.test",
        }
    )
    app = create_app(opened, TOKEN)
    client = TestClient(app, base_url=URL, headers={"Authorization": f"Bearer {TOKEN}"})
    for host in ("192.0.2.7:8765", "studio.test", "localhost"):
        assert client.get("/api/health", headers={"Host": host}).status_code == 200
    for origin in ("http://overlay.test", "https://other.test"):
        assert client.get("/api/health", headers={"Origin": origin}).status_code == 200
    error_of(client.get("/api/health", headers={"Origin": "http://other.test"}), 403)
    error_of(client.get("/api/health", headers={"Host": "other.test"}), 403)
    app.state.room.database.close()


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("localhost", True), ("::1", True),
        ("[::1]", True), ("0.0.0.0", False), ("192.168.1.2", False), ("example.test", False),
    ],
)  # fmt: skip
def test_which_addresses_are_this_computer_alone(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def limit_of(path: str) -> int:
    return MAX_UPLOAD_BYTES if path in UPLOAD_PATHS else MAX_JSON_BYTES


@pytest.mark.parametrize("path", ["/api/chat", "/api/transcribe", "/api/generate-avatar?name=x"])
def test_too_much_is_refused_by_its_announcement(client: TestClient, path: str) -> None:
    size = limit_of(path.split("?")[0]) + 1
    answer = client.post(path, content=b"x", headers={"Content-Length": str(size)})
    assert f"{size // 1_000_000} MB" in error_of(answer, 413, "too_large")


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/api/chat", 300_000), ("/api/config", 300_000), ("/api/transcribe", 500_000)],
)
def test_too_much_is_refused_as_it_streams_in(
    client: TestClient, path: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.security.MAX_JSON_BYTES", 300_000)
    monkeypatch.setattr("backend.security.MAX_UPLOAD_BYTES", 500_000)
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _part in range(200):
            taken += PART
            yield b"x" * PART

    async def post() -> httpx.Response:
        # Unlike the test client's own, this transport gives a part only when the app asks for it.
        transport = httpx.ASGITransport(client.app, raise_app_exceptions=False)
        headers = {**client.headers, "Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as caller:
            return await caller.post(path, content=endless())

    assert client.portal is not None
    error_of(client.portal.call(post), 413, "too_large")
    assert limit < taken <= limit + PART
