"""A label whose text wraps at the width that it is given."""

from __future__ import annotations

import tkinter as tk
from typing import cast

import ttkbootstrap as ttk

from frontend.theme import look

_FIRST_WIDTH = 280
"""Logical pixels at which text wraps until the label has been laid out."""


def wrap_label(
    parent: tk.Misc,
    text: str = "",
    *,
    style: str = "TLabel",
    centre: bool = False,
    first_width: int = _FIRST_WIDTH,
) -> ttk.Label:
    """A label to be packed with `fill="x"`: it grows downwards, not sideways.

    Args:
        parent: The widget that it stands in.
        text: What it says.
        style: A label style of `frontend.theme`.
        centre: Whether lines are centred.
        first_width: Logical pixels at which text wraps until the label has been laid out; near
            the width that it will have, nothing moves then.
    """
    label = ttk.Label(
        parent, text=text, style=style, anchor="center" if centre else "w",
        justify="center" if centre else "left", wraplength=look(parent).px(first_width),
    )  # fmt: skip
    label.bind("<Configure>", lambda event: _wrap(label, event.width))
    return label


def _wrap(label: ttk.Label, width: int) -> None:
    """Wrap at a new width; where that changes no line, spare the layout another round."""
    # A little less than the label's width: its border and padding take some of it.
    width -= look(label).px(4)
    wraps_at = int(str(label["wraplength"]))
    if width <= 0 or width == wraps_at or _natural_width(label) <= min(width, wraps_at):
        return
    label.configure(wraplength=width)


def _natural_width(label: ttk.Label) -> int:
    font = ttk.Style().lookup(str(label["style"]), "font") or "TkDefaultFont"
    return cast(int, label.tk.call("font", "measure", font, str(label["text"])))
