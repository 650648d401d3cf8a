"""The latency waterfall of one turn, as a small window that goes away with a click or Escape."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

import ttkbootstrap as ttk

from event_system import Stage
from frontend.theme import look
from frontend.widgets.plain import Canvas, Frame

_NAMES = {
    "endpoint": "End of speech noticed",
    "transcript": "Speech understood",
    "received": "Message received",
    "first_token": "First word written",
    "first_sentence": "First sentence",
    "first_audio": "First sound made",
    "first_frame": "First sound sent",
}
WIDTH = 380
ROW = 26
LABEL = 140
NUMBERS = 64


class Waterfall(tk.Toplevel):
    """Bars of the stages on one time axis, the slowest in the warning colour.

    Args:
        parent: Any widget of the window.
        stages: In order.
        x: Where its lower left corner goes on the screen, pixels.
        y: The same.
    """

    _tb_no_autostyle = True

    def __init__(self, parent: tk.Misc, stages: Sequence[Stage], x: int, y: int) -> None:
        super().__init__(parent)
        style = look(parent)
        px, colours = style.px, style.palette
        self.withdraw()
        self.overrideredirect(True)
        self.configure(background=colours.line)
        body = Frame(self, background=colours.card, padx=px(16), pady=px(12))
        body.pack(padx=1, pady=1)
        ttk.Label(body, text="How long the answer took", style="InnerTitle.TLabel").pack(anchor="w")
        canvas = Canvas(body)
        canvas.configure(
            background=colours.card, width=px(WIDTH), height=px(ROW) * len(stages) + px(8)
        )
        canvas.pack(pady=(px(8), 0))
        self._draw(canvas, stages)
        self.update_idletasks()
        left = min(x, self.winfo_screenwidth() - self.winfo_reqwidth() - px(8))
        top = max(px(8), y - self.winfo_reqheight() - px(8))
        self.geometry(f"+{max(0, left)}+{top}")
        self.deiconify()
        self.lift()
        for sequence in ("<Button-1>", "<Escape>", "<FocusOut>"):
            self.bind(sequence, lambda _event: self.destroy())
        self.focus_set()

    def _draw(self, canvas: Canvas, stages: Sequence[Stage]) -> None:
        style = look(self)
        px, colours = style.px, style.palette
        whole = max((stage.at_ms for stage in stages), default=0.0) or 1.0
        slowest = max(stages, key=lambda stage: stage.took_ms, default=None)
        room = px(WIDTH - LABEL - NUMBERS)
        for index, stage in enumerate(stages):
            y = px(ROW) * index + px(ROW) // 2 + px(4)
            start = px(LABEL) + room * max(0.0, stage.at_ms - stage.took_ms) / whole
            end = max(start + px(2), px(LABEL) + room * stage.at_ms / whole)
            colour = colours.warning if stage is slowest else colours.accent
            name = _NAMES.get(stage.name, stage.name.replace("_", " "))
            canvas.create_text(0, y, text=name, anchor="w", fill=colours.fg,
                               font=style.fonts.caption)  # fmt: skip
            canvas.create_rectangle(start, y - px(4), end, y + px(4), fill=colour, width=0)
            canvas.create_text(px(WIDTH), y, text=f"{stage.at_ms:,.0f} ms", anchor="e",
                               fill=colours.muted, font=style.fonts.caption)  # fmt: skip
