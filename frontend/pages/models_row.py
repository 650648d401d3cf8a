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
_WORDS = 560
"""Logical pixels that a row's words have beside its buttons, about."""
_QUESTIONS = {"remove": ("really", "keep"), "accept": ("accept", "decline")}
_QUESTION = "{} is only for who accepts its licence: {}"


class ModelRowFrame(ttk.Frame):
    """A row of the list.

    Args:
        parent: The list's card.
        context: The look.
        row: What it shows.
        act: Called with the model and a key of `ACTIONS`.
        listen: Called with the model that is to be heard.
    """

    def __init__(
        self,
        parent: tk.Misc,
        context: AppContext,
        row: ModelRow,
        act: Callable[[str, str], None],
        listen: Callable[[str], None],
    ) -> None:
        super().__init__(parent, style="Inner.TFrame")
        self._context = context
        self._act = act
        self._row = row
        self._made: tuple[str, ...] | None = None
        self._asking = ""
        px = context.px
        ttk.Frame(self, style="Line.TFrame", height=1).pack(fill="x", pady=px(8))
        head = ttk.Frame(self, style="Inner.TFrame")
        head.pack(fill="x")
        self._buttons = ttk.Frame(head, style="Inner.TFrame")
        self._buttons.pack(side="right", anchor="n")
        self.listen = ttk.Button(
            head, text="Listen", icon="volume-up", style="InnerSecondary.TButton",
            command=lambda: listen(self._row.id),
        )  # fmt: skip
        self._tip = ttk.ToolTip(self.listen, text="", wraplength=px(280))
        self._state = ttk.Label(head, style="InnerCaption.TLabel")
        self._state.pack(side="right", anchor="n", padx=px(4), pady=(px(8), 0))
        words = ttk.Frame(head, style="Inner.TFrame")
        words.pack(side="left", fill="x", expand=True)
        title = ttk.Frame(words, style="Inner.TFrame")
        title.pack(fill="x")
        self._name = ttk.Label(title, style="InnerStrong.TLabel")
        self._name.pack(side="left")
        self._size = ttk.Label(title, style="InnerCaption.TLabel")
        self._size.pack(side="left", padx=(px(10), 0))
        self._facts = wrap_label(words, style="InnerCaption.TLabel", first_width=_WORDS)
        self._facts.pack(fill="x")
        self._pace_row = ttk.Frame(words, style="Inner.TFrame")
        self._dot = ttk.Label(self._pace_row, text="●", style="InnerCaption.TLabel")
        self._dot.pack(side="left", anchor="n", padx=(0, px(6)))
        self._pace = wrap_label(self._pace_row, style="InnerCaption.TLabel", first_width=_WORDS)
        self._pace.pack(side="left", fill="x", expand=True)
        self._hint = wrap_label(self, style="InnerCaption.TLabel")
        self._bar = ProgressBar(self)
        self._progress = ttk.Label(self, style="InnerCaption.TLabel")
        self._problem = wrap_label(self, style="InnerDanger.TLabel")
        self.show(row)

    def show(self, row: ModelRow, *, fetching: bool = False) -> None:
        """Show how the model stands now.

        Args:
            row: The model.
            fetching: Whether its sample is on its way.
        """
        self._row = row
        palette, px = self._context.palette, self._context.px
        self._name.configure(text=row.name)
        self._size.configure(text=row.size)
        facts = " · ".join(filter(None, (row.facts, row.licence)))
        self._facts.configure(text=facts)
        self._state.configure(text=row.state_text, foreground=getattr(palette, row.colour))
        if self._asking and self._asking not in self._may_ask(row):
            self._asking = ""
        self._show_pace(row)
        self._show_listen(row, fetching)
        for part in (self._hint, self._bar, self._progress, self._problem):
            part.pack_forget()
        hint = _QUESTION.format(row.name, row.accept) if self._asking == "accept" else row.hint
        if hint:
            self._hint.configure(text=hint)
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

    def calm(self) -> None:
        """Ask nothing any more."""
        self._asking = ""

    def _show_pace(self, row: ModelRow) -> None:
        self._pace_row.pack_forget()
        if row.pace:
            self._dot.configure(foreground=getattr(self._context.palette, row.pace_colour))
            self._pace.configure(text=row.pace)
            self._pace_row.pack(fill="x", pady=(self._context.px(2), 0))

    def _show_listen(self, row: ModelRow, fetching: bool) -> None:
        if row.listen is None:
            self.listen.pack_forget()
            return
        self.listen.configure(
            text="One moment…" if fetching else "Listen",
            state="normal" if row.listen and not fetching else "disabled",
        )
        self._tip.configure(text=row.listen_hint)
        if not self.listen.winfo_manager():
            self.listen.pack(
                side="right", anchor="n", padx=(self._context.px(12), 0), after=self._buttons
            )

    def _show_buttons(self) -> None:
        """Make the buttons anew where others are wanted."""
        wanted = _QUESTIONS.get(self._asking, self._row.actions)
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
            # A question starts with its cautious answer; else the likely next deed comes first.
            made[-1 if self._asking else 0].focus_set()
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
                command=lambda: self._ask(""),
            )  # fmt: skip
        if key == "accept":
            return ttk.Button(
                self._buttons, text="I accept, install", style="InnerPrimary.TButton",
                command=lambda: self._answer("accept"),
            )  # fmt: skip
        if key == "decline":
            return ttk.Button(
                self._buttons, text="No", style="InnerSecondary.TButton",
                command=lambda: self._ask(""),
            )  # fmt: skip
        word, icon = ACTIONS[key]
        style = "InnerPrimary.TButton" if key in _MAIN else "InnerSecondary.TButton"
        return ttk.Button(
            self._buttons, text=word, icon=icon, style=style, command=lambda: self._press(key)
        )

    def _press(self, key: str) -> None:
        if key == "remove":
            self._ask("remove")
        elif key == "install" and self._row.accept:
            self._ask("accept")
        elif key == "copy":
            self.clipboard_clear()
            self.clipboard_append(self._row.hint)
            self._context.toast("How to get it is on the clipboard.", "success")
        else:
            self._act(self._row.id, key)

    def _ask(self, question: str) -> None:
        self._asking = question
        self.show(self._row)

    def _answer(self, action: str) -> None:
        self._asking = ""
        self._act(self._row.id, action)

    @staticmethod
    def _may_ask(row: ModelRow) -> tuple[str, ...]:
        """Which questions make sense as the model stands."""
        may_remove = "remove" in row.actions
        return ("remove",) * may_remove + ("accept",) * bool(row.accept)
