"""The voices that can speak here, and the one that a character has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend.app import create_app
from backend.engines.base import EngineKind
from tests.support.fake_engines import FakeEngines, Fault
from tests.support.live_backend import LiveBackend
from tests.support.settings import make_settings
from tests.support.voice_room import plain_faces, seed_database

TOKEN = "a-token-for-tests"


@pytest.fixture
def voices(monkeypatch: pytest.MonkeyPatch) -> dict[str, Fault]:
    engines = FakeEngines(monkeypatch)
    engines.add(EngineKind.LLM, "model", embedded=True)
    return {
        "fine": engines.add(EngineKind.TTS, "fine"),
        "other": engines.add(EngineKind.TTS, "other"),
        "plain": engines.add(EngineKind.TTS, "plain", embedded=True),
    }


@pytest.fixture
def client(
    voices: dict[str, Fault], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    plain_faces(monkeypatch)
    settings = make_settings(tmp_path, monkeypatch, tts_engines="fine")
    seed_database(settings)
    with (
        LiveBackend(create_app(settings, TOKEN), TOKEN) as live,
        httpx.Client(base_url=live.url, headers=live.headers, timeout=20) as made,
    ):
        yield made


def spoken_by(voices: dict[str, Fault]) -> list[tuple[str, str]]:
    return [(name, one.voice) for name, fault in voices.items() for one in fault.requests]


def test_every_voice_is_listed_in_the_order_of_use(client: httpx.Client) -> None:
    found = client.get("/api/voices").json()
    assert [one["id"] for one in found] == ["fine/tone", "plain/tone", "other/tone"]
    assert found[0] == {"id": "fine/tone", "engine": "fine", "name": "Tone", "language": "en"}


def test_voices_that_cannot_run_are_not_listed(
    client: httpx.Client, voices: dict[str, Fault]
) -> None:
    voices["fine"].available = False
    assert "fine/tone" not in [one["id"] for one in client.get("/api/voices").json()]


def test_a_character_speaks_with_the_voice_it_was_given(
    client: httpx.Client, voices: dict[str, Fault]
) -> None:
    answer = client.put("/api/characters/1/voice", json={"voice": "other/tone", "speed": 1.2})
    assert answer.status_code == 200
    assert answer.json()["voice"] == {
        "voice": "other/tone", "language": "", "speed": 1.2, "pitch": 0.0,
    }  # fmt: skip
    assert client.post("/api/tts", json={"text": "Hello."}).status_code == 200
    assert spoken_by(voices) == [("other", "tone")]
    assert voices["other"].requests[0].speed == 1.2


def test_another_voice_takes_over_with_its_own_name(
    client: httpx.Client, voices: dict[str, Fault]
) -> None:
    client.put("/api/characters/1/voice", json={"voice": "other/tone"})
    voices["other"].speech_error = OSError("gone")
    assert client.post("/api/tts", json={"text": "Hello."}).status_code == 200
    assert spoken_by(voices) == [("fine", ""), ("other", "tone")]


def test_a_voice_is_tried_before_it_is_given(
    client: httpx.Client, voices: dict[str, Fault]
) -> None:
    body = {"text": "Hello.", "voice": "plain/tone", "speed": 0.8, "pitch": 3}
    assert client.post("/api/tts", json=body).status_code == 200
    assert spoken_by(voices) == [("plain", "tone")]
    assert (voices["plain"].requests[0].speed, voices["plain"].requests[0].pitch) == (0.8, 3.0)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"voice": "other/tune"}, 404, "other/tone"),
        ({"voice": "nobody/x"}, 404, "no voice"),
        ({"voice": "fine/tone", "speed": 9}, 422, "speed"),
        ({"voice": "fine/tone", "tempo": 1}, 422, "tempo"),
    ],
)
def test_a_wrong_voice_is_named_and_nothing_changes(
    client: httpx.Client, body: dict[str, object], status: int, said: str
) -> None:
    before = client.get("/api/characters/1").json()["voice"]
    answer = client.put("/api/characters/1/voice", json=body)
    assert answer.status_code == status
    assert said in answer.text
    assert client.get("/api/characters/1").json()["voice"] == before


def test_a_bare_name_is_found(client: httpx.Client) -> None:
    answer = client.put("/api/characters/1/voice", json={"voice": "tone"})
    assert answer.json()["voice"]["voice"] == "fine/tone"


def test_nobody_has_a_voice_who_is_not_there(client: httpx.Client) -> None:
    assert client.put("/api/characters/99/voice", json={"voice": ""}).status_code == 404
