"""The latency waterfall: marks, their order, and the slowest stage."""

from __future__ import annotations

from backend.conversation.waterfall import STAGES, Waterfall
from event_system import Stage


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_was_reached_at_first() -> None:
    waterfall = Waterfall()
    assert waterfall.stages == ()
    assert waterfall.slowest == ""


def test_stages_say_when_and_how_long_after_the_one_before() -> None:
    clock = Clock()
    waterfall = Waterfall(clock)
    for name, at in (("received", 0.001), ("first_token", 0.4), ("first_sentence", 0.45)):
        clock.now = 100.0 + at
        waterfall.mark(name)
    assert waterfall.stages == (
        Stage(name="received", at_ms=1.0, took_ms=1.0),
        Stage(name="first_token", at_ms=400.0, took_ms=399.0),
        Stage(name="first_sentence", at_ms=450.0, took_ms=50.0),
    )
    assert waterfall.slowest == "first_token"


def test_what_was_prepared_in_advance_adds_up_to_the_whole() -> None:
    clock = Clock()
    waterfall = Waterfall(clock)
    for name, at in (("transcript", 0.45), ("first_token", 0.6), ("first_frame", 0.75)):
        clock.now = 100.0 + at
        waterfall.mark(name)
    waterfall.mark("endpoint", 100.7)
    assert [one.name for one in waterfall.stages] == [
        "transcript", "first_token", "endpoint", "first_frame",
    ]  # fmt: skip
    assert [one.took_ms for one in waterfall.stages] == [450.0, 150.0, 100.0, 50.0]
    assert waterfall.slowest == "transcript"


def test_a_stage_counts_once() -> None:
    clock = Clock()
    waterfall = Waterfall(clock)
    first = waterfall.mark("first_audio")
    clock.now += 5
    assert waterfall.mark("first_audio") is None
    assert waterfall.stages == (first,)


def test_the_names_are_those_of_the_protocol() -> None:
    assert STAGES == (
        "endpoint", "transcript", "received",
        "first_token", "first_sentence", "first_audio", "first_frame",
    )  # fmt: skip
