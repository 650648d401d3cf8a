"""The card "Test the microphone" on the Settings page. Its logic is in `MicrophoneTrial`."""

from __future__ import annotations

import time
import tkinter as tk

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.microphone_trial import SECONDS, MicrophoneTrial
from frontend.widgets.level_meter import LevelMeter
from frontend.widgets.wrap_label import wrap_label

_INTRO = (
    f"Speak for {SECONDS:.0f} seconds as you would on air, with a pause now and then. It is played "
    "back to you, and you read what is wrong with it."
)


class MicrophoneCard(ttk.Frame):
    """Button, level, and the verdict in words.

    Args:
        parent: The scrolling area's body.
        context: Microphone, loudspeaker and look.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        px = context.px
        super().__init__(parent, style="Card.TFrame", padding=(px(22), px(18)))
        self._context = context
        self.trial = MicrophoneTrial(
            context.microphone, context.player, context.hearing, self._show
        )
        head = ttk.Frame(self, style="Inner.TFrame")
        head.pack(fill="x")
        self.button = ttk.Button(
            head, text="Test the microphone", icon="mic-fill", style="InnerPrimary.TButton",
            command=self._start_or_stop,
        )  # fmt: skip
        self.button.pack(side="right", anchor="n", padx=(px(12), 0))
        self.again = ttk.Button(
            head, text="Play again", icon="play-fill", style="InnerSecondary.TButton",
            command=self.trial.replay,
        )  # fmt: skip
        ttk.Label(head, text="Test the microphone", style="InnerTitle.TLabel").pack(anchor="w")
        wrap_label(head, _INTRO, style="InnerCaption.TLabel").pack(fill="x")
        self._live = ttk.Frame(self, style="Inner.TFrame")
        self.meter = LevelMeter(self._live, 200, 10, surface="card")
        self.meter.pack(side="left", fill="x", expand=True)
        self._count = ttk.Label(self._live, style="InnerCaption.TLabel", width=14, anchor="e")
        self._count.pack(side="right", padx=(px(12), 0))
        self.verdict = wrap_label(self, style="Inner.TLabel")
        self.bind("<Destroy>", self._destroyed)
        self._show()

    def tick(self, now: float) -> bool:
        """Move the test on; True while it runs."""
        self.trial.tick(now)
        if self.trial.stage in ("opening", "recording"):
            self.meter.feed(*self._context.microphone.levels, now)
            self._say_time(now)
        return self.trial.running

    def leave(self) -> None:
        """The page is left: the test ends."""
        self.trial.stop()

    def _start_or_stop(self) -> None:
        if self.trial.running:
            self.trial.stop()
        else:
            self.trial.start(time.monotonic())

    def _say_time(self, now: float) -> None:
        left = self.trial.seconds_left(now)
        text = "opening…" if self.trial.stage == "opening" else f"speak now: {left:.0f} s"
        if str(self._count.cget("text")) != text:
            self._count.configure(text=text)

    def _show(self) -> None:
        trial, px = self.trial, self._context.px
        self.button.configure(
            text="Stop" if trial.running else "Test the microphone",
            style="InnerDanger.TButton" if trial.running else "InnerPrimary.TButton",
        )
        ttk.apply_icon(self.button, "stop-fill" if trial.running else "mic-fill")
        if trial.recorded:
            self.again.pack(side="right", anchor="n", padx=(px(12), 0), after=self.button)
        else:
            self.again.pack_forget()
        if trial.stage in ("opening", "recording"):
            self._live.pack(fill="x", pady=(px(12), 0))
        else:
            self._live.pack_forget()
        self._show_verdict()

    def _show_verdict(self) -> None:
        trial, palette = self.trial, self._context.palette
        if trial.verdict:
            text = trial.verdict.sentence
            colour = palette.success if trial.verdict.good else palette.warning
        else:
            text, colour = trial.problem, palette.danger
        if trial.stage == "playing":
            text += "  (Playing it back…)"
        self.verdict.configure(text=text, foreground=colour)
        if text:
            self.verdict.pack(fill="x", pady=(self._context.px(10), 0))
        else:
            self.verdict.pack_forget()

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self.trial.forget()
