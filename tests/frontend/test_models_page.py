"""The Models page in the real window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.models_store.store import ModelStore
from event_system import Envelope, ModelProgress
from tests.support.page_context import ScriptedApi, page_context

AMY = "piper:en_US-amy-medium"


@pytest.fixture
def models(tmp_path: Path) -> list[dict[str, Any]]:
    return [one.model_dump() for one in ModelStore(tmp_path).list()]


@pytest.fixture
def page(frame: Any, settle: Any, models: list[dict[str, Any]]) -> Any:
    from frontend.pages.models import ModelsPage

    disk = {"folder": "/m", "free": 42_000_000_000, "used": 63_000_000, "folders": {}}
    api = ScriptedApi(**{"/api/models": models, "/api/models/disk": disk})
    page = ModelsPage(frame, page_context(frame, api))
    page.pack(fill="both", expand=True)
    page.on_show()
    build(page, settle)
    return page


def build(page: Any, settle: Any) -> None:
    while page.on_tick(0.0):
        pass
    settle(page.winfo_ismapped)


def inside(widget: tk.Misc) -> Iterator[tk.Misc]:
    for child in widget.winfo_children():
        yield child
        yield from inside(child)


def words(widget: tk.Misc) -> set[str]:
    return {
        str(child["text"])
        for child in inside(widget)
        if child.winfo_class() in ("TLabel", "TButton") and child.winfo_manager()
    }


def press(widget: tk.Misc, text: str) -> None:
    button = next(
        child
        for child in inside(widget)
        if child.winfo_class() == "TButton" and str(child["text"]) == text
    )
    button.invoke()  # type: ignore[attr-defined]


def test_voices_of_the_own_language_with_what_is_known(page: Any) -> None:
    shown = words(page.rows[AMY])
    assert {"Amy (medium)", "63.2 MB", "Install"} <= shown
    assert any("English (United States)" in text and "model card" in text for text in shown)
    assert all(key.startswith(("piper:en_", "gpt-sovits:", "coqui:")) for key in page.rows)


def test_a_download_moves_its_bar_and_can_be_paused(page: Any, settle: Any) -> None:
    row = page.rows[AMY]
    event = ModelProgress(
        model_id=AMY, state="downloading", done=15_000_000, total=60_000_000, speed=5e6,
        seconds_left=9.0,
    )  # fmt: skip
    page.on_event(Envelope(0, 1.0, event))
    assert {"Downloading", "Pause", "Discard"} <= words(row)
    assert "15.0 MB of 60.0 MB · 5.0 MB/s · 9 s left" in words(row)
    settle(lambda: row._bar.winfo_width() > 50)
    left, _, right, _ = row._bar.coords(row._bar._rail)
    settle(
        lambda: row._bar.coords(row._bar._bar)[2] == pytest.approx(left + (right - left) / 4, abs=2)
    )
    press(row, "Pause")
    paths = [path for _method, path, _body in page.context.api.calls]
    assert "/api/models/piper%3Aen_US-amy-medium/pause" in paths


def test_a_problem_stands_in_the_row(page: Any) -> None:
    event = ModelProgress(
        model_id=AMY, state="failed", done=5, total=60_000_000, message="The disk is full."
    )
    page.on_event(Envelope(0, 1.0, event))
    assert {"Not downloaded", "The disk is full.", "Go on"} <= words(page.rows[AMY])


def test_removal_asks_first(page: Any, settle: Any, models: list[dict[str, Any]]) -> None:
    found = next(model for model in models if model["id"] == AMY)
    found.update(state="installed", checked=True)
    page.presenter.load()
    build(page, settle)
    assert next(iter(page.rows)) == AMY
    row = page.rows[AMY]
    press(row, "Remove")
    assert {"Really remove", "Keep"} <= words(row)
    press(row, "Keep")
    assert {"Check", "Remove"} <= words(row)
    press(row, "Remove")
    press(row, "Really remove")
    assert ("DELETE", "/api/models/piper%3Aen_US-amy-medium", None) in page.context.api.calls


def test_other_kinds_and_search(page: Any, settle: Any) -> None:
    press(page._tabs, "Chat models")
    build(page, settle)
    assert all(key.startswith("ollama:") for key in page.rows)
    row = next(iter(page.rows.values()))
    press(row, "Copy")
    assert "ollama pull" in page.clipboard_get()
    press(page._tabs, "Voices")
    page.search.insert(0, "nothing like this")
    page._search()
    build(page, settle)
    assert page.rows == {}
    assert "Nothing fits “nothing like this”." in words(page._card)


def test_add_from_disk(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    press(page, "Add from disk")
    assert "models add" in page.context.toasts[-1][0]
    page.context.api.is_local = True
    page.context.api.answers["/api/models/add"] = {"models": [], "refused": ["x.onnx is cut off."]}
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **options: "/media/stick")
    press(page, "Add from disk")
    assert page.context.api.posted("/api/models/add") == [{"path": "/media/stick"}]
    assert "0 models added. x.onnx is cut off." in words(page)


def test_the_theme_is_followed(page: Any, window: Any, settle: Any) -> None:
    from frontend.theme import look

    look(window).use("light")
    page.context.palette = look(window).palette
    page.on_theme()
    build(page, settle)
    assert "Amy (medium)" in words(page.rows[AMY])


def test_a_voice_has_its_speed_and_can_be_heard(
    page: Any, settle: Any, models: list[dict[str, Any]]
) -> None:
    found = next(model for model in models if model["id"] == AMY)
    assert str(page.rows[AMY].listen["state"]) == "normal"
    pace = {"words": "about 5 times faster than speech", "measured": True, "verdict": "good"}
    found.update(pace=pace, sample="")
    page.presenter.load()
    build(page, settle)
    row = page.rows[AMY]
    assert "On this machine: about 5 times faster than speech (measured)" in words(row)
    assert str(row.listen["state"]) == "disabled"
    assert "no sample" in row._tip.cget("text")


def test_listening_shows_that_something_comes(page: Any) -> None:
    shown: list[str] = []
    path = "/api/models/piper%3Aen_US-amy-medium/sample"

    def answer(body: object) -> bytes:
        shown.append(str(page.rows[AMY].listen["text"]))
        return b"no sound"

    page.context.api.answers[path] = answer
    page.rows[AMY].listen.invoke()
    assert shown == ["One moment…"]
    assert str(page.rows[AMY].listen["text"]) == "Listen"


def test_a_licence_is_shown_before_the_download(page: Any) -> None:
    row = page.rows["coqui:xtts_v2"]
    press(row, "Install")
    assert any("Coqui Public Model License" in text and "accepts" in text for text in words(row))
    press(row, "No")
    assert "Install" in words(row)
    press(row, "Install")
    press(row, "I accept, install")
    install = "/api/models/coqui%3Axtts_v2/install"
    assert page.context.api.posted(install) == [{"accept_licence": True}]
