"""The Logs page: live lines with a level filter, search, pause and a report to copy."""

from __future__ import annotations

import time
import tkinter as tk
import webbrowser

import ttkbootstrap as ttk

from event_system import BusDropped, Envelope, LogLines
from frontend.context import AppContext
from frontend.pages.base import PageFrame
from frontend.pages.logs_file import read_tail
from frontend.pages.logs_model import LEVELS
from frontend.pages.logs_presenter import LEVEL_COLOURS
from frontend.widgets.chip import Chip
from frontend.widgets.plain import Text
from frontend.widgets.search_entry import SearchEntry
from frontend.widgets.virtual_list import VirtualList

_COLUMNS = (12, 7, 18, 0)
"""Widths of time, level and source in characters; the text takes what is left."""
_COUNT_MS = 250
"""How long counts may be behind: drawing them each time would cost more than the lines."""
_DETAIL_ROWS = 7
_HISTORY_S = 3_600
"""How far back the log file is read."""


class LogsPage(PageFrame):
    """The page and its widgets; what it does is in `LogsPresenter`."""

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent, context)
        self.presenter = context.logs
        self._count_job = ""
        px = context.px
        self._build_header().pack(fill="x", padx=px(24), pady=(px(20), px(12)))
        self._build_filters().pack(fill="x", padx=px(24), pady=(0, px(12)))
        self._build_card().pack(fill="both", expand=True, padx=px(24), pady=(0, px(20)))
        if context.api.is_local:
            since = time.time() - _HISTORY_S
            self.presenter.prepend(read_tail(context.settings.log_file, since))
        self._show_pause()
        self._show_counts()

    def on_show(self) -> None:
        """Show what came while the page was hidden."""
        self.list.refresh()

    def on_event(self, envelope: Envelope) -> None:
        """Log lines came, and are in the presenter already: the list draws when it is next due."""
        if isinstance(envelope.event, (BusDropped, LogLines)) and self.winfo_ismapped():
            self.list.refresh()

    def on_tick(self, now: float) -> bool:
        """Let a filter go on over the lines that it has not seen yet."""
        if self.presenter.store.complete:
            return False
        done = self.presenter.store.scan()
        self.list.refresh()
        return not done

    def on_theme(self) -> None:
        """Colour the detail text; all else listens by itself."""
        colours = self.context.palette
        self._detail_text.configure(
            background=colours.raised, foreground=colours.fg, font=self.context.fonts.mono,
            selectbackground=colours.primary, selectforeground=colours.on_primary,
            padx=self.context.px(12), pady=self.context.px(8),
        )  # fmt: skip

    def on_destroy(self) -> None:
        """Forget what was to be done later."""
        if self._count_job:
            self.context.cancel(self._count_job)

    def on_find(self) -> None:
        """Put the cursor into the search field."""
        self.search.take_keyboard()

    def _build_header(self) -> ttk.Frame:
        row, px = ttk.Frame(self), self.context.px
        ttk.Label(row, text="Logs", style="Title.TLabel").pack(side="left")
        for text, icon, command in (
            ("Open log file", "folder2-open", self._open_file),
            ("Copy report", "clipboard", self._copy_report),
            ("Clear", "eraser", self._clear),
        ):
            ttk.Button(row, text=text, icon=icon, style="Secondary.TButton", command=command).pack(
                side="right", padx=(px(8), 0)
            )
        self._pause = ttk.Button(row, style="Secondary.TButton", command=self._toggle_pause)
        self._pause.pack(side="right")
        return row

    def _build_filters(self) -> ttk.Frame:
        row, px = ttk.Frame(self), self.context.px
        self.chips = {level: self._make_chip(row, level) for level in LEVELS}
        for chip in self.chips.values():
            chip.pack(side="left", padx=(0, px(8)))
        self.search = SearchEntry(row, self._search)
        self.search.pack(side="right", fill="x", expand=True, padx=(px(8), 0))
        ttk.Label(row, style="Muted.TLabel", icon="search").pack(side="right")
        return row

    def _make_chip(self, parent: tk.Misc, level: str) -> Chip:
        return Chip(
            parent, level, LEVEL_COLOURS[level],
            on_toggle=lambda: self._toggle(level), on_isolate=lambda: self._isolate(level),
        )  # fmt: skip

    def _build_card(self) -> ttk.Frame:
        px = self.context.px
        card = ttk.Frame(self, style="Card.TFrame", padding=px(12))
        foot = ttk.Frame(card, style="Inner.TFrame")
        foot.pack(side="bottom", fill="x", pady=(px(8), 0))
        self._footer = ttk.Label(foot, style="InnerCaption.TLabel")
        self._footer.pack(side="left")
        ttk.Label(
            foot, text="Double-click a line to read it in full", style="InnerCaption.TLabel"
        ).pack(side="right")
        self._detail = self._build_detail(card)
        body = ttk.Frame(card, style="Inner.TFrame")
        body.pack(fill="both", expand=True)
        self.list = VirtualList(
            body, self.presenter, _COLUMNS, on_view=self._view_moved, on_open=self._open_line
        )
        self._bar = ttk.Scrollbar(body, orient="vertical", bootstyle="thin")
        self.list.pack(side="left", fill="both", expand=True)
        self.list.attach(self._bar)
        self._empty = ttk.Label(body, style="InnerMuted.TLabel")
        self._jump = ttk.Button(
            body,
            text="New lines",
            icon="arrow-down",
            style="InnerPrimary.TButton",
            command=self.list.follow,
        )
        return card

    def _build_detail(self, card: ttk.Frame) -> ttk.Frame:
        px = self.context.px
        frame = ttk.Frame(card, style="Inner.TFrame")
        self._detail_text = Text(frame, height=_DETAIL_ROWS)
        buttons = ttk.Frame(frame, style="Inner.TFrame")
        buttons.pack(side="right", fill="y", padx=(px(8), 0))
        for text, command in (("Copy", self._copy_line), ("Close", frame.pack_forget)):
            ttk.Button(buttons, text=text, style="InnerSecondary.TButton", command=command).pack(
                fill="x", pady=(0, px(6))
            )
        self._detail_text.pack(side="left", fill="both", expand=True)
        self.on_theme()
        return frame

    def _view_moved(self) -> None:
        """Show the way back to the end while there are new lines; the counts follow soon."""
        unseen = self.list.view.unseen
        if unseen:
            self._jump.configure(text=f"{unseen:,} new line{'s' * (unseen > 1)}")
            self._jump.place(relx=0.5, rely=1.0, y=-self.context.px(12), anchor="s")
        else:
            self._jump.place_forget()
        self._show_bar()
        if self.presenter.rows:
            self._empty.place_forget()
        else:
            self._empty.configure(text=self.presenter.why_empty())
            self._empty.place(relx=0.5, rely=0.45, anchor="center")
        if not self._count_job:
            self._count_job = self.context.schedule(_COUNT_MS, self._show_counts)

    def _show_bar(self) -> None:
        """Show the scrollbar only while there is something to scroll."""
        scrolls = self.list.view.fractions != (0.0, 1.0)
        if scrolls and not self._bar.winfo_manager():
            self._bar.pack(side="right", fill="y", before=self.list)
        elif not scrolls and self._bar.winfo_manager():
            self._bar.pack_forget()

    def _show_counts(self) -> None:
        self._count_job = ""
        store = self.presenter.store
        for level, chip in self.chips.items():
            chip.set(on=level in store.levels, count=store.counts[level])
        self._footer.configure(text=self.presenter.footer())

    def _show_pause(self) -> None:
        paused = self.presenter.paused
        self._pause.configure(text="Resume" if paused else "Pause")
        ttk.apply_icon(self._pause, "play-fill" if paused else "pause-fill", size=14)

    def _toggle_pause(self) -> None:
        self.presenter.pause(not self.presenter.paused)
        self._show_pause()
        self.list.refresh()

    def _clear(self) -> None:
        self.presenter.clear()
        self._detail.pack_forget()
        self.list.refresh()

    def _toggle(self, level: str) -> None:
        self.presenter.toggle_level(level)
        self._filter_changed()

    def _isolate(self, level: str) -> None:
        # The double click's first press has toggled the level already: undo that first.
        self.presenter.toggle_level(level)
        self.presenter.only_level(level)
        self._filter_changed()

    def _search(self) -> None:
        self.presenter.search(self.search.get())
        self.list.highlight = self.search.get().strip()
        self._filter_changed()

    def _filter_changed(self) -> None:
        self.presenter.store.scan()
        self._show_counts()
        self.list.refresh()

    def _open_line(self, number: int) -> None:
        self._detail_text.configure(state="normal")
        self._detail_text.replace("1.0", "end", self.presenter.text(number))
        self._detail_text.configure(state="disabled")
        self._detail.pack(side="bottom", fill="x", pady=(self.context.px(8), 0))

    def _copy_line(self) -> None:
        self._to_clipboard(self._detail_text.get("1.0", "end-1c"), "The line is on the clipboard.")

    def _copy_report(self) -> None:
        self._to_clipboard(
            self.presenter.report(self.context.engines),
            "The report is on the clipboard; keys and tokens are left out.",
        )

    def _to_clipboard(self, text: str, done: str) -> None:
        self.clipboard_clear()
        self.clipboard_append(text)
        self.context.toast(done, "success")

    def _open_file(self) -> None:
        path = self.context.settings.log_file
        if not self.context.api.is_local:
            self.context.toast("The log file lies on the backend's computer.", "info")
        elif not path.is_file():
            self.context.toast(f"There is no log file yet at {path}.", "warning")
        elif not webbrowser.open(path.resolve().as_uri()):
            self._to_clipboard(str(path), "No program opens it here; its path is on the clipboard.")
