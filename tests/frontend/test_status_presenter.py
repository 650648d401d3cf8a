"""The Status page's state, without a display."""

from __future__ import annotations

from typing import Any

import pytest

from event_system import ChatResponse, Envelope, Stage, SystemStatus, TurnTiming
from frontend.api import ApiError
from frontend.pages.status_presenter import (
    STAGES,
    StatusPresenter,
    duration,
    engine_rows,
    split_label,
)
from tests.support.page_context import ENGINES, ScriptedApi


def load(**changes: Any) -> SystemStatus:
    values = {
        "cpu_percent": 38.0, "memory_percent": 54.0, "memory_mb": 312.0, "disk_free_gb": 42.0,
        "disk_total_gb": 168.0, "clients": 2, "events_per_second": 12.0, "uptime_s": 3725.0,
    }  # fmt: skip
    return SystemStatus(**{**values, **changes})


def answer(turn_id: str, **took: float) -> Envelope:
    stages = tuple(Stage(name=name, at_ms=0.0, took_ms=ms) for name, ms in took.items())
    event = ChatResponse(
        turn_id=turn_id, character_id=1, text="Hi", heard="Hi", engine="persona", stages=stages
    )
    return Envelope(1, 1.0, event)


@pytest.fixture
def presenter() -> StatusPresenter:
    system = load().model_dump()
    return StatusPresenter(ScriptedApi(**{"/api/status": {"system": system}}))  # type: ignore[arg-type]


def test_before_the_first_figures_all_is_unknown(presenter: StatusPresenter) -> None:
    assert {gauge.share for gauge in presenter.gauges().values()} == {None}
    assert set(presenter.facts().values()) == {"–"}


def test_gauges_show_load_and_colour_what_is_too_much(presenter: StatusPresenter) -> None:
    presenter.on_event(Envelope(0, 1.0, load(memory_percent=95.0)))
    gauges = presenter.gauges()
    assert (gauges["cpu"].share, gauges["cpu"].figure, gauges["cpu"].colour) == (
        0.38,
        "38%",
        "info",
    )
    assert gauges["memory"].colour == "danger"
    assert (gauges["disk"].share, gauges["disk"].figure) == (0.75, "42 GB")


def test_no_gpu_is_said_and_a_gpu_is_named(presenter: StatusPresenter) -> None:
    presenter.on_event(Envelope(0, 1.0, load()))
    assert presenter.gauges()["gpu"].note == "No GPU found"
    presenter.on_event(
        Envelope(0, 1.0, load(gpu_name="RTX 4070", gpu_percent=71.0, gpu_memory_percent=55.0))
    )
    gpu = presenter.gauges()["gpu"]
    assert (gpu.share, gpu.note) == (0.71, "RTX 4070, memory 55%")


def test_a_disk_of_unknown_size_has_no_share(presenter: StatusPresenter) -> None:
    presenter.on_event(Envelope(0, 1.0, load(disk_total_gb=0.0, disk_free_gb=0.6)))
    disk = presenter.gauges()["disk"]
    assert (disk.share, disk.figure, disk.colour) == (None, "0.6 GB", "danger")


def test_turns_keep_their_stages_in_order_and_name_the_slowest(presenter: StatusPresenter) -> None:
    assert presenter.on_event(answer("a", first_audio=70.0, first_token=120.0, received=0.0))
    turn = presenter.turns[-1]
    assert dict(zip(STAGES, turn.took_ms, strict=True)) == {
        "endpoint": 0.0, "transcript": 0.0, "first_token": 120.0, "first_sentence": 0.0,
        "first_audio": 70.0, "first_frame": 0.0,
    }  # fmt: skip
    assert presenter.latency_line() == (
        "Last turn: first sound after 190 ms; slowest: first token."
    )


def test_a_running_turn_shows_each_stage_as_it_comes(presenter: StatusPresenter) -> None:
    for name, at in (("endpoint", 410.0), ("transcript", 530.0), ("received", 531.0)):
        stage = Stage(name=name, at_ms=at, took_ms=1.0)
        presenter.on_event(Envelope(0, 1.0, TurnTiming(turn_id="a", stage=stage)))
    assert presenter.latency_line() == "This turn: end of speech 410 ms, transcript 530 ms."
    stages = (
        Stage(name="endpoint", at_ms=410, took_ms=410),
        Stage(name="transcript", at_ms=530, took_ms=120),
        Stage(name="first_frame", at_ms=900, took_ms=370),
    )
    event = ChatResponse(turn_id="a", character_id=1, text="", heard="", stages=stages)
    presenter.on_event(Envelope(2, 1.0, event))
    assert presenter.latency_line() == (
        "Last turn: first sound after 900 ms; slowest: end of speech."
    )


def test_a_replayed_turn_counts_once_and_one_without_times_not(presenter: StatusPresenter) -> None:
    presenter.on_event(answer("a", first_token=120.0))
    assert not presenter.on_event(answer("a", first_token=120.0))
    assert not presenter.on_event(answer("b"))
    assert len(presenter.turns) == 1


def test_refresh_takes_load_and_engines(presenter: StatusPresenter) -> None:
    changes = []
    presenter.on_change(lambda: changes.append(1))
    presenter.refresh()
    assert presenter.load is not None and presenter.load.cpu_percent == 38.0
    assert [row.name for row in presenter.engines] == ["ollama", "persona", "espeak"]
    assert changes and not presenter.asking


def test_earlier_turns_come_from_the_chat_on_air() -> None:
    chat = [
        {"turn_id": f"t{i}", "engine": "ollama", "stages": [
            {"name": "first_token", "at_ms": 90.0, "took_ms": 90.0 + i}]}
        for i in range(3)
    ]  # fmt: skip
    api = ScriptedApi(
        **{
            "/api/status": {"system": load().model_dump()},
            "/api/characters": [{"id": 4, "active": False}, {"id": 7, "active": True}],
            "/api/characters/7/chat": chat,
        }
    )
    presenter = StatusPresenter(api)  # type: ignore[arg-type]
    presenter.on_event(answer("t2", first_token=92.0))
    presenter.refresh()
    presenter.refresh()
    assert [turn.turn_id for turn in presenter.turns] == ["t0", "t1", "t2"]


def test_a_backend_that_is_away_leaves_its_sentence() -> None:
    away = ApiError("The backend does not answer.", "away")
    presenter = StatusPresenter(
        ScriptedApi(**{"/api/status": away, "/api/engines": away, "/api/characters": away})  # type: ignore[arg-type]
    )
    presenter.refresh()
    assert presenter.problem == "The backend does not answer."


def test_engine_rows_are_sorted_by_kind_and_say_their_state() -> None:
    more = [
        {"kind": "tts", "name": "piper", "available": True, "active": False, "model": "amy"},
        {"kind": "clip", "name": "puppet", "available": True, "active": False, "model": "puppet"},
        {"kind": "clip", "name": "video", "available": True, "active": False},
    ]
    rows = engine_rows([*more, *ENGINES])
    assert [(row.kind, row.name, row.state_text, row.model) for row in rows] == [
        ("llm", "ollama", "Cannot run", ""),
        ("llm", "persona", "On duty", ""),
        ("tts", "piper", "Stand-by", "amy"),
        ("tts", "espeak", "On duty", "en"),
        ("clip", "puppet", "Ready", ""),
        ("clip", "video", "Stand-by", ""),
    ]


def test_what_stands_in_brackets_is_told_apart() -> None:
    assert split_label("Built-in persona (no language model)") == (
        "Built-in persona",
        "no language model",
    )
    assert split_label("Ollama") == ("Ollama", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (125, "2 min 5 s"), (11_543, "3 h 12 min"), (200_000, "2 d 7 h")],
)
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
