"""Ring, bars, line and chip as pictures."""

from __future__ import annotations

from typing import Any

import pytest

from frontend.widgets.chart import Bar, Series, scale
from frontend.widgets.chip import compact
from frontend.widgets.ring import _arc


@pytest.mark.parametrize(
    ("highest", "values"),
    [
        (0, [0, 1]),
        (7, [0, 2, 4, 6, 8]),
        (190, [0, 50, 100, 150, 200]),
        (200, [0, 50, 100, 150, 200]),
        (1234, [0, 500, 1000, 1500]),
    ],
)
def test_scale_has_round_steps_and_reaches_the_highest(highest: float, values: list[int]) -> None:
    assert scale(highest) == values


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1_000, "1.0k"), (9_960, "10k"), (95_400, "95k"), (1_200_000, "1.2M")],
)
def test_counts_stay_short(count: int, text: str) -> None:
    assert compact(count) == text


def coloured(share: float) -> int:
    """How many pixels of a ring have the arc's colour."""
    picture = _arc(100, "#000000", "#202020", share, "#ff0000")
    return sum(picture.getchannel("R").histogram()[201:])


def test_the_arc_grows_with_its_share() -> None:
    assert coloured(0.0) == 0
    quarter, half, full = coloured(0.25), coloured(0.5), coloured(1.0)
    assert quarter < half < full
    assert half == pytest.approx(full / 2, rel=0.1)


def test_a_ring_redraws_only_what_changed(frame: Any) -> None:
    from frontend.widgets.ring import Ring

    ring = Ring(frame, "CPU")
    ring.set(0.5, "50%")
    picture = ring._picture
    ring.set(0.501, "50%")
    assert ring._picture is picture
    ring.set(0.7, "70%", "warning")
    assert ring._picture is not picture


def test_bars_stack_and_tell_their_parts(frame: Any, settle: Any) -> None:
    from frontend.widgets.chart import StackedBars

    chart = StackedBars(frame, "ms", "Nothing yet.", most=4)
    chart.pack(fill="both", expand=True)
    settle(lambda: chart.winfo_width() > 100)
    assert chart.itemcget(chart.find_all()[0], "text") == "Nothing yet."
    chart.set([Bar((10.0, 30.0), "persona")] * 6, [Series("A", "info"), Series("B", "accent")])
    rectangles = [i for i in chart.find_all() if chart.type(i) == "rectangle"]
    assert len(rectangles) == 2 + 4 * 2
    chart.event_generate("<Motion>", x=chart.winfo_width() - 20, y=50)
    chart.update()
    tip = [chart.itemcget(i, "text") for i in chart.find_withtag("tip") if chart.type(i) == "text"]
    assert tip == ["persona\nA: 10 ms\nB: 30 ms\nTogether: 40 ms"]


def test_a_chip_switches_by_mouse_and_key(frame: Any, settle: Any) -> None:
    from frontend.widgets.chip import Chip

    toggled: list[int] = []
    chip = Chip(frame, "ERROR", "danger", on_toggle=lambda: toggled.append(1))
    chip.pack()
    frame.update()
    chip.event_generate("<Button-1>")
    chip.focus_force()
    settle(lambda: chip.focus_get() is chip)
    chip.event_generate("<space>")
    frame.update()
    assert len(toggled) == 2
