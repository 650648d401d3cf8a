"""The virtual list: its arithmetic, and the widget with 100,000 rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from frontend.widgets.viewport import Cell, Viewport


class Numbers:
    """Rows that are their own numbers."""

    def __init__(self, count: int) -> None:
        self.rows: Sequence[int] = range(count)
        self.asked = 0

    def cells(self, number: int) -> tuple[Cell, ...]:
        self.asked += 1
        return Cell(f"{number:06d}", "muted"), Cell(f"row {number} " + "long " * (number % 50))

    def text(self, number: int) -> str:
        return f"row {number} in full\nwith a second line"

    def texts(self, first: int, last: int) -> str:
        return "\n".join(f"row {n}" for n in self.rows if first <= n <= last)


def viewport(count: int, height: int = 10) -> Viewport:
    view = Viewport()
    view.rows, view.height = range(count), height
    return view


def test_view_follows_the_end_until_it_is_scrolled_up() -> None:
    view = viewport(100)
    assert list(view.visible()) == list(range(90, 100))
    view.scroll(-5)
    assert not view.following and view.visible()[0] == 85
    view.rows = range(130)
    assert view.visible()[0] == 85
    assert view.unseen == 30
    view.scroll(1000)
    assert view.following and view.unseen == 0


def test_view_stays_on_its_row_while_old_rows_leave_and_filters_change() -> None:
    view = viewport(100)
    view.scroll_to(50)
    view.rows = range(40, 140)
    assert view.visible()[0] == 50
    view.rows = [n for n in range(40, 140) if n % 7 == 0]
    assert view.visible()[0] == 56


def test_rows_that_left_move_the_view_to_the_oldest_one() -> None:
    view = viewport(100)
    view.scroll_to(5)
    view.rows = range(60, 160)
    assert view.visible()[0] == 60


def test_fewer_rows_than_fit_and_none_at_all() -> None:
    assert list(viewport(3).visible()) == [0, 1, 2]
    empty = viewport(0)
    empty.scroll(-3)
    empty.move(1)
    empty.select_all()
    assert list(empty.visible()) == [] and empty.selection is None
    assert empty.fractions == (0.0, 1.0)


def test_selection_moves_extends_and_stays_in_view() -> None:
    view = viewport(100)
    view.select(95)
    view.move(-8)
    assert view.selection == (87, 87) and view.visible()[0] == 87
    view.move(3, extend=True)
    assert view.selection == (87, 90)
    view.select(80, extend=True)
    assert view.selection == (80, 87)
    view.select_all()
    assert view.selection == (0, 99)


def test_fractions_are_those_of_a_scrollbar() -> None:
    view = viewport(100)
    view.scroll_to(20)
    assert view.fractions == (0.2, pytest.approx(0.3))


@pytest.fixture
def source() -> Numbers:
    return Numbers(100_000)


@pytest.fixture
def opened() -> list[int]:
    return []


@pytest.fixture
def shown(frame: Any, source: Numbers, opened: list[int], settle: Any) -> Iterator[Any]:
    from frontend.widgets.virtual_list import VirtualList

    shown = VirtualList(frame, source, (6, 0), on_open=opened.append)
    shown.pack(fill="both", expand=True)
    settle(lambda: shown.view.height > 5 and source.asked)
    yield shown


def texts(shown: Any) -> list[str]:
    """What stands in the second column, from top to bottom."""
    return list(shown.texts())


def test_only_rows_in_view_are_drawn(shown: Any, source: Numbers) -> None:
    source.asked = 0
    shown.draw()
    assert source.asked == shown.view.height
    assert len(shown.find_all()) == 3 * shown.view.height
    last = shown._pool._rows[-1].texts[1]
    assert shown.itemcget(last, "text") == texts(shown)[-1]
    assert texts(shown)[-1].startswith("row 99999")


def test_keys_scroll_and_select(shown: Any, settle: Any) -> None:
    shown.focus_force()
    settle(lambda: shown.focus_get() is shown)
    shown.event_generate("<Home>")
    shown.update()
    assert texts(shown)[0].startswith("row 0 ")
    shown.event_generate("<Next>")
    shown.update()
    assert texts(shown)[0].startswith(f"row {shown.view.height - 1} ")
    shown.event_generate("<End>")
    shown.update()
    assert shown.view.following
    shown.event_generate("<Control-a>")
    shown.update()
    assert shown.view.selection == (0, 99_999)


def test_a_click_selects_shift_extends_and_copy_takes_the_rows(shown: Any) -> None:
    shown.view.scroll_to(500)
    shown.draw()
    height = shown._pool.row_height
    shown.event_generate("<Button-1>", x=20, y=2 * height + 5)
    shown.event_generate("<Shift-Button-1>", x=20, y=4 * height + 5)
    shown.update()
    assert shown.view.selection == (502, 504)
    shown.event_generate("<<Copy>>")
    shown.update()
    assert shown.clipboard_get() == "row 502\nrow 503\nrow 504"


def test_double_click_opens_a_row(shown: Any, opened: list[int]) -> None:
    shown.view.scroll_to(500)
    shown.draw()
    y = 3 * shown._pool.row_height + 5
    shown.event_generate("<Button-1>", x=20, y=y)
    shown.event_generate("<ButtonRelease-1>", x=20, y=y)
    shown.event_generate("<Button-1>", x=20, y=y)
    shown.update()
    assert opened == [503]


def test_wheel_and_scrollbar_move_the_view(shown: Any, frame: Any) -> None:
    import ttkbootstrap as ttk

    bar = ttk.Scrollbar(frame, orient="vertical")
    shown.attach(bar)
    shown._drag("moveto", "0.5")
    assert texts(shown)[0].startswith("row 50000 ")
    assert bar.get()[0] == pytest.approx(0.5)
    shown._drag("scroll", "-1", "pages")
    assert texts(shown)[0].startswith(f"row {50_001 - shown.view.height} ")
    shown.event_generate("<Button-5>")
    shown.update()
    assert texts(shown)[0].startswith(f"row {50_004 - shown.view.height} ")


def test_long_rows_are_cut_with_a_sign_and_full_in_the_tip(shown: Any) -> None:
    shown.view.scroll_to(49)
    shown.draw()
    assert texts(shown)[0].endswith("…")
    assert 49 in shown._pool.clipped and 50 not in shown._pool.clipped
    shown._show_tip(49, 10)
    tip = next(i for i in shown.find_withtag("tip") if shown.type(i) == "text")
    assert shown.itemcget(tip, "text").startswith("row 49 in full")
    shown.draw()
    assert not shown.find_withtag("tip")


def test_hits_are_marked_in_any_case(shown: Any) -> None:
    shown.view.scroll_to(50)
    shown.highlight = "ROW"
    shown.draw()
    assert len(shown.find_withtag("hit")) == shown.view.height
    shown.highlight = ""
    shown.draw()
    assert not shown.find_withtag("hit")


def test_colours_follow_the_theme(shown: Any, window: Any, settle: Any) -> None:
    from frontend.theme import look

    look(window).use("light")
    settle(lambda: not shown._draw_job)
    assert str(shown["background"]) == look(window).palette.card
    assert shown.itemcget(shown._pool._rows[0].texts[1], "fill") == look(window).palette.fg
