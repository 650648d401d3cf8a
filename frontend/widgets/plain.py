"""Classic Tk widgets that ttkbootstrap leaves alone.

A theme switch recolours every classic widget in the window. These opt out: they are drawn with
the colours of `frontend.theme` by the widget that uses them.
"""

from __future__ import annotations

import tkinter as tk


class Frame(tk.Frame):
    """A frame with a background of its own."""

    _tb_no_autostyle = True


class Label(tk.Label):
    """A label with colours of its own."""

    _tb_no_autostyle = True


class Canvas(tk.Canvas):
    """A drawing surface with colours of its own, without a border."""

    _tb_no_autostyle = True

    def __init__(self, parent: tk.Misc, *, takefocus: bool = False, cursor: str = "") -> None:
        super().__init__(
            parent, highlightthickness=0, borderwidth=0, takefocus=takefocus, cursor=cursor
        )


class Text(tk.Text):
    """A text widget with colours of its own, without a border."""

    _tb_no_autostyle = True

    def __init__(self, parent: tk.Misc, *, height: int = 1) -> None:
        super().__init__(
            parent, height=height, highlightthickness=0, borderwidth=0, relief="flat", wrap="word"
        )
