"""One model on the Models page: what it is, how it stands, and what can be done with it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.models_rows import ACTIONS, ModelRow
from frontend.widgets.progress_bar import ProgressBar
from frontend.widgets.scroll import CHILDREN_CHANGED
from frontend.widgets.wrap_label import wrap_label

_MAIN = ("resume", "mend")


class ModelRowFrame(ttk.Frame):
    """A row of the list.

    Args:
        parent: The list's card.
        context: The look.
        row: What it shows.
        act: Called with the model and a key of `ACTIONS`.
    """

    def __init__(
        self,
        parent: tk.Misc,
        context: AppContext,
        row: ModelRow,
        act: Callable[[str, str], None],
    ) -> None:
        super().__init__(parent, style="Inner.TFrame")
        self._context = context
        self._act = act
        self._row = row
        self._made: tuple[str, ...] | None = None
        self._asking = False
        px = context.px
        ttk.Frame(self, style="Line.TFrame", height=1).pack(fill="x", pady=px(8))
        head = ttk.Frame(self, style="Inner.TFrame")
        head.pack(fill="x")
        self._buttons = ttk.Frame(head, style="Inner.TFrame")
        self._buttons.pack(side="right", anchor="n", padx=(px(12), 0))
        self._state = ttk.Label(head, style="InnerCaption.TLabel")
        self._state.pack(side="right", anchor="n", pady=(px(8), 0))
        words = ttk.Frame(head, style="Inner.TFrame")
        words.pack(side="left", fill="x", expand=True)
        title = ttk.Frame(words, style="Inner.TFrame")
        title.pack(fill="x")
        self._name = ttk.Label(title, style="InnerStrong.TLabel")
        self._name.pack(side="left")
        self._size = ttk.Label(title, style="InnerCaption.TLabel")
        self._size.pack(side="left", padx=(px(10), 0))
        self._facts = wrap_label(words, style="InnerCaption.TLabel")
        self._facts.pack(fill="x")
        self._hint = wrap_label(self, style="InnerCaption.TLabel")
        self._bar = ProgressBar(self)
        self._progress = ttk.Label(self, style="InnerCaption.TLabel")
        self._problem = wrap_label(self, style="InnerDanger.TLabel")
        self.show(row)

    def show(self, row: ModelRow) -> None:
        """Show how the model stands now."""
        self._row = row
        palette, px = self._context.palette, self._context.px
        self._name.configure(text=row.name)
        self._size.configure(text=row.size)
        facts = " · ".join(filter(None, (row.facts, row.licence)))
        self._facts.configure(text=facts)
        self._state.configure(text=row.state_text, foreground=getattr(palette, row.colour))
        if row.state != "installed" and row.state != "damaged":
            self._asking = False
        for part in (self._hint, self._bar, self._progress, self._problem):
            part.pack_forget()
        if row.hint:
            self._hint.configure(text=row.hint)
            self._hint.pack(fill="x")
        if row.progress is not None:
            self._bar.pack(fill="x", pady=(px(6), px(2)))
            self._bar.show(row.progress, "danger" if row.state == "failed" else "primary")
            self._progress.configure(text=row.progress_text)
            self._progress.pack(anchor="w")
        if row.problem:
            self._problem.configure(text=row.problem)
            self._problem.pack(fill="x", pady=(px(4), 0))
        self._show_buttons()

    def _show_buttons(self) -> None:
        """Make the buttons anew where others are wanted."""
        wanted = ("really", "keep") if self._asking else self._row.actions
        if wanted == self._made:
            return
        had_focus = str(self.focus_displayof() or "").startswith(str(self._buttons))
        for child in self._buttons.winfo_children():
            child.destroy()
        self._made = wanted
        for key in wanted:
            self._make_button(key).pack(side="left", padx=(self._context.px(8), 0))
        made = self._buttons.winfo_children()
        if had_focus and made:
            made[-1].focus_set()
        self.event_generate(CHILDREN_CHANGED)

    def _make_button(self, key: str) -> ttk.Button:
        if key == "really":
            return ttk.Button(
                self._buttons, text="Really remove", style="InnerDanger.TButton",
                command=lambda: self._act(self._row.id, "remove"),
            )  # fmt: skip
        if key == "keep":
            return ttk.Button(
                self._buttons, text="Keep", style="InnerSecondary.TButton",
                command=lambda: self._ask(False),
            )  # fmt: skip
        word, icon = ACTIONS[key]
        style = "InnerPrimary.TButton" if key in _MAIN else "InnerSecondary.TButton"
        return ttk.Button(
            self._buttons, text=word, icon=icon, style=style, command=lambda: self._press(key)
        )

    def _press(self, key: str) -> None:
        if key == "remove":
            self._ask(True)
        elif key == "copy":
            self.clipboard_clear()
            self.clipboard_append(self._row.hint)
            self._context.toast("How to get it is on the clipboard.", "success")
        else:
            self._act(self._row.id, key)

    def _ask(self, asking: bool) -> None:
        self._asking = asking
        self._show_buttons()
