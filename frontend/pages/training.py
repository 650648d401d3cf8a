"""The Voice training page: says plainly that training is not in this version, and what it takes."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.base import PageFrame
from frontend.widgets.wrap_label import wrap_label

_TITLE = "A voice of your own is not in this version yet"
_INTRO = (
    "Here you will teach the character a voice from recordings. It is being built; nothing on this "
    "page trains anything today. Until then, choose from the ready-made voices."
)
_STEPS = (
    ("mic", "A minute of clear speech",
     "You read some sentences aloud, or bring recordings. A quiet room matters more than a dear "
     "microphone: no music, no echo, one speaker."),
    ("shield-check", "The speaker's consent",
     "Only a voice that is yours, or whose owner agreed. You confirm it before anything starts."),
    ("clipboard-check", "A check of each recording",
     "Too short, too loud or too noisy takes are named, with what to do, before time is spent on "
     "training."),
    ("cpu", "Training on your own computer",
     "A quick preview voice in about a minute on the processor. Better voices take a graphics card "
     "and longer. No recording leaves the computer."),
)  # fmt: skip


class TrainingPage(PageFrame):
    """An honest empty page."""

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent, context)
        px = context.px
        ttk.Label(self, text="Voice training", style="Title.TLabel").pack(
            anchor="w", padx=px(24), pady=(px(20), px(12))
        )
        card = ttk.Frame(self, style="Card.TFrame", padding=(px(28), px(24)))
        card.pack(fill="x", padx=px(24))
        self._build_notice(card)
        for icon, title, text in _STEPS:
            self._build_step(card, icon, title, text)
        foot = ttk.Frame(card, style="Inner.TFrame")
        foot.pack(fill="x", pady=(px(12), 0))
        ttk.Button(
            foot, text="See the ready-made voices", icon="box-seam-fill",
            style="InnerPrimary.TButton", command=lambda: context.navigate("models"),
        ).pack(side="left")  # fmt: skip

    def on_theme(self) -> None:
        """Icons hold colours of their own."""
        for label, icon, size in self._icons:
            label.configure(image=self.context.look.icon(icon, size, self.context.palette.accent))

    def _build_notice(self, card: ttk.Frame) -> None:
        px = self.context.px
        row = ttk.Frame(card, style="Inner.TFrame")
        row.pack(fill="x", pady=(0, px(8)))
        self._icons: list[tuple[ttk.Label, str, int]] = []
        self._add_icon(row, "hourglass-split", 26)
        words = ttk.Frame(row, style="Inner.TFrame")
        words.pack(side="left", fill="x", expand=True)
        wrap_label(words, _TITLE, style="InnerTitle.TLabel").pack(fill="x")
        wrap_label(words, _INTRO, style="InnerMuted.TLabel").pack(fill="x", pady=(px(4), 0))

    def _build_step(self, card: ttk.Frame, icon: str, title: str, text: str) -> None:
        px = self.context.px
        ttk.Frame(card, style="Line.TFrame", height=1).pack(fill="x", pady=px(8))
        row = ttk.Frame(card, style="Inner.TFrame")
        row.pack(fill="x")
        self._add_icon(row, icon, 18)
        words = ttk.Frame(row, style="Inner.TFrame")
        words.pack(side="left", fill="x", expand=True)
        wrap_label(words, title, style="InnerStrong.TLabel").pack(fill="x")
        wrap_label(words, text, style="InnerMuted.TLabel").pack(fill="x", pady=(px(2), 0))

    def _add_icon(self, row: ttk.Frame, icon: str, size: int) -> None:
        px = self.context.px
        image = self.context.look.icon(icon, size, self.context.palette.accent)
        holder = ttk.Frame(row, style="Inner.TFrame", width=px(46), height=px(30))
        holder.pack_propagate(False)
        holder.pack(side="left", anchor="n")
        label = ttk.Label(holder, image=image, style="Inner.TLabel")
        label.pack(side="left")
        self._icons.append((label, icon, size))
