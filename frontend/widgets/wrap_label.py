"""A label whose text wraps at the width that it is given."""

from __future__ import annotations

import tkinter as tk
from typing import cast

import ttkbootstrap as ttk

from frontend.theme import look

_FIRST_WIDTH = 280
"""Logical pixels at which text wraps until the label has been laid out."""


class WrapLabel(ttk.Label):
    """A label to be packed with `fill="x"`: it grows downwards, not sideways.

    Args:
        parent: The widget that it stands in.
        text: What it says.
        style: A label style of `frontend.theme`.
        centre: Whether lines are centred.
    """

    def __init__(
        self, parent: tk.Misc, text: str = "", *, style: str = "TLabel", centre: bool = False
    ) -> None:
        self._wraps_at = look(parent).px(_FIRST_WIDTH)
        super().__init__(
            parent, text=text, style=style, anchor="center" if centre else "w",
            justify="center" if centre else "left", wraplength=self._wraps_at,
        )  # fmt: skip
        self.bind("<Configure>", self._wrap)

    def _wrap(self, event: tk.Event[tk.Misc]) -> None:
        """Wrap at the new width; where that changes no line, spare the layout another round."""
        width = max(1, event.width)
        if width == self._wraps_at:
            return
        if self._natural_width() <= min(width, self._wraps_at):
            return
        self._wraps_at = width
        self.configure(wraplength=width)

    def _natural_width(self) -> int:
        font = ttk.Style().lookup(str(self["style"]), "font") or "TkDefaultFont"
        return cast(int, self.tk.call("font", "measure", font, str(self["text"])))
