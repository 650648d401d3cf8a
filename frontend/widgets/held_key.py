"""A key that does something for as long as it is held."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

REPEAT_MS = 40
"""X11 reports a held key as released and pressed again, at once, many times a second."""


class HeldKey:
    """Tells when a key goes down and up; losing the window counts as up.

    Args:
        window: Whose key it is.
        key: Its Tk name.
        press: Called when it goes down.
        release: Called when it goes up.
    """

    def __init__(
        self, window: tk.Misc, key: str, press: Callable[[], None], release: Callable[[], None]
    ) -> None:
        self._window = window
        self._press, self._release = press, release
        self._down = False
        self._timer = ""
        self._sequences = (f"<KeyPress-{key}>", f"<KeyRelease-{key}>", "<FocusOut>")
        window.bind(self._sequences[0], lambda _event: self._went_down())
        window.bind(self._sequences[1], lambda _event: self._maybe_up())
        window.bind(self._sequences[2], self._lost)

    def unbind(self) -> None:
        """Listen to the key no longer."""
        self._stop_timer()
        for sequence in self._sequences:
            self._window.unbind(sequence)

    def _went_down(self) -> None:
        self._stop_timer()
        if not self._down:
            self._down = True
            self._press()

    def _maybe_up(self) -> None:
        if self._down and not self._timer:
            self._timer = self._window.after(REPEAT_MS, self._went_up)

    def _went_up(self) -> None:
        self._timer = ""
        self._down = False
        self._release()

    def _lost(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._window and self._down:
            self._stop_timer()
            self._went_up()

    def _stop_timer(self) -> None:
        if self._timer:
            self._window.after_cancel(self._timer)
            self._timer = ""
