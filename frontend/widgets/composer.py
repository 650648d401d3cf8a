"""Where the user writes: a text field that grows to five lines, and a button."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Label, Text

MOST_LINES = 5
WARN_FROM = 0.9
SURELY_LONG = 2_000
"""Characters that fill the field in any window: counting the lines of more takes Tk seconds."""


class Composer(ttk.Frame):
    """Enter sends, Shift+Enter begins a new line.

    Args:
        parent: Where it is packed.
        most: Longest message, in characters.
        send: Called with the text, as it was typed.

    Attributes:
        tools: Between the field and the button, for what else can begin a message.
    """

    def __init__(self, parent: tk.Misc, most: int, send: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._most = most
        self._send = send
        self._hint = ""
        px = look(self).px
        row = ttk.Frame(self)
        row.pack(fill="x")
        self.button = ttk.Button(
            row, text="Send", icon="send-fill", style="Primary.TButton", command=self.submit
        )
        # As high as the field beside it with one line in it.
        self.button.configure(padding=(px(16), px(10)))
        self.button.pack(side="right", anchor="s", padx=(px(10), 0))
        self.tools = ttk.Frame(row)
        self.tools.pack(side="right", anchor="s")
        self._field = ttk.Frame(row, style="Field.TFrame", padding=(px(13), px(9)))
        self._field.pack(side="left", fill="x", expand=True)
        self.text = Text(self._field)
        self.text.pack(fill="x", expand=True)
        self._placeholder = Label(self.text, anchor="w", cursor="xterm")
        self._note = ttk.Label(self, style="Small.TLabel")
        self._bind_events()
        self._colour()
        on_theme_change(self, self._colour)

    def _bind_events(self) -> None:
        text = self.text
        text.bind("<Return>", self._enter)
        text.bind("<KP_Enter>", self._enter)
        text.bind("<Tab>", lambda event: self._step(event, 1))
        text.bind("<Shift-Tab>", lambda event: self._step(event, -1))
        if self.tk.call("tk", "windowingsystem") == "x11":
            text.bind("<ISO_Left_Tab>", lambda event: self._step(event, -1))
        text.bind("<<Modified>>", self._changed)
        text.bind("<Configure>", lambda _event: self._grow())
        text.bind("<FocusIn>", lambda _event: self._field.state(["focus"]))
        text.bind("<FocusOut>", lambda _event: self._field.state(["!focus"]))
        self._placeholder.bind("<Button-1>", lambda _event: text.focus_set())

    @property
    def value(self) -> str:
        """What is written."""
        return self.text.get("1.0", "end-1c")

    def set_placeholder(self, text: str) -> None:
        """What stands there while nothing is written."""
        self._placeholder.configure(text=text)

    def submit(self) -> None:
        """Send what is written."""
        self._send(self.value)

    def clear(self) -> None:
        """Empty the field."""
        self.text.delete("1.0", "end")
        self.say("")

    def say(self, hint: str) -> None:
        """Show a sentence below the field: why the text was not sent."""
        self._hint = hint
        self._show_note()

    def _enter(self, event: tk.Event[tk.Misc]) -> str | None:
        if int(event.state) & 0x1:
            return None
        self.submit()
        return "break"

    def _step(self, event: tk.Event[tk.Misc], way: int) -> str:
        following = event.widget.tk_focusNext() if way > 0 else event.widget.tk_focusPrev()
        if following:
            following.focus_set()
        return "break"

    def _changed(self, _event: tk.Event[tk.Misc]) -> None:
        if self.text.edit_modified():
            self.text.edit_modified(False)
            self._hint = ""
            self._grow()
            self._show_note()

    def _grow(self) -> None:
        empty = not self.value
        if empty:
            self._placeholder.place(x=0, y=0, relwidth=1.0)
        else:
            self._placeholder.place_forget()
        height = MOST_LINES if len(self.value) > SURELY_LONG else self._lines()
        if height != int(self.text.cget("height")):
            self.text.configure(height=height)

    def _lines(self) -> int:
        """Lines that the text takes in the field, at most `MOST_LINES`."""
        counted = self.text.count("1.0", "end", "displaylines")
        lines = counted[0] if isinstance(counted, tuple) else counted or 1
        return max(1, min(MOST_LINES, int(lines)))

    def _show_note(self) -> None:
        length = len(self.value)
        if self._hint:
            text, style = self._hint, "Danger.TLabel"
        elif length > self._most:
            over = length - self._most
            text = f"{over:,} characters too many: {self._most:,} is the most."
            style = "Danger.TLabel"
        elif length > WARN_FROM * self._most:
            text, style = f"{length:,} of {self._most:,} characters", "Small.TLabel"
        else:
            self._note.pack_forget()
            return
        self._note.configure(text=text, style=style)
        self._note.pack(anchor="w", pady=(look(self).px(5), 0))

    def _colour(self) -> None:
        style = look(self)
        colours = style.palette
        self.text.configure(
            background=colours.card, foreground=colours.fg, insertbackground=colours.fg,
            selectbackground=colours.primary, selectforeground=colours.on_primary,
            font=style.fonts.body,
        )  # fmt: skip
        self._placeholder.configure(
            background=colours.card, foreground=colours.muted, font=style.fonts.body
        )
