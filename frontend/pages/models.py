"""The Models page: voices and models to install, with progress, checks and removal."""

from __future__ import annotations

import time
import tkinter as tk
from collections import deque
from collections.abc import Sequence
from tkinter import filedialog

import ttkbootstrap as ttk

from event_system import Envelope, ModelSaved
from frontend.context import AppContext, Connection
from frontend.pages.base import PageFrame
from frontend.pages.models_presenter import ModelsPresenter
from frontend.pages.models_row import ModelRowFrame
from frontend.pages.models_rows import KINDS, ModelRow
from frontend.widgets.form import ChoiceField
from frontend.widgets.scroll import ScrollArea
from frontend.widgets.search_entry import SearchEntry
from frontend.widgets.wrap_label import wrap_label

_BUILD_S = 0.008
"""How long a tick may make rows."""
_ALL = ""
_REMOTE = (
    "The models lie on the backend's computer: run `./run models add FOLDER` there, or put the"
    " files into its models folder."
)


class ModelsPage(PageFrame):
    """The page and its widgets; what it does is in `ModelsPresenter`."""

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent, context)
        self.presenter = ModelsPresenter(
            context.api, context.settings.speech_language, lambda pcm: context.player.play(pcm)
        )
        self.presenter.on_change(self._changed)
        self.rows: dict[str, ModelRowFrame] = {}
        self._made: dict[str, ModelRowFrame] = {}
        self._waiting: deque[ModelRow] = deque()
        px = context.px
        self._build_header().pack(fill="x", padx=px(24), pady=(px(20), px(12)))
        self._notice = wrap_label(self, style="Muted.TLabel")
        self._tabs = ttk.Frame(self)
        self._tabs.pack(fill="x", padx=px(24), pady=(0, px(12)))
        self._tab_buttons = {key: self._make_tab(key, title) for key, title in KINDS}
        self._area = ScrollArea(self, gutter=12)
        self._area.pack(fill="both", expand=True, padx=(px(24), px(12)), pady=(0, px(12)))
        self._build_card()
        self._arrange()

    def on_show(self) -> None:
        """Read the list: files may have been put into the folder."""
        self.presenter.load()

    def on_event(self, envelope: Envelope) -> None:
        """Follow downloads, also while the page is hidden."""
        self.presenter.on_event(envelope.event)
        if isinstance(envelope.event, ModelSaved):
            # The engines look for models anew, and the sidebar tells what they found.
            self.context.api.get(
                "/api/engines?fresh=true",
                lambda answer: self.context.refresh_engines(),
                lambda error: None,
            )

    def on_connection(self, state: Connection) -> None:
        """Load once the backend is there."""
        if state == "up" and not self.presenter.loaded and self.winfo_ismapped():
            self.presenter.load()

    def on_theme(self) -> None:
        """Rows and fields are made with the colours of their time."""
        self._card.destroy()
        self._build_card()
        self._arrange()

    def on_find(self) -> None:
        """Put the cursor into the search field."""
        self.search.take_keyboard()

    def on_destroy(self) -> None:
        """Hear of nothing more."""
        self.presenter.on_change(lambda ids: None)

    def on_tick(self, now: float) -> bool:
        """Make the rows that are still missing, a few each tick."""
        if not self._waiting:
            return False
        deadline = time.perf_counter() + _BUILD_S
        while self._waiting and time.perf_counter() < deadline:
            self._add_row(self._waiting.popleft())
        self._area.adopt()
        return True

    def _build_header(self) -> ttk.Frame:
        row, px = ttk.Frame(self), self.context.px
        ttk.Label(row, text="Voices & models", style="Title.TLabel").pack(side="left")
        self._disk = ttk.Label(row, style="Muted.TLabel")
        ttk.Button(
            row, text="Add from disk", icon="usb-drive", style="Primary.TButton",
            command=self._add_from_disk,
        ).pack(side="right", padx=(px(12), 0))  # fmt: skip
        ttk.Button(
            row, text="Refresh list", icon="arrow-repeat", style="Secondary.TButton",
            command=self.presenter.refresh,
        ).pack(side="right", padx=(px(12), 0))  # fmt: skip
        self.search = SearchEntry(row, self._search, width=14)
        self.search.pack(side="right")
        ttk.Label(row, icon="search", style="Muted.TLabel").pack(side="right", padx=px(8))
        # Last: in a narrow window it gives way to what can be used.
        self._disk.pack(side="left", padx=(px(14), 0))
        return row

    def _build_card(self) -> None:
        px = self.context.px
        self.rows.clear()
        self._made.clear()
        self._card = ttk.Frame(self._area.body, style="Card.TFrame", padding=(px(22), px(14)))
        self._card.pack(fill="x")
        self._choice = ttk.Frame(self._card, style="Inner.TFrame")
        ttk.Label(self._choice, text="Language", style="InnerMuted.TLabel").pack(
            side="left", padx=(0, px(12))
        )
        self.languages = ChoiceField(self._choice, self._choose_language, [_ALL], self._language)
        self.languages.pack(side="left")
        self._empty = wrap_label(self._card, style="InnerMuted.TLabel")

    def _make_tab(self, key: str, title: str) -> ttk.Button:
        tab = ttk.Button(self._tabs, text=title, command=lambda: self.presenter.choose(kind=key))
        tab.pack(side="left", padx=(0, self.context.px(8)))
        return tab

    def _changed(self, ids: Sequence[str] | None) -> None:
        if ids is None:
            self._arrange()
        else:
            for model_id in ids:
                if model_id in self.rows:
                    self._show_row(model_id, self.presenter.row(model_id))
        self._disk.configure(text=self.presenter.disk)
        self._show_notice()

    def _arrange(self) -> None:
        """Show the rows of the part that is chosen; what was made once is shown again."""
        wanted = self.presenter.rows()
        order = [row.id for row in wanted]
        if list(self.rows) + [row.id for row in self._waiting] == order:
            for row in wanted:
                if row.id in self.rows:
                    self._show_row(row.id, row)
        else:
            for old in self.rows.values():
                old.pack_forget()
            self.rows.clear()
            self._waiting = deque(wanted)
            self.context.hurry()
        for key, tab in self._tab_buttons.items():
            chosen = key == self.presenter.kind
            tab.configure(style="Primary.TButton" if chosen else "Secondary.TButton")
        self._show_choice()
        self._empty.pack_forget()
        if not wanted:
            self._empty.configure(text=self._why_empty())
            self._empty.pack(fill="x", pady=self.context.px(8))

    def _show_choice(self) -> None:
        languages = self.presenter.languages()
        self._choice.pack_forget()
        if len(languages) > 1:
            self._choice.pack(fill="x", before=self._first_below())
            self.languages.set_choices([_ALL, *(code for code, _name in languages)])
            self.languages.set(self.presenter.language)

    def _first_below(self) -> tk.Misc | None:
        """The first widget below the choice of languages, if there is one."""
        packed = [child for child in self._card.pack_slaves() if child is not self._choice]
        return packed[0] if packed else None

    def _add_row(self, row: ModelRow) -> None:
        if row.id in self._made:
            self._made[row.id].calm()
        else:
            self._made[row.id] = ModelRowFrame(
                self._card, self.context, row, self.presenter.act, self.presenter.listen
            )
        self.rows[row.id] = self._made[row.id]
        self._show_row(row.id, row)
        self.rows[row.id].pack(fill="x")

    def _show_row(self, model_id: str, row: ModelRow) -> None:
        self.rows[model_id].show(row, fetching=self.presenter.fetching == model_id)

    def _choose_language(self, code: object, _now: bool) -> None:
        self.presenter.choose(language=str(code))

    def _language(self, code: object) -> str:
        names = dict(self.presenter.languages())
        return names.get(str(code), "All languages")

    def _why_empty(self) -> str:
        if self.presenter.problem:
            return self.presenter.problem
        if not self.presenter.loaded:
            return "Waiting for the backend's list…"
        return f"Nothing fits “{self.presenter.query}”." if self.presenter.query else "Nothing yet."

    def _show_notice(self) -> None:
        text, good = self.presenter.notice
        palette, px = self.context.palette, self.context.px
        self._notice.configure(text=text, foreground=palette.muted if good else palette.danger)
        if text:
            self._notice.pack(fill="x", padx=px(24), pady=(0, px(10)), before=self._tabs)
        else:
            self._notice.pack_forget()

    def _search(self) -> None:
        self.presenter.choose(query=self.search.get().strip())
        self._area.to_top()

    def _add_from_disk(self) -> None:
        if not self.context.api.is_local:
            self.context.toast(_REMOTE, "warning")
            return
        folder = filedialog.askdirectory(parent=self, title="A folder or a stick with models")
        if folder:
            self.presenter.add(str(folder))
