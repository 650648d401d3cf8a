"""Small charts on a canvas: stacked bars with a scale and a legend, and a line without either."""

from __future__ import annotations

import math
import tkinter as tk
from collections.abc import Sequence
from typing import Literal, NamedTuple

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas


class Bar(NamedTuple):
    """One bar.

    Attributes:
        values: Heights of its parts from bottom to top, one for each series.
        note: First line of what shows when the pointer is over it.
    """

    values: tuple[float, ...]
    note: str = ""


class Series(NamedTuple):
    """One part of every bar: its name in the legend, its colour by its name in the palette."""

    label: str
    colour: str


def scale(highest: float, lines: int = 4) -> list[float]:
    """Round values for grid lines, from 0 to at least `highest`: steps of 1, 2 or 5 × 10ⁿ."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / lines
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)]


class StackedBars(Canvas):
    """Bars of parts, the newest at the right.

    Args:
        parent: A widget with the card's colour.
        unit: Unit of the values, for the scale and the details.
        empty: What stands there as long as there is no bar.
        most: How many bars there is room for.
    """

    def __init__(self, parent: tk.Misc, unit: str, empty: str, most: int = 24) -> None:
        super().__init__(parent)
        self.configure(width=look(parent).px(200), height=look(parent).px(150))
        self._unit = unit
        self._empty = empty
        self._most = most
        self._bars: Sequence[Bar] = ()
        self._series: Sequence[Series] = ()
        self._legend_height = self._left = 0
        self.bind("<Configure>", lambda event: self._draw())
        self.bind("<Motion>", self._hover)
        self.bind("<Leave>", lambda event: self.delete("tip"))
        on_theme_change(self, self._draw)

    def set(self, bars: Sequence[Bar], series: Sequence[Series]) -> None:
        """Show these bars, oldest first; only the newest ones that have room."""
        shown = (self._bars, self._series)
        self._bars, self._series = bars[-self._most :], series
        if (self._bars, self._series) != shown:
            self._draw()

    def _plot(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the plot."""
        px = look(self).px
        top = self._legend_height + px(14)
        return self._left, top, self.winfo_width() - px(4), self.winfo_height() - px(8)

    def _draw(self) -> None:
        colours, fonts = look(self).palette, look(self).fonts
        self.configure(background=colours.card)
        self.delete("all")
        if not self._bars:
            self.create_text(
                self.winfo_width() / 2, self.winfo_height() / 2, text=self._empty, justify="center",
                fill=colours.muted, font=fonts.body, width=self.winfo_width() - look(self).px(32),
            )  # fmt: skip
            return
        self._draw_legend()
        ticks = scale(max(sum(bar.values) for bar in self._bars))
        labels = [f"{tick:g} {self._unit}" for tick in ticks]
        small = tk.font.Font(self, font=fonts.small)
        self._left = max(small.measure(label) for label in labels) + look(self).px(10)
        left, top, right, bottom = self._plot()
        for tick, label in zip(ticks, labels, strict=True):
            y = bottom - (bottom - top) * tick / ticks[-1]
            self.create_line(left, y, right, y, fill=colours.line)
            self.create_text(
                left - look(self).px(8), y, text=label, anchor="e",
                fill=colours.muted, font=small,
            )  # fmt: skip
        self._draw_bars(ticks[-1])

    def _slot(self) -> float:
        left, _, right, _ = self._plot()
        return (right - left) / self._most

    def _draw_bars(self, highest: float) -> None:
        colours = look(self).palette
        left, top, right, bottom = self._plot()
        slot = self._slot()
        gap = max(1.0, slot * 0.18)
        for place, bar in enumerate(self._bars):
            x = right - slot * (len(self._bars) - place)
            y = float(bottom)
            for value, series in zip(bar.values, self._series, strict=True):
                height = (bottom - top) * value / highest
                if height > 0:
                    self.create_rectangle(
                        x + gap, y - height, x + slot - gap, y, width=0,
                        fill=getattr(colours, series.colour),
                    )  # fmt: skip
                y -= height
        self.create_line(left, bottom, right, bottom, fill=mix(colours.card, colours.fg, 0.3))

    def _draw_legend(self) -> None:
        px, colours = look(self).px, look(self).palette
        font = tk.font.Font(self, font=look(self).fonts.small)
        x, y, edge = px(2), px(10), px(9)
        for series in self._series:
            width = edge + px(5) + font.measure(series.label)
            if x > px(2) and x + width > self.winfo_width():
                x, y = px(2), y + px(17)
            self.create_rectangle(
                x, y - edge / 2, x + edge, y + edge / 2, width=0,
                fill=getattr(colours, series.colour),
            )  # fmt: skip
            self.create_text(
                x + edge + px(5), y, text=series.label, anchor="w", fill=colours.muted, font=font
            )
            x += width + px(12)
        self._legend_height = y + px(8)

    def _hover(self, event: tk.Event[tk.Misc]) -> None:
        """Show the parts of the bar under the pointer."""
        self.delete("tip")
        _, _, right, _ = self._plot()
        place = len(self._bars) - 1 - int((right - event.x) // max(1.0, self._slot()))
        if not 0 <= place < len(self._bars) or event.x > right:
            return
        bar = self._bars[place]
        rows = [bar.note] if bar.note else []
        rows += [
            f"{series.label}: {value:,.0f} {self._unit}"
            for value, series in zip(bar.values, self._series, strict=True)
            if value > 0
        ]
        rows.append(f"Together: {sum(bar.values):,.0f} {self._unit}")
        self._show_tip("\n".join(rows), event.x)

    def _show_tip(self, text: str, x: int) -> None:
        colours, pad = look(self).palette, look(self).px(8)
        side: Literal["ne", "nw"] = "ne" if x > self.winfo_width() / 2 else "nw"
        item = self.create_text(
            x - 2 * pad if side == "ne" else x + 2 * pad, 5 * pad, text=text, anchor=side,
            fill=colours.fg, font=look(self).fonts.caption, tags="tip",
        )  # fmt: skip
        x0, y0, x1, y1 = self.bbox(item)
        back = self.create_rectangle(
            x0 - pad, y0 - pad, x1 + pad, y1 + pad, fill=colours.raised, outline=colours.line,
            tags="tip",
        )  # fmt: skip
        self.tag_lower(back, item)


class Sparkline(Canvas):
    """The last values of one figure as a line that fills the canvas.

    Args:
        parent: A widget with the card's colour.
        colour: By its name in the palette.
        width: In logical pixels.
        height: In logical pixels.
    """

    def __init__(
        self, parent: tk.Misc, colour: str = "accent", width: int = 96, height: int = 24
    ) -> None:
        super().__init__(parent)
        self.configure(width=look(self).px(width), height=look(self).px(height))
        self._colour = colour
        self._values: Sequence[float] = ()
        on_theme_change(self, self._draw)
        self._draw()

    def set(self, values: Sequence[float]) -> None:
        """Show these values, oldest first."""
        self._values = values
        self._draw()

    def _draw(self) -> None:
        colours = look(self).palette
        self.configure(background=colours.card)
        self.delete("all")
        if len(self._values) < 2:
            return
        width, height = int(self["width"]), int(self["height"])
        highest = max(max(self._values), 1e-9)
        points: list[float] = []
        for place, value in enumerate(self._values):
            points += [
                width * place / (len(self._values) - 1),
                height - 2 - (height - 4) * value / highest,
            ]
        colour = getattr(colours, self._colour)
        self.create_polygon(
            [0, height, *points, width, height], fill=mix(colours.card, colour, 0.25), outline=""
        )
        self.create_line(points, fill=colour, width=look(self).px(1.5))
