"""Help: the keys, what the program is, and under which licences it stands."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk
from PIL import ImageTk

from config import VERSION
from frontend.brand import NAME, mark
from frontend.theme import look
from frontend.widgets.dialog import Dialog, open_once

KEYS = (
    ("Enter", "send the message"),
    ("Shift + Enter", "new line"),
    ("F8", "hold to talk, on any page"),
    ("Esc", "stop the answer"),
    ("Ctrl + 1 … 6", "Chat, Voice training, Logs, Status, Settings, Voices & models"),
    ("Ctrl + F", "search in the logs"),
    ("Ctrl + C", "copy what is selected in a bubble"),
    ("Tab, Shift + Tab", "next, previous control"),
    ("F1", "this help"),
    ("Ctrl + Q", "quit"),
)
LICENCE = (
    f"{NAME} is free software under the MIT licence. It speaks through eSpeak NG, and may speak "
    "through Piper: both are GPL-3, so a bundle that contains them is under the GPL-3 as a whole."
)


def show_help(root: tk.Misc) -> tk.Toplevel:
    """Open the help window, or bring the open one to the front."""
    return open_once(root, HelpWindow, lambda: HelpWindow(root))


class HelpWindow(Dialog):
    """Keys and licences.

    Args:
        root: The window that it belongs to.
    """

    def __init__(self, root: tk.Misc) -> None:
        super().__init__(root, f"About {NAME}")
        px, body = look(root).px, self.body
        self._mark = ImageTk.PhotoImage(mark(px(44)), master=self)
        head = ttk.Frame(body, style="Inner.TFrame")
        head.pack(anchor="w", fill="x")
        ttk.Label(head, image=self._mark, style="Inner.TLabel").pack(side="left")
        words = ttk.Frame(head, style="Inner.TFrame")
        words.pack(side="left", padx=(px(14), 0))
        ttk.Label(words, text=NAME, style="InnerTitle.TLabel").pack(anchor="w")
        ttk.Label(words, text=f"Version {VERSION}", style="InnerCaption.TLabel").pack(anchor="w")
        table = ttk.Frame(body, style="Inner.TFrame")
        table.pack(anchor="w", pady=px(18))
        for row, (keys, what) in enumerate(KEYS):
            left = ttk.Label(table, text=keys, style="InnerStrong.TLabel")
            left.grid(row=row, column=0, sticky="w", pady=px(3))
            right = ttk.Label(table, text=what, style="InnerMuted.TLabel")
            right.grid(row=row, column=1, sticky="w", padx=(px(20), 0))
        ttk.Label(
            body, text=LICENCE, style="InnerCaption.TLabel", wraplength=px(430), justify="left"
        ).pack(anchor="w")
        close = ttk.Button(body, text="Close", style="InnerSecondary.TButton", command=self.destroy)
        close.pack(anchor="e", pady=(px(16), 0))
        self.present(close)
