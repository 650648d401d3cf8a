"""A search field that searches when its user pauses, not at every key."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

import ttkbootstrap as ttk

PAUSE_MS = 200


class SearchEntry(ttk.Entry):
    """One line of text to be searched for.

    Args:
        parent: Any frame.
        search: Called a moment after the last key, and at once by Return.
        options: Of the entry.
    """

    def __init__(self, parent: tk.Misc, search: Callable[[], None], **options: Any) -> None:
        super().__init__(parent, style="Round.TEntry", **options)
        self._search = search
        self._job = ""
        self.bind("<KeyRelease>", self._soon)
        self.bind("<Return>", lambda event: self._now())
        self.bind("<Destroy>", lambda event: self._forget())

    def take_keyboard(self) -> None:
        """Put the cursor here, with all text selected."""
        self.focus_set()
        self.selection_range(0, "end")

    def _soon(self, event: tk.Event[tk.Misc]) -> None:
        if event.keysym != "Return":
            self._forget()
            self._job = self.after(PAUSE_MS, self._now)

    def _now(self) -> None:
        self._forget()
        self._search()

    def _forget(self) -> None:
        if self._job:
            self.after_cancel(self._job)
            self._job = ""
