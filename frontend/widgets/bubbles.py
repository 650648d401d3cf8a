"""Chat bubbles on one canvas, fast with thousands of them.

All bubbles are measured, only those near the visible part are drawn.
"""

from __future__ import annotations

import tkinter as tk
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial

import ttkbootstrap as ttk

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.bubble_paint import GAP, META, Box, Bubble, BubblePainter
from frontend.widgets.plain import Canvas
from frontend.widgets.scrollbar import ThinScrollbar

NEAR_TOP = 60


class BubbleList(ttk.Frame):
    """A scrollable list of bubbles that stays at its end while it is there.

    Args:
        parent: Where it is packed.
        on_top: The user scrolled to the first bubble.
        on_action: The button of a bubble was pressed; gets its key.
        on_details: The line below a bubble was clicked; gets its key and the place on the screen.
    """

    def __init__(
        self,
        parent: tk.Misc,
        *,
        on_top: Callable[[], None],
        on_action: Callable[[str], None],
        on_details: Callable[[str, int, int], None],
    ) -> None:
        super().__init__(parent)
        self._on_top = on_top
        self._bubbles: list[Bubble] = []
        self._boxes: list[Box] = []
        self._tops: list[int] = []
        self._drawn: dict[str, str] = {}
        self._picture = ""
        self._width = 0
        self._relayout = self._redraw = ""
        self._selecting: int | None = None
        self._stuck = True
        self.canvas = Canvas(self, takefocus=True)
        self._bar = ThinScrollbar(self, self._scrolled_by_bar)
        self.canvas.configure(yscrollcommand=self._note_scroll)
        self._bar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        self._painter = BubblePainter(self.canvas, on_action, on_details)
        self._bind_events()
        self._colour()
        on_theme_change(self, self._colour)
        self.bind("<Destroy>", self._destroyed, add="+")

    def _bind_events(self) -> None:
        canvas = self.canvas
        canvas.bind("<Configure>", self._resized)
        canvas.bind("<MouseWheel>", lambda e: self._scroll(-e.delta / 120 * 60))
        canvas.bind("<Button-4>", lambda _e: self._scroll(-60))
        canvas.bind("<Button-5>", lambda _e: self._scroll(60))
        for key, step in (("Up", -40), ("Down", 40), ("Prior", -400), ("Next", 400)):
            canvas.bind(f"<{key}>", partial(self._scroll_by_key, step))
        canvas.bind("<Home>", lambda _e: self._move_to(0))
        canvas.bind("<End>", lambda _e: self.to_end())
        canvas.bind("<ButtonPress-1>", self._press)
        canvas.bind("<B1-Motion>", self._drag)
        for sequence in ("<Control-c>", "<<Copy>>"):
            canvas.bind(sequence, lambda _e: self._copy(self.selection))
        for sequence in ("<Button-3>", "<Button-2>"):
            canvas.bind(sequence, self._menu)

    def set_picture(self, image: str) -> None:
        """The character's small picture beside her bubbles, as a Tk image name."""
        if image != self._picture:
            self._picture = image
            self._draw_anew()

    def show(self, bubbles: Sequence[Bubble]) -> None:
        """Show these bubbles in place of all others, at their end."""
        self._bubbles = list(bubbles)
        self._layout()
        self.to_end()

    def prepend(self, bubbles: Sequence[Bubble]) -> None:
        """Add bubbles above; what is visible stays where it is on the screen."""
        if not bubbles:
            return
        top = self.canvas.canvasy(0)
        self._bubbles[:0] = bubbles
        self._layout()
        self._move_to(top + self._tops[len(bubbles)] - self._tops[0])

    def put(self, bubble: Bubble) -> None:
        """Add a bubble below, or change the one with the same key."""
        index = self.index(bubble.key)
        if index is None:
            self._bubbles.append(bubble)
            self._boxes.append(self._painter.measure(bubble, self._width))
            self._tops.append(self._next_top(len(self._tops)))
            index = len(self._bubbles) - 1
        elif self._bubbles[index] == bubble:
            return
        else:
            height = self._extent(index)
            self._bubbles[index] = bubble
            self._boxes[index] = self._painter.measure(bubble, self._width)
            if self._extent(index) != height:
                self._place_from(index + 1)
        self._undraw(bubble.key)
        self._fit()

    def remove(self, key: str) -> None:
        """Take a bubble away."""
        index = self.index(key)
        if index is not None:
            self._undraw(key)
            del self._bubbles[index], self._boxes[index], self._tops[index]
            self._place_from(index)
            self._fit()

    def index(self, key: str) -> int | None:
        """Where a bubble stands; None if it is not there. The newest are found first."""
        for index in range(len(self._bubbles) - 1, -1, -1):
            if self._bubbles[index].key == key:
                return index
        return None

    def to_end(self) -> None:
        """Scroll to the newest bubble, and stay there."""
        self._stuck = True
        self._fit()

    @property
    def selection(self) -> str:
        """The text that is selected in a bubble."""
        # Tcl's own commands: tkinter declares no types for these.
        call, canvas = self.tk.call, str(self.canvas)
        item = str(call(canvas, "select", "item"))
        if not item:
            return ""
        first = int(call(canvas, "index", item, "sel.first"))
        last = int(call(canvas, "index", item, "sel.last"))
        return str(call(canvas, "itemcget", item, "-text"))[first : last + 1]

    @property
    def drawn(self) -> int:
        """How many bubbles are drawn now."""
        return len(self._drawn)

    def pulse(self, phase: float) -> None:
        """Move the three dots of an answer that has not begun; `phase` is 0 to 1."""
        colours = look(self).palette
        for index in range(3):
            nearness = max(0.0, 1 - 3 * abs(phase - (index + 0.5) / 3))
            self.canvas.itemconfigure(
                f"dot{index}", fill=mix(colours.muted, colours.accent, nearness)
            )

    def _colour(self) -> None:
        colours = look(self).palette
        self.canvas.configure(
            background=colours.bg, selectbackground=mix(colours.primary, colours.info, 0.5),
            selectforeground=colours.on_primary,
        )  # fmt: skip
        self._draw_anew()

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        if event.width != self._width:
            self._width = event.width
            if self._relayout:
                self.after_cancel(self._relayout)
            # The first layout is needed at once; later ones wait until dragging pauses.
            self._relayout = self.after(1 if not self._tops else 60, self._layout_again)
        else:
            self._fit()

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            for job in filter(None, (self._relayout, self._redraw)):
                self.after_cancel(job)

    def _layout_again(self) -> None:
        self._relayout = ""
        self._layout()

    def _layout(self) -> None:
        self._boxes = [self._painter.measure(bubble, self._width) for bubble in self._bubbles]
        self._tops = []
        for index in range(len(self._boxes)):
            self._tops.append(self._next_top(index))
        self._draw_anew()

    def _draw_anew(self) -> None:
        for key in list(self._drawn):
            self._undraw(key)
        self._fit()

    def _place_from(self, index: int) -> None:
        """Give the bubbles from `index` on new places."""
        for later in range(index, len(self._bubbles)):
            self._tops[later] = self._next_top(later)
            self._undraw(self._bubbles[later].key)

    def _next_top(self, index: int) -> int:
        px = look(self).px
        if not index:
            return px(GAP)
        return self._tops[index - 1] + self._extent(index - 1)

    def _extent(self, index: int) -> int:
        """Height that a bubble takes with its lines below and the gap after it."""
        px, bubble = look(self).px, self._bubbles[index]
        below = META if bubble.meta or bubble.action else 2
        return self._boxes[index].height + px(below + GAP)

    def _fit(self) -> None:
        """Give the canvas its extent, keep it at the end if it was there, and draw."""
        bottom = self._next_top(len(self._tops)) if self._tops else 0
        height = max(bottom, self.canvas.winfo_height())
        self.canvas.configure(scrollregion=(0, 0, max(1, self._width), height))
        if self._stuck:
            self.canvas.yview_moveto(1.0)
        self._draw_visible()

    def _note_scroll(self, first: float | str, last: float | str) -> None:
        self._bar.set(first, last)
        if not self._redraw:
            self._redraw = self.after_idle(self._after_scroll)

    def _after_scroll(self) -> None:
        self._redraw = ""
        self._draw_visible()

    def _scrolled_by_bar(self, *what: str) -> None:
        self.canvas.yview(*what)
        self._moved()

    def _scroll(self, by: float) -> None:
        self._move_to(self.canvas.canvasy(0) + look(self).px(by))

    def _scroll_by_key(self, by: float, _event: tk.Event[tk.Misc]) -> None:
        self._scroll(by)

    def _move_to(self, y: float) -> None:
        region = self.canvas.cget("scrollregion").split()
        total = float(region[3]) if len(region) == 4 else 1.0
        self.canvas.yview_moveto(max(0.0, y) / max(1.0, total))
        self._moved()

    def _moved(self) -> None:
        first, last = self.canvas.yview()
        self._stuck = last >= 0.999
        self._draw_visible()
        if self.canvas.canvasy(0) < look(self).px(NEAR_TOP) and first < last - 1e-6 and last < 1:
            self._on_top()

    def _draw_visible(self) -> None:
        if not self._tops or not self._width:
            return
        top = self.canvas.canvasy(0)
        bottom = top + self.canvas.winfo_height()
        first = max(0, bisect_right(self._tops, top) - 2)
        last = min(len(self._tops), bisect_right(self._tops, bottom) + 1)
        wanted = {self._bubbles[index].key for index in range(first, last)}
        for key in [key for key in self._drawn if key not in wanted]:
            self._undraw(key)
        for index in range(first, last):
            if self._bubbles[index].key not in self._drawn:
                self._draw(index)

    def _undraw(self, key: str) -> None:
        tag = self._drawn.pop(key, None)
        if tag is not None:
            self.canvas.delete(tag)

    def _draw(self, index: int) -> None:
        bubble = self._bubbles[index]
        self._drawn[bubble.key] = self._painter.draw(
            bubble, self._boxes[index], self._tops[index], self._width, self._picture
        )

    def _text_at(self, event: tk.Event[tk.Misc]) -> int | None:
        x, y = self.canvas.canvasx(event.x), self.canvas.canvasy(event.y)
        for item in reversed(self.canvas.find_overlapping(x, y, x, y)):
            if "text" in self.canvas.gettags(item):
                return int(item)
        return None

    def _press(self, event: tk.Event[tk.Misc]) -> None:
        self.canvas.focus_set()
        self.canvas.select_clear()
        self._selecting = self._text_at(event)
        if self._selecting:
            x, y = self.canvas.canvasx(event.x), self.canvas.canvasy(event.y)
            self.canvas.select_from(self._selecting, f"@{int(x)},{int(y)}")

    def _drag(self, event: tk.Event[tk.Misc]) -> None:
        item = self._selecting
        if item and self.canvas.type(item):
            x, y = self.canvas.canvasx(event.x), self.canvas.canvasy(event.y)
            self.canvas.select_to(item, f"@{int(x)},{int(y)}")

    def _copy(self, text: str) -> None:
        if text:
            self.clipboard_clear()
            self.clipboard_append(text)

    def _menu(self, event: tk.Event[tk.Misc]) -> None:
        y = self.canvas.canvasy(event.y)
        index = bisect_right(self._tops, y) - 1
        if index < 0:
            return
        chosen, whole = self.selection, self._bubbles[index].text
        menu = ttk.Menu(self, tearoff=False)
        if chosen:
            menu.add_command(label="Copy selection", command=lambda: self._copy(chosen))
        menu.add_command(label="Copy message", command=lambda: self._copy(whole))
        menu.tk_popup(event.x_root, event.y_root)
