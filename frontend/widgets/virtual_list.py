"""A list that draws only the rows in view, so that 100,000 of them cost as much as 40.

One canvas with a pool of text items, a row each, that are filled anew when the view moves. Rows
come from a `RowSource` and are drawn in columns of a fixed-width font. Drawing is put off and
merged: however fast rows come, the list is drawn at most 30 times a second.
"""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Any

import ttkbootstrap as ttk

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas
from frontend.widgets.viewport import RowSource, Viewport

_DRAW_MS = 33
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
        self._columns = tuple(columns)
        self._on_view = on_view
        self._on_open = on_open
        self._scrollbar: ttk.Scrollbar | None = None
        self._texts: list[list[int]] = []
        self._backs: list[int] = []
        self._clipped: set[int] = set()
        self._draw_job = ""
        self._tip_job = ""
        self._measure()
        self._bind_keys()
        self._bind_mouse()
        self.bind("<Configure>", lambda event: self._build())
        self.bind("<Map>", lambda event: self.refresh())
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
        if self.winfo_ismapped() and self._texts:
            self._hide_tip()
            self.delete("hit")
            self._clipped.clear()
            self._draw_rows()
        if self._scrollbar is not None:
            first, last = self.view.fractions
            self._scrollbar.set(first, last)
        self._on_view()

    def _measure(self) -> None:
        self._font = tk.font.Font(self, font=look(self).fonts.mono)
        self._char = self._font.measure("0")
        self._row_height = self._font.metrics("linespace") + look(self).px(4)
        self._left = look(self).px(12)

    def _build(self) -> None:
        """Make as many row items as fit."""
        self.view.height = max(1, self.winfo_height() // self._row_height)
        fill = self._selected_colour
        while len(self._texts) < self.view.height:
            y = look(self).px(2) + len(self._texts) * self._row_height
            back = self.create_rectangle(
                0, y, 0, y + self._row_height, width=0, fill=fill, state="hidden"
            )
            x, row = self._left, []
            for width in self._columns:
                row.append(self.create_text(x, y + look(self).px(2), anchor="nw", font=self._font))
                x += (width + 1) * self._char
            self._backs.append(back)
            self._texts.append(row)
        while len(self._texts) > self.view.height:
            self.delete(self._backs.pop(), *self._texts.pop())
        self.refresh()

    def _draw_rows(self) -> None:
        numbers = self.view.visible()
        colours = look(self).palette
        low, high = self.view.selection or (1, 0)
        width = self.winfo_width()
        pattern = re.compile(re.escape(self.highlight), re.IGNORECASE) if self.highlight else None
        for place, (back, items) in enumerate(zip(self._backs, self._texts, strict=True)):
            if place >= len(numbers):
                self.itemconfigure(back, state="hidden")
                for item in items:
                    self.itemconfigure(item, text="")
                continue
            number = numbers[place]
            if low <= number <= high:
                _, y, _, bottom = self.coords(back)
                self.coords(back, 0, y, width, bottom)
                self.itemconfigure(back, state="normal")
            else:
                self.itemconfigure(back, state="hidden")
            for column, cell in enumerate(self._source.cells(number)):
                shown = self._clip(number, column, cell.text)
                colour = getattr(colours, cell.colour)
                self.itemconfigure(items[column], text=shown, fill=colour)
                if pattern is not None:
                    self._draw_hits(pattern, shown, items[column])

    def _clip(self, number: int, column: int, text: str) -> str:
        """What of a cell fits into its column, on one line."""
        room = self._columns[column]
        if column == len(self._columns) - 1:
            before = sum(self._columns[:-1]) + len(self._columns) - 1
            room = (self.winfo_width() - 2 * self._left) // self._char - before
        if "\n" in text[: room + 1]:
            text = text[: room + 1].replace("\n", " ⏎ ")
            self._clipped.add(number)
        if len(text) <= room:
            return text
        self._clipped.add(number)
        return text[: max(0, room - 1)] + "…"

    def _draw_hits(self, pattern: re.Pattern[str], shown: str, item: int) -> None:
        x, y = self.coords(item)
        for hit in pattern.finditer(shown):
            start = x + self._font.measure(shown[: hit.start()])
            end = x + self._font.measure(shown[: hit.end()])
            mark = self.create_rectangle(
                start, y, end, y + self._font.metrics("linespace"),
                width=0, fill=self._hit_colour, tags="hit",
            )  # fmt: skip
            self.tag_lower(mark, item)

    def _recolour(self) -> None:
        colours = look(self).palette
        self.configure(
            background=colours.card,
            highlightbackground=colours.card,
            highlightcolor=mix(colours.card, colours.accent, 0.7),
        )
        self._hit_colour = mix(colours.card, colours.warning, 0.38)
        self._selected_colour = mix(colours.card, colours.primary, 0.35)
        for back in self._backs:
            self.itemconfigure(back, fill=self._selected_colour)
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
        place = (y - look(self).px(2)) // self._row_height
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
        bottom = min(self.view.height, len(self.view.visible())) * self._row_height - 1
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
        if number in self._clipped and number is not None:
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
            font=self._font, fill=colours.fg, tags="tip",
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
