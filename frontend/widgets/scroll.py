"""A vertical scroll area for widgets: wheel, scrollbar, and focus that scrolls into view."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk

from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas
from frontend.widgets.scrollbar import ThinScrollbar

CHILDREN_CHANGED = "<<ChildrenChanged>>"
"""What a widget in an area generates on itself after it made widgets of its own anew."""
_STEP = 48
"""Logical pixels of one wheel notch."""


class ScrollArea(ttk.Frame):
    """Put widgets into `body`; it is as wide as the area and as high as it needs.

    Args:
        parent: The widget that it stands in.
        card: Whether it stands on a card rather than on the page.
        gutter: Logical pixels between the content and the scrollbar.
    """

    def __init__(self, parent: tk.Misc, *, card: bool = False, gutter: int = 0) -> None:
        style = "Inner.TFrame" if card else "TFrame"
        super().__init__(parent, style=style)
        self._card = card
        self._canvas = Canvas(self)
        self._bar = ThinScrollbar(self, self._canvas.yview, surface="card" if card else "bg")
        self.body = ttk.Frame(self._canvas, style=style)
        self._window = self._canvas.create_window(0, 0, window=self.body, anchor="nw")
        self._canvas.configure(yscrollcommand=self._scrolled, yscrollincrement=1, height=1, width=1)
        self._canvas.pack(side="left", fill="both", expand=True, padx=(0, look(self).px(gutter)))
        self._canvas.bind("<Configure>", lambda event: self._fit())
        self.body.bind("<Configure>", lambda event: self._fit())
        # A bind tag of its own lets every widget inside scroll, without touching their bindings.
        self._tag = f"Scroll{self.winfo_id()}"
        for wheel in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            self.bind_class(self._tag, wheel, self._wheel)
        self.bind_class(self._tag, "<FocusIn>", self._reveal)
        self.bind_class(self._tag, CHILDREN_CHANGED, lambda event: self.adopt())
        on_theme_change(self, self._recolour)
        self._recolour()

    def adopt(self) -> None:
        """Let the wheel work over all widgets that are in `body` now."""
        waiting: list[tk.Misc] = [self._canvas, self.body]
        while waiting:
            widget = waiting.pop()
            tags = widget.bindtags()
            if self._tag not in tags:
                widget.bindtags((self._tag, *tags))
            waiting.extend(widget.winfo_children())

    def to_top(self) -> None:
        """Scroll to the beginning."""
        self._canvas.yview_moveto(0)

    def _fit(self) -> None:
        self._canvas.itemconfigure(self._window, width=self._canvas.winfo_width())
        height = self.body.winfo_reqheight()
        self._canvas.configure(scrollregion=(0, 0, 1, max(height, self._canvas.winfo_height())))

    def _scrolled(self, first: float | str, last: float | str) -> None:
        """Show the bar only while there is something to scroll."""
        self._bar.set(first, last)
        if float(first) <= 0 and float(last) >= 1:
            self._bar.pack_forget()
        elif not self._bar.winfo_manager():
            self._bar.pack(side="right", fill="y", before=self._canvas)

    def _wheel(self, event: tk.Event[tk.Misc]) -> None:
        if not self._bar.winfo_manager():
            return
        if event.num in (4, 5):
            notches = -1.0 if event.num == 4 else 1.0
        else:
            aqua = self.tk.call("tk", "windowingsystem") == "aqua"
            notches = -event.delta / (4 if aqua else 120)
        self._canvas.yview_scroll(round(notches * look(self).px(_STEP)), "units")

    def _reveal(self, event: tk.Event[tk.Misc]) -> None:
        """Scroll so that the widget that got the focus is in view."""
        widget = event.widget
        if not isinstance(widget, tk.Misc) or widget is self._canvas:
            return
        margin = look(self).px(16)
        top = widget.winfo_rooty() - self._canvas.winfo_rooty()
        bottom = top + widget.winfo_height()
        if top < margin:
            self._canvas.yview_scroll(top - margin, "units")
        elif bottom > self._canvas.winfo_height() - margin:
            self._canvas.yview_scroll(bottom - self._canvas.winfo_height() + margin, "units")

    def _recolour(self) -> None:
        colours = look(self).palette
        self._canvas.configure(background=colours.card if self._card else colours.bg)
