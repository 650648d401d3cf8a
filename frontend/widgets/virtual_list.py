"""A list that draws only the rows in view, so that 100,000 of them cost as much as 40.

Rows come from a `RowSource` and are drawn by a `RowPool`. Drawing what came is put off and
merged: however fast rows come, the list is drawn some 15 times a second. What the user does is
drawn at once.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Any

import ttkbootstrap as ttk

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas
from frontend.widgets.row_pool import RowPool
from frontend.widgets.viewport import RowSource, Viewport

_DRAW_MS = 60
_TIP_MS = 500
_TIP_CHARS = 1_500
_WHEEL_ROWS = 3


class VirtualList(Canvas):
    """A scrolling, selectable list of one-line rows.

    Args:
        parent: The widget that it stands in; its background should be the card colour.
        source: The rows.
        columns: Widths of the columns in characters; the last one takes what is left.
        on_view: Called after the view moved, rows came, or following began or ended.
        on_open: Called with a row's number on double click or Return.
    """

    def __init__(
        self,
        parent: tk.Misc,
        source: RowSource,
        columns: Sequence[int],
        *,
        on_view: Callable[[], None] = lambda: None,
        on_open: Callable[[int], None] = lambda number: None,
    ) -> None:
        super().__init__(parent, takefocus=True)
        self.configure(highlightthickness=look(self).px(2))
        self.view = Viewport()
        self.highlight = ""
        self._source = source
        self._on_view = on_view
        self._on_open = on_open
        self._scrollbar: ttk.Scrollbar | None = None
        self._pool = RowPool(self, columns)
        self._draw_job = ""
        self._tip_job = ""
        self._bind_keys()
        self._bind_mouse()
        self.bind("<Configure>", lambda event: self._fit())
        self.bind("<Map>", lambda event: self.refresh())
        self.bind("<Destroy>", self._cancel_jobs)
        on_theme_change(self, self._recolour)
        self._recolour()

    def attach(self, scrollbar: ttk.Scrollbar) -> None:
        """Let a scrollbar show and move the view."""
        self._scrollbar = scrollbar
        scrollbar.configure(command=self._drag)

    def refresh(self) -> None:
        """Draw soon: the rows, the filter or the highlight changed."""
        if not self._draw_job:
            self._draw_job = self.after(_DRAW_MS, self.draw)

    def follow(self) -> None:
        """Go to the end and stay there as rows come."""
        self.view.following = True
        self.draw()

    def texts(self, column: int = -1) -> list[str]:
        """What a column shows, from top to bottom; blank rows are empty."""
        return self._pool.texts(column)

    def copy(self) -> int:
        """Put the selected rows on the clipboard; how many lines it then holds."""
        selection = self.view.selection
        text = self._source.texts(*selection) if selection else ""
        if not text:
            return 0
        self.clipboard_clear()
        self.clipboard_append(text)
        return text.count("\n") + 1

    def draw(self) -> None:
        """Draw the rows in view now."""
        if self._draw_job:
            self.after_cancel(self._draw_job)
            self._draw_job = ""
        self.view.rows = self._source.rows
        if self.winfo_ismapped():
            self._hide_tip()
            self._pool.draw(
                self.view.visible(), self._source.cells, self.view.selection, self.highlight
            )
        if self._scrollbar is not None:
            first, last = self.view.fractions
            self._scrollbar.set(first, last)
        self._on_view()

    def _cancel_jobs(self, event: tk.Event[tk.Misc]) -> None:
        for job in filter(None, (self._draw_job, self._tip_job)):
            self.after_cancel(job)

    def _fit(self) -> None:
        """Have as many rows as fit."""
        self.view.height = max(1, self.winfo_height() // self._pool.row_height)
        self._pool.resize(self.view.height)
        self.refresh()

    def _recolour(self) -> None:
        colours = look(self).palette
        self.configure(
            background=colours.card,
            highlightbackground=colours.card,
            highlightcolor=mix(colours.card, colours.accent, 0.7),
        )
        self._pool.recolour()
        self.refresh()

    def _drag(self, action: str, amount: str, unit: str = "") -> None:
        """The scrollbar's commands, as Tk gives them."""
        if action == "moveto":
            self.view.scroll_to(round(float(amount) * len(self.view.rows)))
        else:
            step = self.view.height - 1 if unit.startswith("page") else 1
            self.view.scroll(int(amount) * step)
        self.draw()

    def _bind_keys(self) -> None:
        view = self.view

        def bind(keys: str, action: Callable[[], Any]) -> None:
            def handle(event: tk.Event[tk.Misc]) -> str:
                action()
                self.draw()
                return "break"

            self.bind(keys, handle)

        bind("<Up>", lambda: view.move(-1))
        bind("<Down>", lambda: view.move(1))
        bind("<Shift-Up>", lambda: view.move(-1, extend=True))
        bind("<Shift-Down>", lambda: view.move(1, extend=True))
        bind("<Prior>", lambda: view.scroll(1 - view.height))
        bind("<Next>", lambda: view.scroll(view.height - 1))
        bind("<Home>", lambda: view.scroll_to(0))
        bind("<End>", lambda: view.scroll_to(view.last_top))
        bind("<Return>", self._open)
        for keys in ("<Control-a>", "<<SelectAll>>"):
            bind(keys, view.select_all)
        bind("<<Copy>>", self.copy)

    def _bind_mouse(self) -> None:
        self.bind("<Button-1>", lambda event: self._press(event, extend=False))
        self.bind("<Shift-Button-1>", lambda event: self._press(event, extend=True))
        self.bind("<B1-Motion>", self._sweep)
        self.bind("<Double-Button-1>", lambda event: self._open())
        self.bind("<MouseWheel>", self._wheel)
        self.bind("<Button-4>", lambda event: self._wheel_by(-_WHEEL_ROWS))
        self.bind("<Button-5>", lambda event: self._wheel_by(_WHEEL_ROWS))
        self.bind("<Motion>", self._hover)
        self.bind("<Leave>", lambda event: self._hide_tip())

    def _wheel(self, event: tk.Event[tk.Misc]) -> None:
        step = event.delta if self.tk.call("tk", "windowingsystem") == "aqua" else event.delta / 120
        self._wheel_by(-round(step * _WHEEL_ROWS) or (1 if event.delta < 0 else -1))

    def _wheel_by(self, rows: int) -> None:
        self.view.scroll(rows)
        self.draw()

    def _number_at(self, y: int) -> int | None:
        """The row at a height in the widget, or None below the last one."""
        numbers = self.view.visible()
        place = self._pool.place_at(y)
        return numbers[place] if 0 <= place < len(numbers) else None

    def _press(self, event: tk.Event[tk.Misc], *, extend: bool) -> None:
        self.focus_set()
        number = self._number_at(event.y)
        if number is not None:
            self.view.select(number, extend=extend)
        self.draw()

    def _sweep(self, event: tk.Event[tk.Misc]) -> None:
        """Extend the selection with the pointer; beyond an edge the list scrolls."""
        if event.y < 0:
            self.view.scroll(-1)
        elif event.y > self.winfo_height():
            self.view.scroll(1)
        bottom = min(self.view.height, len(self.view.visible())) * self._pool.row_height - 1
        number = self._number_at(max(look(self).px(2), min(event.y, bottom)))
        if number is not None:
            self.view.select(number, extend=True)
        self.draw()

    def _open(self) -> None:
        if self.view.head is not None:
            self._on_open(self.view.head)

    def _hover(self, event: tk.Event[tk.Misc]) -> None:
        self._hide_tip()
        number = self._number_at(event.y)
        if number in self._pool.clipped and number is not None:
            self._tip_job = self.after(_TIP_MS, self._show_tip, number, event.y)

    def _show_tip(self, number: int, y: int) -> None:
        """Show a row in full beside the pointer, over the list."""
        self._tip_job = ""
        pad, colours = look(self).px(10), look(self).palette
        text = self._source.text(number)[:_TIP_CHARS]
        if not text:
            return
        item = self.create_text(
            3 * pad, y + 2 * pad, text=text, anchor="nw", width=self.winfo_width() - 6 * pad,
            font=self._pool.font, fill=colours.fg, tags="tip",
        )  # fmt: skip
        x0, y0, x1, y1 = self.bbox(item)
        lift = max(0, min(y1 + 2 * pad - self.winfo_height(), y0))
        if lift:
            self.move(item, 0, -lift)
        back = self.create_rectangle(
            x0 - pad, y0 - pad - lift, x1 + pad, y1 + pad - lift,
            fill=colours.raised, outline=colours.line, tags="tip",
        )  # fmt: skip
        self.tag_lower(back, item)

    def _hide_tip(self) -> None:
        if self._tip_job:
            self.after_cancel(self._tip_job)
            self._tip_job = ""
        self.delete("tip")
