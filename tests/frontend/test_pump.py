"""The queue between threads and Tk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import ttkbootstrap as ttk

from event_system import ChatDelta, Envelope, LogLine, LogLines, TurnCaption
from frontend.metrics import Metrics, percentile
from frontend.pump import Pump, merge


def delta(turn: str, text: str) -> Envelope:
    return Envelope(0, 1.0, ChatDelta(turn_id=turn, text=text))


def logs(text: str, dropped: int = 0) -> Envelope:
    line = LogLine(at=1.0, level="INFO", source="t", text=text)
    return Envelope(0, 1.0, LogLines(lines=(line,), dropped=dropped))


def test_neighbouring_deltas_of_a_turn_become_one() -> None:
    merged = merge([delta("a", "He"), delta("a", "llo"), delta("b", "x"), delta("a", "!")])
    assert [(e.event.turn_id, e.event.text) for e in merged] == [  # type: ignore[union-attr]
        ("a", "Hello"), ("b", "x"), ("a", "!"),
    ]  # fmt: skip


def test_log_lines_are_joined_and_their_losses_added() -> None:
    (joined,) = merge([logs("one", 2), logs("two", 3)])
    assert [line.text for line in joined.event.lines] == ["one", "two"]  # type: ignore[union-attr]
    assert joined.event.dropped == 5  # type: ignore[union-attr]


def test_other_things_are_neither_joined_nor_reordered() -> None:
    def job() -> None:
        pass

    caption = Envelope(0, 1.0, TurnCaption(turn_id="a", text="x"))
    items = [delta("a", "1"), caption, delta("a", "2"), job, job]
    assert merge(items) == items  # type: ignore[arg-type]


@pytest.fixture
def started(frame: ttk.Frame) -> Iterator[Callable[..., Pump]]:
    pumps: list[Pump] = []

    def make(**given: object) -> Pump:
        defaults = {"on_event": lambda _e: None, "on_tick": lambda _now: False}
        pump = Pump(frame, **{**defaults, **given}, metrics=Metrics())  # type: ignore[arg-type]
        pumps.append(pump)
        pump.start()
        return pump

    yield make
    for pump in pumps:
        pump.stop()


def test_jobs_of_another_thread_run_on_tks(
    started: Callable[..., Pump], settle: Callable[..., None]
) -> None:
    ran: list[threading.Thread] = []
    pump = started()
    thread = threading.Thread(
        target=lambda: [pump.post(lambda: ran.append(threading.current_thread())) for _ in "abc"]
    )
    thread.start()
    settle(lambda: len(ran) == 3)
    assert set(ran) == {threading.main_thread()}


def test_a_flood_is_spread_over_ticks_in_order(
    started: Callable[..., Pump], settle: Callable[..., None]
) -> None:
    seen: list[int] = []

    def work(number: int) -> None:
        time.sleep(0.001)
        seen.append(number)

    pump = started()
    for number in range(60):
        pump.post(lambda n=number: work(n))  # type: ignore[misc]
    settle(lambda: len(seen) == 60)
    assert seen == list(range(60))
    assert max(pump._metrics.tick) < 0.06


def test_one_bad_event_does_not_stop_the_loop(
    started: Callable[..., Pump], settle: Callable[..., None], tk_errors: list[BaseException]
) -> None:
    seen: list[int] = []
    pump = started()

    def fail() -> None:
        raise ValueError("bad event")

    pump.post(fail)
    pump.post(lambda: seen.append(1))
    settle(lambda: seen)
    assert [str(error) for error in tk_errors] == ["bad event"]
    tk_errors.clear()


def test_the_pace_follows_what_there_is_to_do(
    started: Callable[..., Pump], settle: Callable[..., None]
) -> None:
    ticks = {"idle": 0, "busy": 0}
    phase = "idle"

    def tick(_now: float) -> bool:
        ticks[phase] += 1
        return phase == "busy"

    started(on_tick=tick)
    settle(seconds=0.5)
    phase = "busy"
    settle(seconds=0.5)
    assert ticks["idle"] <= 12
    assert ticks["busy"] > 1.5 * ticks["idle"]


def test_percentile() -> None:
    assert percentile([], 0.99) == 0.0
    assert percentile(range(100), 0.5) == 50
    assert percentile([3, 1, 2], 1.0) == 3
