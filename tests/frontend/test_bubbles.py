"""The bubble list on a real canvas, and the little Markdown in it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import ttkbootstrap as ttk

from frontend.widgets.bubble_paint import Bubble
from frontend.widgets.bubbles import BubbleList
from frontend.widgets.markup import Block, blocks

Settle = Callable[..., None]


class Calls:
    def __init__(self) -> None:
        self.top = 0
        self.actions: list[str] = []
        self.details: list[str] = []

    def note_top(self) -> None:
        self.top += 1


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def bubbles(frame: ttk.Frame, calls: Calls, settle: Settle) -> BubbleList:
    made = BubbleList(
        frame,
        on_top=calls.note_top,
        on_action=calls.actions.append,
        on_details=lambda key, _x, _y: calls.details.append(key),
    )
    made.pack(fill="both", expand=True)
    settle(lambda: made.canvas.winfo_width() > 200)
    settle(seconds=0.1)
    return made


def many(count: int, start: int = 0) -> list[Bubble]:
    return [
        Bubble(f"k{i}", "user" if i % 2 else "character", f"message {i} " + "word " * (i % 40),
               meta="18:02")
        for i in range(start, start + count)
    ]  # fmt: skip


def texts(bubbles: BubbleList) -> list[str]:
    canvas = bubbles.canvas
    return [str(canvas.itemcget(item, "text")) for item in canvas.find_withtag("text")]


def test_thousands_of_bubbles_draw_only_what_is_seen(bubbles: BubbleList, settle: Settle) -> None:
    bubbles.show(many(2_000))
    settle(seconds=0.1)
    assert 3 < bubbles.drawn < 60
    assert any(text.startswith("message 1999") for text in texts(bubbles))
    before = time.thread_time()
    bubbles.put(Bubble("new", "character", "one more"))
    bubbles.update()
    assert time.thread_time() - before < 0.1
    assert "one more" in texts(bubbles)


def test_a_growing_answer_stays_in_sight(bubbles: BubbleList, settle: Settle) -> None:
    bubbles.show(many(30))
    for count in range(1, 120, 10):
        bubbles.put(Bubble("answer", "character", "word " * count))
        settle(seconds=0.01)
    assert bubbles.canvas.yview()[1] == pytest.approx(1.0)
    assert ("word " * 111).strip() in texts(bubbles)


def test_reading_above_is_not_pulled_down(bubbles: BubbleList, settle: Settle) -> None:
    bubbles.show(many(60))
    bubbles._move_to(400)
    top = bubbles.canvas.canvasy(0)
    bubbles.put(Bubble("new", "character", "new"))
    settle(seconds=0.05)
    assert bubbles.canvas.canvasy(0) == top


def test_older_bubbles_come_above_without_a_jump(
    bubbles: BubbleList, calls: Calls, settle: Settle
) -> None:
    bubbles.show(many(60, start=100))
    bubbles._move_to(0)
    assert calls.top == 1
    settle(seconds=0.05)
    bubbles._move_to(30)
    anchor = bubbles.index("k100")
    assert anchor is not None
    offset = bubbles._tops[anchor] - bubbles.canvas.canvasy(0)
    bubbles.prepend(many(50))
    settle(seconds=0.05)
    moved = bubbles.index("k100")
    assert moved == 50
    assert bubbles._tops[moved] - bubbles.canvas.canvasy(0) == pytest.approx(offset, abs=2)


def test_removing_closes_the_gap(bubbles: BubbleList, settle: Settle) -> None:
    bubbles.show(many(5))
    tops = list(bubbles._tops)
    bubbles.remove("k2")
    settle(seconds=0.05)
    assert bubbles._tops[:2] == tops[:2]
    assert bubbles._tops[2] == tops[2]
    assert not any(text.startswith("message 2") for text in texts(bubbles))


def test_retry_and_latency_can_be_clicked(
    bubbles: BubbleList, calls: Calls, settle: Settle
) -> None:
    bubbles.show([
        Bubble("a", "character", "Hello", meta="0.2 s to first sound", details=True),
        Bubble("e", "error", "It failed.", meta="18:02", action="Retry"),
    ])  # fmt: skip
    settle(seconds=0.1)
    canvas = bubbles.canvas
    for label in ("0.2 s to first sound", "↻ Retry"):
        item = next(i for i in canvas.find_all() if canvas.type(i) == "text"
                    and canvas.itemcget(i, "text") == label)  # fmt: skip
        x0, y0, x1, y1 = canvas.bbox(item)
        x, y = (x0 + x1) // 2, (y0 + y1) // 2 - int(canvas.canvasy(0))
        canvas.event_generate("<Motion>", x=x, y=y)
        canvas.event_generate("<ButtonPress-1>", x=x, y=y)
        canvas.event_generate("<ButtonRelease-1>", x=x, y=y)
        bubbles.update()
    assert calls.details == ["a"]
    assert calls.actions == ["e"]


def test_text_can_be_selected_and_copied(bubbles: BubbleList, settle: Settle) -> None:
    bubbles.show([Bubble("a", "character", "Hello there")])
    settle(seconds=0.1)
    canvas = bubbles.canvas
    (item,) = canvas.find_withtag("text")
    x0, y0, x1, y1 = canvas.bbox(item)
    y = (y0 + y1) // 2
    canvas.event_generate("<ButtonPress-1>", x=x0 + 1, y=y)
    canvas.event_generate("<B1-Motion>", x=x1 - 1, y=y)
    canvas.event_generate("<ButtonRelease-1>", x=x1 - 1, y=y)
    assert bubbles.selection.startswith("Hello the")
    canvas.event_generate("<<Copy>>")
    assert bubbles.clipboard_get().startswith("Hello the")


def test_a_switch_of_the_mode_recolours(bubbles: BubbleList, settle: Settle) -> None:
    from frontend.theme import LIGHT, look

    bubbles.show(many(3))
    look(bubbles).use("light")
    settle(seconds=0.1)
    assert bubbles.canvas.cget("background") == LIGHT.bg
    assert bubbles.drawn == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [Block("text", "plain")]),
        ("", [Block("text", "")]),
        ("**bold** and *soft* and `code`", [Block("text", "bold and soft and code")]),
        ("2 * 3 * 4 = 24", [Block("text", "2 * 3 * 4 = 24")]),
        ("- one\n- two", [Block("text", "• one\n• two")]),
        ("# Title\nbody", [Block("heading", "Title"), Block("text", "body")]),
        ("a\n```py\nx = **y**\n```\nb", [
            Block("text", "a"), Block("code", "x = **y**"), Block("text", "b"),
        ]),
        ("```\nstill open", [Block("code", "still open")]),
        ("[site](https://e.org)", [Block("text", "site (https://e.org)")]),
    ],
)  # fmt: skip
def test_markdown_is_made_plain(text: str, expected: list[Block]) -> None:
    assert blocks(text) == expected
