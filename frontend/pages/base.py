"""What all pages of the window have in common."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk

from event_system import Envelope
from frontend.context import AppContext, Connection


class PageFrame(ttk.Frame):
    """A page that does nothing yet: pages override the hooks that they need.

    Args:
        parent: The content area of the window.
        context: What pages may use.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent)
        self.context = context
        self.bind("<Destroy>", self._destroyed)

    def on_show(self) -> None:
        """The page comes to the front."""

    def on_hide(self) -> None:
        """Another page comes to the front."""

    def on_event(self, envelope: Envelope) -> None:
        """Something happened in the backend; also called while the page is hidden."""

    def on_theme(self) -> None:
        """Dark and light were switched."""

    def on_connection(self, state: Connection) -> None:
        """The backend was reached or lost."""

    def on_find(self) -> None:
        """Ctrl+F while the page is in front."""

    def on_destroy(self) -> None:
        """The page ends: no timer and no answer may reach it any more."""

    def on_tick(self, now: float) -> bool:
        """A tick of the pump while the page is in front; True asks for the busy pace."""
        return False

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self.on_destroy()
