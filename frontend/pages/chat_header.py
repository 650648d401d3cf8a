"""The top of the chat page: who is on air, what she does, Stop, and the user's hands-free voice."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Literal

import ttkbootstrap as ttk

from event_system import TurnState
from frontend.context import AppContext
from frontend.pages.chat_hearing import WORDS, HandsFree

COMPACT_BELOW = 560
"""Logical pixels of width below which buttons show their icons alone."""
GAP = 14
Side = Literal["left", "right"]
_STATES = {"listening": "hearing you…", "thinking": "thinking…", "speaking": "speaking"}


class ChatHeader(ttk.Frame):
    """One row; what does not fit is left out, the least important first.

    Args:
        parent: The chat page.
        context: What pages may use.
        pick: Called when another character is to be chosen.
    """

    def __init__(self, parent: tk.Misc, context: AppContext, pick: Callable[[], None]) -> None:
        super().__init__(parent)
        self._context = context
        self._doing: TurnState = "idle"
        px = context.px
        self.picker = ttk.Button(
            self, text="…", style="Picker.TButton", command=pick, compound="left"
        )
        self.picker.pack(side="left")
        ttk.ToolTip(self.picker, text="Choose who is on air", position="bottom")
        # Keeps the row's height while buttons come and go.
        ttk.Frame(self, height=px(38), width=1).pack(side="right")
        self.hands_free = HandsFree(self, context)
        self.hands_free.pack(side="right")
        self.stop = ttk.Button(
            self, text="Stop", icon="stop-fill", style="Danger.TButton",
            command=context.stop_answer,
        )  # fmt: skip
        ttk.ToolTip(self.stop, text="Stop the answer (Esc)", position="bottom")
        self._state = ttk.Label(self, style="Muted.TLabel")
        self._engines = ttk.Label(self, style="Muted.TLabel")
        self._compact = False
        self._job = ""
        self.bind("<Configure>", self._resized)
        self.bind("<Destroy>", self._destroyed)

    def show_name(self, name: str, picture: str) -> None:
        """Show who is on air, with a Tk image."""
        self.picker.configure(text=f"  {name}  ▾", image=picture)
        self._arrange_soon()

    def show_engines(self, text: str) -> None:
        """Show what answers and what speaks."""
        self._engines.configure(text=text)
        self._arrange_soon()

    def show_state(self, state: TurnState) -> None:
        """Show what the character is doing."""
        self._doing = state
        self.show_hearing()

    def show_hearing(self) -> None:
        """Show what the microphone does, where the character does nothing."""
        words = _STATES.get(self._doing) or WORDS[self._context.hearing.status]
        self._state.configure(text=words)
        self.hands_free.show()
        self._arrange_soon()

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self._arrange_soon()

    def _arrange_soon(self) -> None:
        """Arrange when widgets whose text changed know their new size."""
        if not self._job:
            self._job = self.after_idle(self._arrange)

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self and self._job:
            self.after_cancel(self._job)

    def _arrange(self) -> None:
        """Show what there is room for."""
        self._job = ""
        px, width = self._context.px, self.winfo_width()
        compact = width < px(COMPACT_BELOW)
        if compact != self._compact:
            self._compact = compact
            self.hands_free.set_compact(compact)
            self.stop.configure(text="" if compact else "Stop")
            self._arrange_soon()
            return
        room = width - self.picker.winfo_reqwidth() - self.hands_free.winfo_reqwidth() - px(16)
        busy = self._doing in ("thinking", "speaking")
        rows: tuple[tuple[tk.Widget, bool, Side], ...] = (
            (self.stop, busy, "right"),
            (self._state, bool(self._state.cget("text")), "right"),
            (self._engines, bool(self._engines.cget("text")), "left"),
        )
        for part, wanted, side in rows:
            needed = part.winfo_reqwidth() + px(GAP)
            shown = wanted and needed <= room
            if shown:
                room -= needed
            if shown and not part.winfo_manager():
                self._put(part, side)
            elif not shown and part.winfo_manager():
                part.pack_forget()

    def _put(self, part: tk.Widget, side: Side) -> None:
        gap = (0, self._context.px(GAP)) if side == "right" else (self._context.px(6), 0)
        if part is self.stop and self._state.winfo_manager():
            part.pack(side=side, padx=gap, before=self._state)
        else:
            part.pack(side=side, padx=gap)
