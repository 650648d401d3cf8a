"""The Status page in the real window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from typing import Any

import pytest

from event_system import ChatResponse, Envelope, Stage, SystemStatus
from tests.support.page_context import ScriptedApi, page_context

LOAD = SystemStatus(
    cpu_percent=38, memory_percent=84, memory_mb=300, disk_free_gb=42, disk_total_gb=168, clients=2
)


@pytest.fixture
def page(frame: Any, settle: Any) -> Any:
    from frontend.pages.status import StatusPage

    api = ScriptedApi(**{"/api/status": {"system": LOAD.model_dump()}})
    page = StatusPage(frame, page_context(frame, api))
    page.pack(fill="both", expand=True)
    page.on_show()
    settle(lambda: page.winfo_ismapped())
    return page


def inside(widget: tk.Misc) -> Iterator[tk.Misc]:
    for child in widget.winfo_children():
        yield child
        yield from inside(child)


def words(widget: tk.Misc) -> set[str]:
    """All texts of labels and buttons in a widget that are shown."""
    return {
        str(child["text"])
        for child in inside(widget)
        if child.winfo_class() in ("TLabel", "TButton") and child.winfo_ismapped()
    }


def test_rings_notes_and_figures_show_the_load(page: Any, settle: Any) -> None:
    settle(lambda: page.rings["cpu"]._shown[1] == "38%")
    assert page.rings["memory"]._shown == (0.84, "84%", "warning")
    assert page._notes["gpu"]["text"] == "No GPU found"
    assert page._facts["clients"]["text"] == "2"


def test_engines_stand_by_kind_with_reason_and_open_on_a_click(page: Any, settle: Any) -> None:
    settle(lambda: "Ollama does not answer." in words(page.engines))
    shown = words(page.engines)
    assert {"Chat model", "Voice", "Built-in persona", "On duty", "Cannot run"} <= shown
    assert "ollama serve" not in shown
    row = next(
        child for child in inside(page.engines)
        if child.winfo_class() == "TLabel" and str(child["text"]) == "Ollama"
    )  # fmt: skip
    row.event_generate("<Button-1>")
    settle(lambda: "ollama serve" in words(page.engines))
    button = next(child for child in inside(page.engines) if child.winfo_class() == "TButton")
    button.invoke()
    assert page.clipboard_get() == "Ollama: Ollama does not answer.\nollama serve"
    row.event_generate("<Button-1>")
    settle(lambda: "ollama serve" not in words(page.engines))


def test_a_turn_becomes_a_bar(page: Any, settle: Any) -> None:
    stages = (
        Stage(name="first_token", at_ms=120, took_ms=120),
        Stage(name="first_audio", at_ms=190, took_ms=70),
    )
    event = ChatResponse(turn_id="a", character_id=1, text="", heard="", stages=stages)
    page.on_event(Envelope(3, 1.0, event))
    settle(lambda: "190 ms" in str(page._latency["text"]))
    assert sum(page.chart._bars[0].values) == 190
    parts = [i for i in page.chart.find_all() if page.chart.type(i) == "rectangle"]
    assert len(parts) == 2 + 6


def test_refresh_asks_anew(page: Any) -> None:
    before = len(page.context.api.calls)
    page._refresh.invoke()
    paths = [path for _, path, _ in page.context.api.calls[before:]]
    assert paths[:2] == ["/api/status", "/api/engines?fresh=true"]


def test_the_page_survives_a_switch_of_the_theme(page: Any, window: Any, settle: Any) -> None:
    from frontend.theme import look

    look(window).use("light")
    page.context.palette = look(window).palette
    page.on_theme()
    settle(lambda: "Ollama" in words(page.engines))
    assert str(page.rings["cpu"]["background"]) == look(window).palette.card
