"""The HTTP API, resource by resource, as `docs/protocol.md` says."""

from __future__ import annotations

import io
import json
import re
import struct
import wave
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from backend.errors import EngineError
from config import ROOT, VERSION, Settings
from tests.support.answers import error_of
from tests.support.fake_engines import FakeEngines, Fault
from tests.support.portraits import landscape, photo_face


def server_sent(text: str) -> list[tuple[str, Any]]:
    """The events of a stream: name and data."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_health(client: TestClient) -> None:
    body = client.get("/api/health").json()
    assert body["status"] == "ok"
    assert body["version"] == VERSION
    assert set(body) == {"status", "version", "pid"}


def test_status(client: TestClient) -> None:
    body = client.get("/api/status").json()
    assert set(body) == {"system", "engines", "sessions", "database", "last_seq"}
    assert body["system"]["memory_mb"] > 10
    assert 0 < body["system"]["disk_free_gb"] <= body["system"]["disk_total_gb"]
    assert body["database"]["megabytes"] > 0
    assert set(body["engines"]) == {"stt", "llm", "tts", "clip", "trainer"}


def test_engines(client: TestClient) -> None:
    engines = {one["name"]: one for one in client.get("/api/engines?fresh=true").json()}
    assert set(engines) == {"model", "voice", "ears"}
    documented = re.search(r"`GET /api/engines` \| `\[\{(.*?)\}\]`", protocol())
    assert documented
    assert set(re.findall(r'"(\w+)"', documented[1])) == set(engines["model"])
    assert engines["model"]["available"]
    assert engines["model"]["options_schema"]["properties"]["flavour"]


def protocol() -> str:
    return (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def api_paths(app: Starlette) -> dict[str, object]:
    paths: dict[str, object] = app.state.api.made().openapi()["paths"]
    return paths


def test_the_protocol_names_every_route(app: Starlette) -> None:
    documented = set(re.findall(r"`(?:GET|POST|DELETE|PUT|PATCH) (/[^`?\s]*)", protocol()))
    for path in api_paths(app):
        named = re.sub(r"\{[^}]*\}", "{id}", path)
        assert named in documented, f"docs/protocol.md does not name {path}"
    served = {re.sub(r"\{[^}]*\}", "{id}", path) for path in api_paths(app)}
    assert documented - served <= {"/ws/events", "/ws/voice"}


def test_characters(client: TestClient) -> None:
    listed = client.get("/api/characters").json()
    assert len(listed) >= 2
    assert [one["active"] for one in listed].count(True) == 1
    documented = re.search(r"`GET /api/characters` \| `\[\{(.*?)\}\]`", protocol())
    assert documented
    assert set(re.findall(r'"(\w+)"', documented[1])) == set(listed[0])
    detail = client.get(f"/api/characters/{listed[0]['id']}").json()
    assert set(detail) >= {*listed[0], "scenario", "mes_example", "lorebook", "voice"}
    assert "{{" not in listed[0]["first_mes"]


def test_a_characters_picture(client: TestClient) -> None:
    answer = client.get("/api/characters/1/avatar")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


def test_switching_characters(app: Starlette, client: TestClient) -> None:
    reader = app.state.room.bus.subscribe_polled(durable_only=True)
    body = client.post("/api/switch_character", json={"character_id": 2}).json()
    assert (body["id"], body["active"]) == (2, True)
    listed = client.get("/api/characters").json()
    assert [one["id"] for one in listed if one["active"]] == [2]
    assert "character.switched" in [one.event.type for one in reader.drain()]
    error_of(client.post("/api/switch_character", json={"character_id": 99}), 404, "not_found")


def test_a_chat_over_http(client: TestClient, model: Fault) -> None:
    model.script = ["Hello ", "there!"]
    body = client.post("/api/chat", json={"text": "Hi"}).json()
    assert set(body) == {"turn_id", "text", "emotion", "engine", "model", "stages"}
    assert body["text"] == "Hello there!"
    assert [one["name"] for one in body["stages"]] == ["received", "first_token", "first_sentence"]
    (row,) = client.get("/api/characters/1/chat").json()
    assert (row["turn_id"], row["character_response"]) == (body["turn_id"], "Hello there!")
    documented = re.search(r"/chat\?limit=50&before=ID`.*?`\[\{(.*?)\}\]`", protocol())
    assert documented
    assert set(re.findall(r'"(\w+)"', documented[1])) == set(row)


def test_a_chat_with_another_character(client: TestClient, model: Fault) -> None:
    assert client.post("/api/chat", json={"text": "Hi", "character_id": 2}).status_code == 200
    assert len(client.get("/api/characters/2/chat").json()) == 1
    assert client.get("/api/characters/1/chat").json() == []
    gone = client.post("/api/chat", json={"text": "Hi", "character_id": 99})
    error_of(gone, 404, "not_found")


def test_a_streamed_chat(client: TestClient, model: Fault) -> None:
    model.script = ["Hel", "lo", "!"]
    answer = client.post("/api/chat", json={"text": "Hi", "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = server_sent(answer.text)
    assert [data["text"] for name, data in events if name == "delta"] == ["Hel", "lo", "!"]
    assert events[-1][0] == "done"
    assert events[-1][1]["text"] == "Hello!"


@pytest.mark.parametrize(
    "script", [[EngineError("It is away.")], ["Once", EngineError("It is away.")]]
)
def test_a_model_that_fails_over_http(
    client: TestClient, model: Fault, script: list[object]
) -> None:
    model.script = script
    answer = client.post("/api/chat", json={"text": "Hi"})
    assert error_of(answer, 502, "engine_failed") == "It is away."
    events = server_sent(client.post("/api/chat", json={"text": "Hi", "stream": True}).text)
    assert events[-1][0] == "error"
    assert events[-1][1]["error"]["message"] == "It is away."
    model.script = ["Back."]
    assert client.post("/api/chat", json={"text": "Hi"}).json()["text"] == "Back."


@pytest.mark.parametrize(
    ("text", "status"),
    [("", 422), ("  \n", 422), ("x" * 100_000, 413), ("\x00\x01", 422), ("\ufffd" * 9, 422)],
)
@pytest.mark.parametrize("path", ["/api/chat", "/api/tts"])
def test_messages_that_cannot_be_used(
    client: TestClient, path: str, text: str, status: int
) -> None:
    error_of(client.post(path, json={"text": text}), status)
    assert client.get("/api/characters/1/chat").json() == []


def test_chat_pages_and_forgetting(client: TestClient) -> None:
    for number in range(5):
        client.post("/api/chat", json={"text": f"m{number}"})
    page = client.get("/api/characters/1/chat?limit=2").json()
    assert [row["user_message"] for row in page] == ["m3", "m4"]
    older = client.get(f"/api/characters/1/chat?limit=2&before={page[0]['id']}").json()
    assert [row["user_message"] for row in older] == ["m1", "m2"]
    assert client.delete("/api/characters/1/chat").json() == {"deleted": 5}
    assert client.get("/api/characters/1/chat").json() == []


def test_speech_as_a_wav(app: Starlette, client: TestClient, voice: Fault) -> None:
    reader = app.state.room.bus.subscribe_polled(durable_only=True)
    answer = client.post("/api/tts", json={"text": "Good evening. Hello.", "voice": "v"})
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (48_000, 1, 2)
        seconds = sound.getnframes() / 48_000
    phonemes = json.loads(answer.headers["x-phonemes"])
    assert phonemes == [[0.0, 0.2, "a"], [0.2, 0.3, "a"]]
    assert seconds == pytest.approx(0.3)
    assert voice.requests[-1].voice == "v"
    assert "audio.processed" in [one.event.type for one in reader.drain()]


@pytest.mark.parametrize("text", ["😀", "***", "```x```"])
def test_what_cannot_be_spoken_is_told(client: TestClient, text: str) -> None:
    assert "spoken" in error_of(client.post("/api/tts", json={"text": text}), 422, "bad_input")


def test_a_long_speech_keeps_its_headers_valid(client: TestClient) -> None:
    answer = client.post("/api/tts", json={"text": "Word word. " * 300})
    assert answer.status_code == 200
    assert isinstance(json.loads(answer.headers["x-phonemes"]), list)


def test_a_sound_file_is_transcribed(client: TestClient, recogniser: Fault) -> None:
    recogniser.transcript = "good evening"
    body = client.post("/api/transcribe", content=wav(0.5)).json()
    assert body == {"text": "good evening", "language": "en", "seconds": 0.5, "engine": "ears"}


def wav(seconds: float, rate: int = 16_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        tone = np.sin(np.arange(round(seconds * rate)) / 8) * 9_000
        sound.writeframes(tone.astype("<i2").tobytes())
    return out.getvalue()


@pytest.mark.parametrize("content", [b"", b"not sound", b"RIFF" + bytes(100), b"\xff" * 5_000])
def test_what_is_no_sound_is_told(client: TestClient, content: bytes) -> None:
    error_of(client.post("/api/transcribe", content=content), 422, "bad_input")


def test_a_sound_file_that_is_cut_off_is_used_as_far_as_it_goes(client: TestClient) -> None:
    answer = client.post("/api/transcribe", content=wav(1.0)[:-8_000])
    assert answer.status_code == 200
    assert answer.json()["seconds"] == pytest.approx(0.75, abs=0.05)


def test_settings_are_shown_without_secrets(client: TestClient) -> None:
    body = client.get("/api/config").json()
    assert set(body) == {"values", "schema", "runtime"}
    assert set(body["values"]) == set(Settings.model_fields)
    assert body["values"]["openai_api_key"] == ""
    changed = client.post("/api/config", json={"openai_api_key": "sk-very-secret-key"})
    assert changed.json()["values"]["openai_api_key"] == "set"
    for path in ("/api/config", "/api/status", "/api/engines", "/api/events"):
        assert "sk-very-secret" not in client.get(path).text
    reset = client.post("/api/config", json={"openai_api_key": None}).json()
    assert reset["values"]["openai_api_key"] == ""


def test_settings_change_and_are_told(app: Starlette, client: TestClient) -> None:
    reader = app.state.room.bus.subscribe_polled(durable_only=True)
    body = client.post("/api/config", json={"theme": "light", "avatar_fps": 24}).json()
    assert (body["values"]["theme"], body["values"]["avatar_fps"]) == ("light", 24)
    (event,) = [one.event for one in reader.drain() if one.event.type == "config.changed"]
    assert event.keys == ("theme", "avatar_fps")
    assert client.get("/api/config").json()["values"]["theme"] == "light"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"theme": "pink"}, "dark or light"),
        ({"thema": "dark"}, "Did you mean theme"),
        ({"api_port": 1}, "API_PORT"),
        ({"theme": "light", "avatar_fps": 0}, "AVATAR_FPS"),
        ({"theme": {"a": 1}}, "THEME"),
    ],
)
def test_wrong_settings_are_named_and_change_nothing(
    client: TestClient, changes: dict[str, Any], said: str
) -> None:
    assert said in error_of(client.post("/api/config", json=changes), 422, "settings")
    assert client.get("/api/config").json()["values"]["theme"] == "dark"


def test_a_changed_engine_option_reaches_the_engine(
    client: TestClient, model: Fault, engines: FakeEngines
) -> None:
    client.post("/api/chat", json={"text": "Hi"})
    answer = client.post("/api/config", json={"engine_options": {"model": {"flavour": "sweet"}}})
    assert answer.status_code == 200
    assert model.unloads == 1
    assert client.post("/api/chat", json={"text": "Hi"}).status_code == 200
    assert model.loads == 2


def test_kept_events(app: Starlette, client: TestClient) -> None:
    for number in range(3):
        client.post("/api/chat", json={"text": f"m{number}"})
    app.state.room.recorder.flush()
    events = client.get("/api/events?after=0").json()
    seqs = [one["seq"] for one in events]
    assert seqs == sorted(set(seqs))
    assert [one["event"]["type"] for one in events].count("chat.response") == 3
    later = client.get(f"/api/events?after={seqs[-2]}").json()
    assert later == events[-1:]
    assert client.get("/api/events?limit=2").json() == events[:2]


def test_raising_the_window(app: Starlette, client: TestClient) -> None:
    reader = app.state.room.bus.subscribe_polled()
    assert client.post("/api/window/raise").json() == {"asked": True}
    assert "window.raise" in [one.event.type for one in reader.drain()]


def bomb(edge: int) -> bytes:
    """A black PNG of a few kilobytes whose pixels would take gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(bytes(1 + edge // 8)) for _row in range(edge)) + pack.flush()
    head = struct.pack(">IIBBBBB", edge, edge, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 422, "0 bytes"),
        (b"GIF89a not really", 422, "PNG, JPEG or WebP"),
        (b"%PDF-1.7 a document", 422, "PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), 422, "PNG|damaged"),
        (bytes(21 * 2**20), 413, "20 MB"),
    ],
    ids=["empty", "fake gif", "pdf", "broken png", "too large"],
)
def test_what_is_no_picture_is_told(
    client: TestClient, content: bytes, status: int, said: str
) -> None:
    before = len(client.get("/api/characters").json())
    answer = client.post("/api/generate-avatar?name=Mia", content=content)
    assert re.search(said, error_of(answer, status))
    assert len(client.get("/api/characters").json()) == before


def test_a_picture_bomb_is_refused(client: TestClient) -> None:
    answer = client.post("/api/generate-avatar?name=Mia", content=bomb(20_000))
    assert "20,000 x 20,000" in error_of(answer, 413, "too_large")


def test_a_portrait_becomes_a_character(app: Starlette, client: TestClient) -> None:
    reader = app.state.room.bus.subscribe_polled(durable_only=True)
    _done, png = cv2.imencode(".png", photo_face().image)
    answer = client.post("/api/generate-avatar?name=Mía ☆", content=png.tobytes())
    body = answer.json()
    assert answer.status_code == 200, body
    assert body["character"]["name"] == "Mía ☆"
    assert set(body) == {"character", "rig", "warning"}
    assert body["rig"]
    made = body["character"]["id"]
    (event,) = [one.event for one in reader.drain() if one.event.type == "character.changed"]
    assert (event.character_id, event.change) == (made, "created")
    assert client.get(f"/api/characters/{made}/avatar").content.startswith(b"\x89PNG")
    assert client.post("/api/switch_character", json={"character_id": made}).status_code == 200
    pictures = list((app.state.room.settings.data_dir / "avatars").iterdir())
    assert len(pictures) == 2, "the picture and its rig"


def test_a_picture_without_a_face_is_used_with_a_warning(client: TestClient) -> None:
    _done, jpeg = cv2.imencode(".jpg", landscape(512))
    body = client.post("/api/generate-avatar?name=Hill", content=jpeg.tobytes()).json()
    assert body["warning"]


def test_a_name_cannot_leave_the_folder(app: Starlette, client: TestClient) -> None:
    _done, jpeg = cv2.imencode(".jpg", landscape(256))
    answer = client.post("/api/generate-avatar?name=../../../x/y", content=jpeg.tobytes())
    assert answer.status_code == 200
    folder = app.state.room.settings.data_dir / "avatars"
    assert len(list(folder.iterdir())) == 2
