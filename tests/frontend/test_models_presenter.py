"""What the Models page does, without a window."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.models_store.store import ModelStore
from event_system import ModelProgress, ModelSaved
from frontend.api import ApiError
from frontend.pages.models_presenter import ModelsPresenter
from frontend.pages.models_rows import describe, duration, size
from tests.support.page_context import ScriptedApi

AMY = "piper:en_US-amy-medium"
Answers = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def models(tmp_path: Path) -> list[dict[str, Any]]:
    """What the backend answers with the catalogue of the program and an empty folder."""
    return [one.model_dump() for one in ModelStore(tmp_path).list()]


def one(models: list[dict[str, Any]], model_id: str, **changes: Any) -> dict[str, Any]:
    """A model of the answer, changed in place."""
    found = next(model for model in models if model["id"] == model_id)
    found.update(changes)
    return found


@pytest.fixture
def api(models: list[dict[str, Any]]) -> ScriptedApi:
    disk = {"folder": "/m", "free": 42_000_000_000, "used": 63_000_000, "folders": {}}
    return ScriptedApi(**{"/api/models": models, "/api/models/disk": disk})


@pytest.fixture
def presenter(api: ScriptedApi) -> ModelsPresenter:
    made = ModelsPresenter(api, "de-DE")  # type: ignore[arg-type]
    made.load()
    return made


def test_the_own_language_is_shown_first(presenter: ModelsPresenter) -> None:
    shown = [row.id for row in presenter.rows()]
    assert "gpt-sovits:v2Pro" in shown, "it speaks many languages"
    assert {one.split(":")[1][:3] for one in shown} == {"de_", "v2P", "xtt"}
    assert ("de", "German") in presenter.languages()
    presenter.choose(language="")
    assert len(presenter.rows()) > 150
    presenter.choose(query="lessac high")
    assert [row.id for row in presenter.rows()] == ["piper:en_US-lessac-high"]
    assert presenter.disk == "63.0 MB used, 42.0 GB free"


def test_a_language_without_voices_shows_all(api: ScriptedApi) -> None:
    presenter = ModelsPresenter(api, "tlh")  # type: ignore[arg-type]
    presenter.load()
    assert presenter.language == ""


def test_kinds(presenter: ModelsPresenter) -> None:
    presenter.choose(kind="llm")
    assert {row.actions for row in presenter.rows()} == {("look", "copy")}
    assert all("ollama pull" in row.hint for row in presenter.rows())
    presenter.choose(kind="clip")
    licences = {row.name: row.licence for row in presenter.rows()}
    assert "not for making money" in licences["Wav2Lip + GAN"]


def test_what_is_there_stands_first(
    presenter: ModelsPresenter, models: list[dict[str, Any]]
) -> None:
    one(models, "piper:de_DE-thorsten-low", state="installed", checked=True)
    presenter.load()
    first = presenter.rows()[0]
    assert (first.id, first.state_text) == ("piper:de_DE-thorsten-low", "Installed and checked")
    assert first.actions == ("verify", "remove")


def test_a_download_is_followed(presenter: ModelsPresenter, api: ScriptedApi) -> None:
    told: list[Any] = []
    presenter.on_change(told.append)
    presenter.on_event(
        ModelProgress(
            model_id=AMY,
            state="downloading",
            done=15_000_000,
            total=60_000_000,
            speed=5e6,
            seconds_left=9.0,
        )
    )
    row = presenter.row(AMY)
    assert told == [(AMY,)]
    assert (row.progress, row.actions) == (0.25, ("pause", "cancel"))
    assert row.progress_text == "15.0 MB of 60.0 MB · 5.0 MB/s · 9 s left"
    before = len(api.calls)
    presenter.on_event(ModelSaved(name=AMY, path="x"))
    assert ("GET", "/api/models", None) in api.calls[before:]
    presenter.on_event(ModelProgress(model_id="other:model", state="installed"))


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("install", ("POST", f"/api/models/{AMY}/install", None)),
        ("resume", ("POST", f"/api/models/{AMY}/install", None)),
        ("pause", ("POST", f"/api/models/{AMY}/pause", None)),
        ("cancel", ("POST", f"/api/models/{AMY}/cancel", None)),
        ("verify", ("POST", f"/api/models/{AMY}/verify", None)),
        ("remove", ("DELETE", f"/api/models/{AMY}", None)),
    ],
)
def test_actions(
    presenter: ModelsPresenter, api: ScriptedApi, action: str, call: tuple[str, str, Any]
) -> None:
    quoted = call[1].replace(":", "%3A")
    api.answers[quoted] = {"freed": 63_000_000} if action == "remove" else presenter._models[AMY]
    presenter.act(AMY, action)
    assert (call[0], quoted, None) in api.calls
    if action == "remove":
        assert presenter.notice == ("63.0 MB are free again.", True)


def test_an_objection_stands_in_the_row_and_above(
    presenter: ModelsPresenter, models: list[dict[str, Any]]
) -> None:
    presenter.act(AMY, "verify")
    assert presenter.notice == ("Nothing is scripted here.", False)


def test_a_failed_download_offers_to_go_on(models: list[dict[str, Any]]) -> None:
    row = describe(one(models, AMY, state="failed", message="The disk is full.", done=1_000_000))
    assert row.actions == ("resume", "cancel")
    assert row.problem == "The disk is full."
    assert row.progress is not None


def test_add_and_refresh(presenter: ModelsPresenter, api: ScriptedApi) -> None:
    api.answers["/api/models/add"] = {"models": [AMY], "refused": []}
    presenter.add("/media/stick")
    assert api.posted("/api/models/add") == [{"path": "/media/stick"}]
    assert presenter.notice == ("1 model added.", True)
    api.answers["/api/models/add"] = {"models": [], "refused": ["a.onnx is cut off."]}
    presenter.add("/media/stick")
    assert presenter.notice == ("0 models added. a.onnx is cut off.", False)
    api.answers["/api/models/refresh"] = ApiError("It is no list; the old one is kept.")
    presenter.refresh()
    assert presenter.notice == ("It is no list; the old one is kept.", False)


def test_a_backend_that_is_away_is_told() -> None:
    presenter = ModelsPresenter(ScriptedApi(), "en")  # type: ignore[arg-type]
    presenter.load()
    assert presenter.rows() == []
    assert presenter.problem == "Nothing is scripted here."


def test_sizes_and_times() -> None:
    assert [size(n) for n in (12, 4_100, 63_201_294, 3.1e9)] == [
        "12 B",
        "4.1 kB",
        "63.2 MB",
        "3.1 GB",
    ]
    assert [duration(n) for n in (9, 75, 3_700)] == ["9 s", "1 min 15 s", "1 h 1 min"]


def wav_of(pcm: bytes) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(pcm)
    return held.getvalue()


def test_a_voice_is_heard_through_the_player(api: ScriptedApi) -> None:
    played: list[bytes] = []
    presenter = ModelsPresenter(api, "en", played.append)  # type: ignore[arg-type]
    presenter.load()
    path = f"/api/models/{AMY.replace(':', '%3A')}/sample"
    seen: list[str] = []
    presenter.on_change(lambda ids: seen.append(presenter.fetching))

    def sound(body: object) -> bytes:
        presenter.listen(AMY)  # A second press while it is on its way asks for nothing.
        return wav_of(b"\1\0\2\0")

    api.answers[path] = sound
    presenter.listen(AMY)
    assert played == [b"\1\0\2\0"]
    assert AMY in seen
    assert presenter.fetching == ""
    assert [call[1] for call in api.calls].count(path) == 1
    api.answers[path] = ApiError("Its makers publish no sample of it.")
    presenter.listen(AMY)
    assert presenter.notice == ("Its makers publish no sample of it.", False)
    api.answers[path] = b"no sound"
    presenter.listen(AMY)
    assert "cannot be read" in presenter.notice[0]
    assert len(played) == 1


def test_speed_is_told_with_where_it_is_from(models: list[dict[str, Any]]) -> None:
    pace = {"words": "about 5 times faster than speech", "measured": True, "verdict": "good"}
    row = describe(one(models, AMY, pace=pace))
    assert row.pace == "On this machine: about 5 times faster than speech (measured)"
    assert row.pace_colour == "success"
    slow = {**pace, "measured": False, "verdict": "bad"}
    row = describe(one(models, AMY, pace=slow))
    assert (row.pace.endswith("(estimated)"), row.pace_colour) == (True, "danger")
    assert "not known" in describe(one(models, "gpt-sovits:v2Pro")).pace
    assert describe(one(models, "sadtalker:256")).pace == ""


def test_what_can_be_heard(models: list[dict[str, Any]]) -> None:
    assert describe(one(models, AMY)).listen is True
    silent = describe(one(models, AMY, sample=""))
    assert silent.listen is False
    assert "no sample" in silent.listen_hint
    assert describe(one(models, "whisper:base")).listen is None


def test_ollama_s_models_are_installed_and_removed_like_others(
    models: list[dict[str, Any]],
) -> None:
    name = "ollama:qwen3-4b"
    assert describe(one(models, name, fetched=True)).actions == ("install",)
    assert describe(one(models, name, state="downloading")).actions == ("pause", "cancel")
    assert describe(one(models, name, state="installed")).actions == ("remove",)
    assert describe(one(models, name, state="absent", fetched=False)).actions == ("look", "copy")


def test_looking_again_loads_the_list(presenter: ModelsPresenter, api: ScriptedApi) -> None:
    before = len(api.calls)
    presenter.act("ollama:qwen3-4b", "look")
    assert [call[1] for call in api.calls[before:]] == ["/api/models", "/api/models/disk"]
