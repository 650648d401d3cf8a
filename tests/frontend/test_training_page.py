"""The Voice training page is honest: it says what is missing, and has nothing that pretends."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from typing import Any

from tests.support.page_context import page_context


def inside(widget: tk.Misc) -> Iterator[tk.Misc]:
    for child in widget.winfo_children():
        yield child
        yield from inside(child)


def test_it_says_that_training_is_not_there_and_leads_to_the_voices(frame: Any) -> None:
    from frontend.pages.training import TrainingPage

    context = page_context(frame)
    page = TrainingPage(frame, context)
    page.pack(fill="both", expand=True)
    page.update()
    texts = " ".join(str(w["text"]) for w in inside(page) if w.winfo_class() == "TLabel")
    assert "not in this version yet" in texts
    assert "A minute of clear speech" in texts
    buttons = [w for w in inside(page) if w.winfo_class() == "TButton"]
    assert [str(button["text"]) for button in buttons] == ["See the ready-made voices"]
    buttons[0].invoke()  # type: ignore[attr-defined]
    assert context.visited == ["models"]
    assert not [w for w in inside(page) if w.winfo_class() in ("TEntry", "TProgressbar")]


def test_it_follows_the_theme(frame: Any, window: Any) -> None:
    from frontend.pages.training import TrainingPage
    from frontend.theme import look

    page = TrainingPage(frame, page_context(frame))
    before = [str(label["image"]) for label, _, _ in page._icons]
    look(window).use("light")
    page.context.palette = look(window).palette
    page.on_theme()
    assert all(
        str(label["image"]) != old for (label, _, _), old in zip(page._icons, before, strict=True)
    )
