"""The Status page: load of the computer, engines, and how long recent answers took."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk

from event_system import Envelope
from frontend.context import AppContext, Connection
from frontend.pages.base import PageFrame
from frontend.pages.status_engines import EngineList
from frontend.pages.status_presenter import FACTS, STAGES, StatusPresenter
from frontend.widgets.chart import Bar, Series, Sparkline, StackedBars
from frontend.widgets.ring import Ring
from frontend.widgets.wrap_label import wrap_label

_RINGS = {"cpu": "CPU", "memory": "Memory", "disk": "Disk", "gpu": "GPU"}
_STAGE_COLOURS = ("danger", "muted", "accent", "info", "success", "warning")
_NO_TURNS = "No answers yet. Say something in Chat, and each stage shows here."


class StatusPage(PageFrame):
    """The page and its widgets; what it knows is in `StatusPresenter`."""

    def __init__(
        self, parent: tk.Misc, context: AppContext, presenter: StatusPresenter | None = None
    ) -> None:
        super().__init__(parent, context)
        self.presenter = presenter or StatusPresenter(context.api)
        self.presenter.on_change(self._show)
        px = context.px
        self._build_header().pack(fill="x", padx=px(24), pady=(px(20), px(12)))
        self._build_rings().pack(fill="x", padx=px(18))
        self._build_facts().pack(fill="x", padx=px(24), pady=px(12))
        self._build_lower().pack(fill="both", expand=True, padx=px(18), pady=(0, px(20)))
        self.bind("<Map>", lambda event: self._show())
        self._show()

    def on_show(self) -> None:
        """Ask anew each time the page comes to the front."""
        self.presenter.refresh()

    def on_event(self, envelope: Envelope) -> None:
        """Take in load figures and turns."""
        if self.presenter.on_event(envelope) and self.winfo_ismapped():
            self._show()

    def on_destroy(self) -> None:
        """Hear of nothing more."""
        self.presenter.on_change(lambda: None)

    def on_theme(self) -> None:
        """Rows hold colours of their own."""
        self._show()

    def on_connection(self, state: Connection) -> None:
        """A new backend may have other engines."""
        if state == "up" and self.winfo_ismapped():
            self.presenter.refresh()

    def _build_header(self) -> ttk.Frame:
        row = ttk.Frame(self)
        ttk.Label(row, text="Status", style="Title.TLabel").pack(side="left")
        self._refresh = ttk.Button(
            row, text="Refresh", icon="arrow-clockwise", style="Secondary.TButton",
            command=self.presenter.refresh,
        )  # fmt: skip
        self._refresh.pack(side="right")
        return row

    def _build_rings(self) -> ttk.Frame:
        row, px = ttk.Frame(self), self.context.px
        self.rings: dict[str, Ring] = {}
        self._notes: dict[str, ttk.Label] = {}
        for column, (name, label) in enumerate(_RINGS.items()):
            card = ttk.Frame(row, style="Card.TFrame", padding=(px(8), px(12)))
            card.grid(row=0, column=column, sticky="nsew", padx=px(6))
            row.columnconfigure(column, weight=1, uniform="rings")
            self.rings[name] = Ring(card, label)
            self.rings[name].pack()
            self._notes[name] = wrap_label(card, style="InnerCaption.TLabel", centre=True)
            self._notes[name].pack(fill="x", pady=(px(4), 0))
        return row

    def _build_facts(self) -> ttk.Frame:
        px = self.context.px
        card = ttk.Frame(self, style="Card.TFrame", padding=(px(18), px(10)))
        self._facts: dict[str, ttk.Label] = {}
        for name, label in FACTS.items():
            ttk.Label(card, text=label, style="InnerCaption.TLabel").pack(side="left")
            self._facts[name] = ttk.Label(card, style="InnerStrong.TLabel")
            self._facts[name].pack(side="left", padx=(px(6), px(8)))
            if name == "events":
                self._spark = Sparkline(card)
                self._spark.pack(side="left")
            ttk.Frame(card, width=px(16), style="Inner.TFrame").pack(side="left")
        return card

    def _build_lower(self) -> ttk.Frame:
        row, px = ttk.Frame(self), self.context.px
        row.rowconfigure(0, weight=1)
        row.columnconfigure(0, weight=5, uniform="lower")
        row.columnconfigure(1, weight=4, uniform="lower")
        engines = self._card(row, "Engines", "cpu")
        engines.grid(row=0, column=0, sticky="nsew", padx=px(6))
        self.engines = EngineList(engines, self.context)
        self.engines.pack(fill="both", expand=True)
        latency = self._card(row, "Latency", "bar-chart-fill")
        latency.grid(row=0, column=1, sticky="nsew", padx=px(6))
        self._latency = wrap_label(latency, style="InnerCaption.TLabel")
        self._latency.pack(side="bottom", fill="x", pady=(px(8), 0))
        self.chart = StackedBars(latency, "ms", _NO_TURNS)
        self.chart.pack(fill="both", expand=True)
        return row

    def _card(self, parent: tk.Misc, title: str, icon: str) -> ttk.Frame:
        px = self.context.px
        card = ttk.Frame(parent, style="Card.TFrame", padding=px(16))
        head = ttk.Frame(card, style="Inner.TFrame")
        head.pack(fill="x", pady=(0, px(10)))
        ttk.Label(head, icon=icon, style="Inner.TLabel").pack(side="left", padx=(0, px(8)))
        ttk.Label(head, text=title, style="InnerTitle.TLabel").pack(side="left")
        return card

    def _show(self) -> None:
        presenter = self.presenter
        for name, gauge in presenter.gauges().items():
            self.rings[name].set(gauge.share, gauge.figure, gauge.colour)
            self._notes[name].configure(text=gauge.note)
        for name, text in presenter.facts().items():
            self._facts[name].configure(text=text)
        self._spark.set(list(presenter.rates))
        self.engines.show(presenter.engines, presenter.problem)
        series = [
            Series(label, colour)
            for label, colour in zip(STAGES.values(), _STAGE_COLOURS, strict=True)
        ]
        self.chart.set([Bar(turn.took_ms, turn.engine) for turn in presenter.turns], series)
        self._latency.configure(text=presenter.latency_line())
