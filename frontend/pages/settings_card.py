"""One section of the Settings page as a card, made row by row so that the window never waits."""

from __future__ import annotations

import time
import tkinter as tk
from collections import deque

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.settings_fields import FieldSpec, Section
from frontend.pages.settings_presenter import SettingsPresenter
from frontend.pages.settings_rows import SettingRow
from frontend.widgets.wrap_label import wrap_label


class SectionCard(ttk.Frame):
    """A section's title and its settings.

    Args:
        parent: The scrolling area's body.
        context: The look, and the loudspeakers.
        presenter: What the page does.
        section: What stands on the card.
    """

    def __init__(
        self, parent: tk.Misc, context: AppContext, presenter: SettingsPresenter, section: Section
    ) -> None:
        px = context.px
        super().__init__(parent, style="Card.TFrame", padding=(px(22), px(18)))
        self.rows: dict[str, SettingRow] = {}
        self._context = context
        self._presenter = presenter
        self._waiting: deque[FieldSpec] = deque(section.fields)
        self._specs = section.fields
        self._query = ""
        head = ttk.Frame(self, style="Inner.TFrame")
        head.pack(fill="x")
        if section.key == "model":
            ttk.Button(
                head, text="Test connection", icon="plug", style="InnerSecondary.TButton",
                command=self._test_model,
            ).pack(side="right", anchor="n", padx=(px(12), 0))  # fmt: skip
        ttk.Label(head, text=section.title, style="InnerTitle.TLabel").pack(anchor="w")
        wrap_label(head, section.intro, style="InnerCaption.TLabel").pack(fill="x")
        self._verdict = wrap_label(self, style="Inner.TLabel")
        self._list = ttk.Frame(self, style="Inner.TFrame")
        self._list.pack(fill="x")

    @property
    def complete(self) -> bool:
        """Whether all rows are made."""
        return not self._waiting

    def build(self, deadline: float) -> None:
        """Make rows until a time of `time.perf_counter()`, at least one."""
        while self._waiting:
            spec = self._waiting.popleft()
            row = SettingRow(self._list, self._context, self._presenter, spec)
            self.rows[spec.key] = row
            if spec.matches(self._query):
                row.pack(fill="x")
            if time.perf_counter() > deadline:
                break

    def filter(self, query: str) -> bool:
        """Show only the settings that fit; whether there is one."""
        if query != self._query:
            self._query = query
            for row in self.rows.values():
                row.pack_forget()
            for row in self.rows.values():
                if row.spec.matches(query):
                    row.pack(fill="x")
        return any(spec.matches(query) for spec in self._specs)

    def _test_model(self) -> None:
        self._say("Asking…", self._context.palette.muted)
        self._presenter.test_model(self._tested)

    def _tested(self, sentence: str, good: bool) -> None:
        if self.winfo_exists():
            palette = self._context.palette
            self._say(sentence, palette.success if good else palette.warning)

    def _say(self, text: str, colour: str) -> None:
        self._verdict.configure(text=text, foreground=colour)
        self._verdict.pack(fill="x", pady=(self._context.px(10), 0), before=self._list)
