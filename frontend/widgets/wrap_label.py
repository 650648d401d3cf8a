"""A label whose text wraps at the width that it is given."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk


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
        super().__init__(
            parent, text=text, style=style, anchor="center" if centre else "w",
            justify="center" if centre else "left", wraplength=1,
        )  # fmt: skip
        self.bind("<Configure>", self._wrap)

    def _wrap(self, event: tk.Event[tk.Misc]) -> None:
        self.configure(wraplength=max(1, event.width))
