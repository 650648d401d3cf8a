"""The model store over HTTP."""

from __future__ import annotations

import io
import re
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from backend.room import EngineRoom
from commands.benchmarks import fault_server as faults
from commands.benchmarks.fault_server import FaultServer
from commands.benchmarks.random_piper import write_voice as write_piper
from config import ROOT
from event_system import ModelFailed
from tests.support.answers import error_of
from tests.support.model_bench import Bench
from tests.support.tiny_voice import write_voice


@pytest.fixture
def bench(tmp_path: Path, app: FastAPI) -> Iterator[Bench]:
    room: EngineRoom = app.state.room
    with FaultServer() as server:
        bench = Bench(room.settings.models_dir, server)
        bench.voice()
        room.models = bench.store()
        yield bench


def states(client: TestClient) -> dict[str, str]:
    return {one["id"]: one["state"] for one in client.get("/api/models").json()}


def wait_for(client: TestClient, model_id: str, state: str) -> dict[str, Any]:
    for _ in range(500):
        found: dict[str, Any] = next(
            one for one in client.get("/api/models").json() if one["id"] == model_id
        )
        if found["state"] == state:
            return found
        time.sleep(0.01)
    raise AssertionError(found)


def test_the_list_is_as_the_protocol_says(client: TestClient, bench: Bench) -> None:
    (voice,) = client.get("/api/models").json()
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    documented = re.search(r"`GET /api/models` \|[^`]*`\[\{(.*?)\}\]`", text)
    assert documented
    assert set(re.findall(r'"(\w+)"', documented[1])) == set(voice)


def test_install_verify_remove(client: TestClient, bench: Bench) -> None:
    assert client.post("/api/models/piper:anna/install").status_code == 200
    assert wait_for(client, "piper:anna", "installed")["checked"]
    assert client.post("/api/models/piper:anna/verify").json()["state"] == "installed"
    assert client.get("/api/models/disk").json()["folders"]["piper"] > 1000
    assert client.delete("/api/models/piper:anna").json()["freed"] > 1000
    assert states(client) == {"piper:anna": "absent"}


def test_pause_and_cancel(client: TestClient, bench: Bench) -> None:
    bench.big(faults.stall_after(100_000, 5.0), faults.good)
    client.app.state.room.models = bench.store()  # type: ignore[attr-defined]
    client.post("/api/models/test:big/install")
    paused = client.post("/api/models/test:big/pause").json()
    assert paused["state"] in ("partial", "absent")
    assert client.post("/api/models/test:big/cancel").json()["state"] == "absent"


def test_a_failed_download_says_why(client: TestClient, bench: Bench) -> None:
    bench.server.shelf.behaviours["/piper/anna.onnx"] = [faults.portal]
    client.post("/api/models/piper:anna/install")
    assert "sign-in" in wait_for(client, "piper:anna", "failed")["message"]
    assert [one.code for one in bench.events(ModelFailed)] == ["captive_portal"]


def test_damage_is_an_error(client: TestClient, bench: Bench) -> None:
    bench.drop("piper:anna")
    path = bench.root / "piper/anna.onnx"
    path.write_bytes(b"\0" * path.stat().st_size)
    answer = client.post("/api/models/piper:anna/verify")
    assert "checksum" in error_of(answer, 502, "wrong_hash")
    assert states(client) == {"piper:anna": "damaged"}


def test_add_from_disk_with_an_own_voice(client: TestClient, bench: Bench, tmp_path: Path) -> None:
    write_voice(tmp_path / "stick", "own voice ä")
    answer = client.post("/api/models/add", json={"path": str(tmp_path / "stick")})
    assert answer.json() == {"models": ["own:piper/own voice ä.onnx"], "refused": []}
    assert client.post("/api/models/own:piper/own voice ä.onnx/verify").status_code == 200
    assert client.delete("/api/models/own:piper/own voice ä.onnx").json()["freed"] > 100
    assert states(client) == {"piper:anna": "absent"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/models/piper:nobody/install", None, 404, "unknown_model"),
        ("POST", "/api/models/piper:anna/verify", None, 404, "unknown_model"),
        ("POST", "/api/models/add", {"path": "/nowhere/at/all"}, 422, "model_store"),
        ("POST", "/api/models/add", {"path": ""}, 422, "bad_input"),
        ("POST", "/api/models/refresh", {"url": "http://example.org/x"}, 422, "catalogue"),
        ("DELETE", "/api/models/own:..%2F..%2Fetc%2Fpasswd", None, 404, "unknown_model"),
    ],
)
def test_refusals(
    client: TestClient, bench: Bench, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = client.request(method, path, json=body)
    error_of(answer, status, code)


def test_a_stranger_gets_nothing(anybody: TestClient, bench: Bench) -> None:
    assert anybody.get("/api/models").status_code == 401
    assert anybody.post("/api/models/piper:anna/install").status_code == 401


def test_a_voice_is_heard_and_measured(client: TestClient, bench: Bench) -> None:
    write_piper(bench.root / "piper" / "mine.onnx")
    heard = client.get("/api/models/own:piper/mine.onnx/sample")
    assert heard.status_code == 200, heard.text
    assert (heard.headers["Content-Type"], heard.headers["X-Sample"]) == ("audio/wav", "spoken")
    with wave.open(io.BytesIO(heard.content)) as file:
        assert (file.getframerate(), file.getnchannels()) == (48_000, 1)
        assert file.getnframes() > 10_000
    measured = client.post("/api/models/own:piper/mine.onnx/measure").json()["pace"]
    assert measured["measured"]
    (listed,) = (one for one in client.get("/api/models").json() if one["own"])
    assert listed["pace"] == measured
    error_of(client.get("/api/models/piper:anna/sample"), 404, "no_sample")
    error_of(client.post("/api/models/piper:anna/measure"), 422, "model_store")


def test_a_licence_is_accepted_with_the_call(client: TestClient, bench: Bench) -> None:
    made = bench.models["piper:anna"]
    bench.models[made.id] = made.model_copy(update={"accept": "the Example License."})
    error_of(client.post("/api/models/piper:anna/install"), 409, "licence")
    body = {"accept_licence": True}
    assert client.post("/api/models/piper:anna/install", json=body).status_code == 200
    wait_for(client, "piper:anna", "installed")
