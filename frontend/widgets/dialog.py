"""A small window over the program's own: a card that Escape closes, in the middle of its parent."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import TypeVar

import ttkbootstrap as ttk

from frontend.theme import look
from frontend.widgets.plain import Frame

D = TypeVar("D", bound="Dialog")


def open_once(root: tk.Misc, kind: type[D], make: Callable[[], D]) -> D:
    """Open a dialog, or bring the one of its kind that is open to the front."""
    for child in root.winfo_children():
        if isinstance(child, kind):
            child.lift()
            child.focus_set()
            return child
    return make()


class Dialog(tk.Toplevel):
    """Base of the dialogs: fill `body`, then call `present`.

    Args:
        root: The window that it belongs to.
        title: What stands above it.
    """

    _tb_no_autostyle = True

    def __init__(self, root: tk.Misc, title: str) -> None:
        super().__init__(root)
        px, colours = look(root).px, look(root).palette
        self.withdraw()
        self.title(title)
        self.resizable(False, False)
        self.transient(root.winfo_toplevel())
        self.configure(background=colours.card)
        self.body = Frame(self, background=colours.card, padx=px(28), pady=px(24))
        self.body.pack()
        self.bind("<Escape>", self._escape)

    def add_caption(self, text: str) -> None:
        """A small heading over what is packed next."""
        px = look(self).px
        label = ttk.Label(self.body, text=text, style="InnerCaption.TLabel")
        label.pack(anchor="w", pady=(px(12), px(3)))

    def present(self, focus: tk.Misc) -> None:
        """Show it, with the keyboard on a widget."""
        self.update_idletasks()
        root = self.master
        x = root.winfo_rootx() + (root.winfo_width() - self.winfo_reqwidth()) // 2
        y = root.winfo_rooty() + (root.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(0, x)}+{max(0, y)}")
        self.deiconify()
        focus.focus_set()

    def _escape(self, _event: tk.Event[tk.Misc]) -> str:
        # Here Escape means this window, not the answer.
        self.destroy()
        return "break"
