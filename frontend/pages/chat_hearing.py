"""The user's voice on the chat page: hands-free, mute, push-to-talk, level, what is wrong."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.hearing import Status
from frontend.theme import look, on_theme_change
from frontend.widgets.held_key import HeldKey
from frontend.widgets.level_meter import LevelMeter
from frontend.widgets.wrap_label import wrap_label

WORDS: dict[Status, str] = {
    "off": "",
    "ready": "",
    "muted": "muted",
    "opening": "opening the microphone…",
    "listening": "listening",
    "talking": "listening…",
    "problem": "",
}
"""What the microphone does, where nothing more interesting happens."""


class HandsFree(ttk.Frame):
    """The switch "Hands-free", and beside it "Mute" while it is on.

    Args:
        parent: The header of the page.
        context: What pages may use.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent)
        self._hearing = context.hearing
        px = context.px
        self._on = tk.BooleanVar(self)
        self.switch = ttk.Checkbutton(
            self, text="Hands-free", variable=self._on, bootstyle="primary round-toggle",
            command=lambda: self._hearing.set_hands_free(self._on.get()),
        )  # fmt: skip
        # The switch stays under the pointer when the button comes.
        self.switch.pack(side="right")
        ttk.ToolTip(
            self.switch, position="bottom",
            text="The microphone stays on: speak, and interrupt, whenever you like",
        )  # fmt: skip
        self.mute = ttk.Button(
            self, text="Mute", icon="mic-mute-fill", style="Danger.TButton",
            command=lambda: self._hearing.set_muted(not self._hearing.muted),
        )  # fmt: skip
        self._tip = ttk.ToolTip(self.mute, text="Muted, she hears nothing until you unmute",
                                position="bottom")  # fmt: skip
        self._padding = px(10)
        self._compact = False

    def set_compact(self, compact: bool) -> None:
        """Show the button with its icon alone, or with its text."""
        if compact != self._compact:
            self._compact = compact
            self.show()

    def show(self) -> None:
        """Show the present state."""
        hearing = self._hearing
        if self._on.get() != hearing.hands_free:
            self._on.set(hearing.hands_free)
        self.mute.configure(
            text="" if self._compact else "Unmute" if hearing.muted else "Mute",
            style="Primary.TButton" if hearing.muted else "Danger.TButton",
        )
        if hearing.hands_free:
            self.mute.pack(side="left", padx=(0, self._padding))
        else:
            self.mute.pack_forget()


class TalkButton(ttk.Frame):
    """Push-to-talk: held with the mouse, the space bar or F8; the level stands beside it.

    Args:
        parent: The row of the input.
        context: What pages may use.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent)
        hearing, px = context.hearing, context.px
        self._hearing = hearing
        self._held: bool | None = None
        self.meter = LevelMeter(self, 36, 6, upright=True)
        self.meter.pack(side="left", padx=(0, px(8)))
        self.button = ttk.Button(
            self, icon="mic-fill", icon_only=True, icon_size=18, style="Secondary.TButton"
        )
        self.button.configure(padding=(px(12), px(8)))
        self.button.pack(side="left")
        ttk.ToolTip(self.button, text="Hold to talk (F8)", position="top")
        self.button.bind("<ButtonPress-1>", lambda _event: hearing.press())
        self.button.bind("<ButtonRelease-1>", lambda _event: hearing.release())
        self._space = HeldKey(self.button, "space", hearing.press, hearing.release)
        on_theme_change(self, self.show)

    def show(self) -> None:
        """Show the present state."""
        held = self._hearing.held
        if held != self._held:
            self._held = held
            self.button.configure(style="Primary.TButton" if held else "Secondary.TButton")

    def tick(self, now: float) -> None:
        """Show the level of this moment."""
        self.meter.feed(*self._hearing.levels, now)


class HearingNote(ttk.Frame):
    """Why the character does not hear, in one sentence above the input.

    Args:
        parent: The page.
        context: What pages may use.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent)
        self._context = context
        px = context.px
        self._icon = ttk.Label(self, style="Muted.TLabel")
        self._icon.pack(side="left", anchor="n", padx=(0, px(8)))
        self._settings = ttk.Button(
            self, text="Settings", style="Secondary.TButton",
            command=lambda: context.navigate("settings"),
        )  # fmt: skip
        self._settings.pack(side="right", padx=(px(10), 0))
        self._text = wrap_label(self, style="Muted.TLabel")
        self._text.pack(side="left", fill="x", expand=True)

    def show(self, sentence: str) -> None:
        """Show a sentence."""
        style = look(self)
        self._icon.configure(image=style.icon("mic-mute-fill", 16, style.palette.warning))
        self._text.configure(text=sentence, foreground=style.palette.fg)
