"""The backend in this process, with fake engines, for tests of its HTTP API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from backend.app import create_app
from backend.engines.base import EngineKind
from backend.room import EngineRoom
from config import Settings
from tests.support.fake_engines import FakeEngines, Fault
from tests.support.settings import make_settings
from tests.support.voice_room import plain_faces, seed_database

TOKEN = "a-token-for-tests"
URL = "http://127.0.0.1:8765"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = make_settings(tmp_path, monkeypatch, avatar_fps=20)
    seed_database(made)
    return made


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> FakeEngines:
    async def no_rehearsal(room: EngineRoom) -> None:
        """The engines of a test are asked for nothing but by the test."""

    plain_faces(monkeypatch)
    monkeypatch.setattr(EngineRoom, "rehearse", no_rehearsal)
    return FakeEngines(monkeypatch)


@pytest.fixture
def model(engines: FakeEngines) -> Fault:
    return engines.add(EngineKind.LLM, "model", embedded=True)


@pytest.fixture
def voice(engines: FakeEngines) -> Fault:
    return engines.add(EngineKind.TTS, "voice", embedded=True)


@pytest.fixture
def recogniser(engines: FakeEngines) -> Fault:
    return engines.add(EngineKind.STT, "ears", embedded=True)


@pytest.fixture
def app(settings: Settings, model: Fault, voice: Fault, recogniser: Fault) -> Starlette:
    return create_app(settings, TOKEN)


@pytest.fixture
def anybody(app: Starlette) -> Iterator[TestClient]:
    """A caller without a token, of a backend that runs."""
    with TestClient(app, base_url=URL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(anybody: TestClient) -> TestClient:
    """A caller with the token."""
    anybody.headers["Authorization"] = f"Bearer {TOKEN}"
    return anybody
