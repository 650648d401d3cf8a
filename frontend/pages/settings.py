"""The Settings page: sections of fields that save themselves, with search and reset."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Sequence

import ttkbootstrap as ttk

from event_system import ConfigChanged, Envelope
from frontend.context import AppContext, Connection
from frontend.pages.base import PageFrame
from frontend.pages.settings_card import SectionCard
from frontend.pages.settings_fields import Section
from frontend.pages.settings_microphone import MicrophoneCard
from frontend.pages.settings_presenter import SettingsPresenter
from frontend.widgets.scroll import ScrollArea
from frontend.widgets.search_entry import SearchEntry
from frontend.widgets.wrap_label import wrap_label

_RESET_QUESTION = (
    "Put every setting back to its default? Keys stay; they can be removed one by one."
)
_BUILD_S = 0.008
"""How long a tick may make rows."""


class SettingsPage(PageFrame):
    """The page and its widgets; what it does is in `SettingsPresenter`."""

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent, context)
        self.presenter = SettingsPresenter(context.api, context)
        self.presenter.on_change(self._changed)
        self.cards: dict[str, SectionCard] = {}
        self.microphone: MicrophoneCard | None = None
        self.section = "model"
        px = context.px
        self._build_header().pack(fill="x", padx=px(24), pady=(px(20), px(12)))
        self._tabs = ttk.Frame(self)
        self._tab_buttons: list[ttk.Button] = []
        self._tabs.pack(fill="x", padx=px(24), pady=(0, px(12)))
        self._area = ScrollArea(self, gutter=12)
        self._area.pack(fill="both", expand=True, padx=(px(24), px(12)), pady=(0, px(12)))
        self._note = wrap_label(self._area.body, style="Muted.TLabel")
        self._confirmation = self._build_confirmation()
        self._arrange()

    def on_show(self) -> None:
        """Read the settings anew: they may have been changed elsewhere."""
        self.presenter.load()

    def on_hide(self) -> None:
        """Save what was typed last."""
        if self.microphone:
            self.microphone.leave()
        self._confirmation.pack_forget()
        self.presenter.flush()

    def on_event(self, envelope: Envelope) -> None:
        """Another client changed settings."""
        if isinstance(envelope.event, ConfigChanged) and self.winfo_ismapped():
            self.presenter.follow()

    def on_theme(self) -> None:
        """Fields are made with the colours of their time."""
        self._rebuild()

    def on_connection(self, state: Connection) -> None:
        """Load once the backend is there."""
        if state == "up" and not self.presenter.sections and self.winfo_ismapped():
            self.presenter.load()

    def on_destroy(self) -> None:
        """Save what was typed last, and hear of nothing more."""
        self.presenter.on_change(lambda keys: None)
        self.presenter.flush()

    def on_find(self) -> None:
        """Put the cursor into the search field."""
        self.search.take_keyboard()

    def on_tick(self, now: float) -> bool:
        """Make the rows that are still missing, a few each tick; move the microphone test on."""
        deadline = time.perf_counter() + _BUILD_S
        for card in self._visible():
            if not card.complete:
                card.build(deadline)
                self._area.adopt()
                return True
        return self.microphone.tick(now) if self.microphone else False

    def choose(self, section: str) -> None:
        """Show one section."""
        self.section = section
        self.search.delete(0, "end")
        self._arrange()
        self._area.to_top()

    def _build_header(self) -> ttk.Frame:
        row, px = ttk.Frame(self), self.context.px
        ttk.Label(row, text="Settings", style="Title.TLabel").pack(side="left")
        ttk.Button(
            row, text="Reset all", icon="arrow-counterclockwise", style="Danger.TButton",
            command=self._ask_reset,
        ).pack(side="right", padx=(px(12), 0))  # fmt: skip
        self.search = SearchEntry(row, self._search, width=28)
        self.search.pack(side="right")
        ttk.Label(row, icon="search", style="Muted.TLabel").pack(side="right", padx=px(8))
        return row

    def _search(self) -> None:
        self._arrange()
        self._area.to_top()

    @property
    def _query(self) -> str:
        return self.search.get().strip()

    def _changed(self, keys: Sequence[str] | None) -> None:
        if keys is None:
            self._rebuild()
            return
        for card in self.cards.values():
            for key in keys:
                if key in card.rows:
                    card.rows[key].show()

    def _rebuild(self) -> None:
        """Make all anew."""
        for card in self.cards.values():
            card.destroy()
        self.cards.clear()
        if self.microphone:
            self.microphone.destroy()
            self.microphone = None
        self._arrange()

    def _visible(self) -> list[SectionCard]:
        """The cards in view: the chosen one, or all that the search finds."""
        for section in self.presenter.sections:
            if section.key not in self.cards and (self._query or section.key == self.section):
                self.cards[section.key] = SectionCard(
                    self._area.body, self.context, self.presenter, section
                )
        if self._query:
            return [card for card in self.cards.values() if card.filter(self._query)]
        return [card for key, card in self.cards.items() if key == self.section]

    def _arrange(self) -> None:
        """Show the tabs and the cards in view."""
        self._build_tabs()
        visible = self._visible()
        for card in self.cards.values():
            card.pack_forget()
        self._note.pack_forget()
        for card in visible:
            card.filter(self._query)
            card.pack(fill="x", pady=(0, self.context.px(12)))
        self._arrange_microphone()
        if not visible:
            self._note.configure(text=self._why_empty())
            self._note.pack(fill="x")
        self.context.hurry()

    def _arrange_microphone(self) -> None:
        """Show the microphone test above the settings of sound."""
        shown = self.section == "voice" and not self._query and bool(self.presenter.sections)
        if shown and self.microphone is None:
            self.microphone = MicrophoneCard(self._area.body, self.context)
        if self.microphone:
            self.microphone.pack_forget()
            if shown:
                first = self.cards[self.section]
                self.microphone.pack(fill="x", pady=(0, self.context.px(12)), before=first)
            else:
                self.microphone.leave()

    def _why_empty(self) -> str:
        if self.presenter.problem:
            return self.presenter.problem
        if not self.presenter.sections:
            return "Waiting for the backend's settings…"
        return f"No setting fits “{self._query}”."

    def _build_tabs(self) -> None:
        sections = self.presenter.sections
        if len(self._tab_buttons) != len(sections):
            for tab in self._tab_buttons:
                tab.destroy()
            self._tab_buttons = [self._make_tab(section) for section in sections]
        for tab, section in zip(self._tab_buttons, sections, strict=True):
            chosen = section.key == self.section and not self._query
            tab.configure(style="Primary.TButton" if chosen else "Secondary.TButton")

    def _make_tab(self, section: Section) -> ttk.Button:
        tab = ttk.Button(self._tabs, text=section.title, command=lambda: self.choose(section.key))
        tab.pack(side="left", padx=(0, self.context.px(8)))
        return tab

    def _build_confirmation(self) -> ttk.Frame:
        """What "Reset all" asks; it stands above the tabs until it is answered."""
        px = self.context.px
        card = ttk.Frame(self, style="Card.TFrame", padding=(px(22), px(12)))
        self._cancel = ttk.Button(
            card, text="Cancel", style="InnerSecondary.TButton", command=card.pack_forget
        )
        self._cancel.pack(side="right", padx=(px(8), 0))
        ttk.Button(
            card, text="Reset all settings", style="InnerDanger.TButton", command=self._reset_all
        ).pack(side="right", padx=(px(12), 0))
        wrap_label(card, _RESET_QUESTION, style="Inner.TLabel").pack(fill="x", expand=True)
        return card

    def _ask_reset(self) -> None:
        px = self.context.px
        self._confirmation.pack(fill="x", padx=px(24), pady=(0, px(12)), before=self._tabs)
        self._cancel.focus_set()

    def _reset_all(self) -> None:
        self._confirmation.pack_forget()
        self.presenter.reset_all(
            lambda text, good: self.context.toast(text, "success" if good else "danger")
        )
