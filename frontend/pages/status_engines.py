"""The engines on the Status page: each with its state, the reason, and what would make it run."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.status_presenter import KINDS, EngineRow
from frontend.widgets.scroll import ScrollArea
from frontend.widgets.wrap_label import wrap_label

_ICONS = {
    "on_duty": ("check-circle-fill", "success"),
    "ready": ("check-circle", "success"),
    "standby": ("circle", "info"),
    "unavailable": ("dash-circle", "muted"),
}


class EngineList(ScrollArea):
    """The table of engines, by kind; a click opens a row.

    Args:
        parent: A card.
        context: The look, and the notices.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent, card=True)
        self._context = context
        self._shown: tuple[object, ...] = ()
        self._open: set[str] = set()

    def show(self, rows: Sequence[EngineRow], problem: str) -> None:
        """Show these engines, or why there are none."""
        key = (tuple(rows), problem, self._context.palette.mode)
        if key == self._shown:
            return
        self._shown = key
        for child in self.body.winfo_children():
            child.destroy()
        if not rows:
            text = problem or "Waiting for the backend's answer…"
            wrap_label(self.body, text, style="InnerMuted.TLabel").pack(fill="x")
        kind = ""
        for row in rows:
            if row.kind != kind:
                kind = row.kind
                self._add_heading(KINDS.get(kind, kind.title()))
            _Row(self.body, self._context, row, self._open).pack(fill="x")
        self.adopt()

    def _add_heading(self, text: str) -> None:
        px = self._context.px
        first = not self.body.winfo_children()
        ttk.Label(self.body, text=text, style="InnerCaption.TLabel").pack(
            anchor="w", pady=(0 if first else px(10), px(2))
        )


class _Row(ttk.Frame):
    """One engine: icon, name and state; below them the reason, and the remedy when it is open."""

    def __init__(
        self, parent: tk.Misc, context: AppContext, row: EngineRow, opened: set[str]
    ) -> None:
        super().__init__(parent, style="Inner.TFrame", takefocus=True, cursor="hand2")
        self._context = context
        self._row = row
        self._opened = opened
        self._key = f"{row.kind}/{row.name}"
        px, palette = context.px, context.palette
        icon, colour = _ICONS[row.state]
        strong = getattr(palette, colour)
        head = ttk.Frame(self, style="Inner.TFrame")
        head.pack(fill="x", pady=(px(4), 0))
        ttk.Label(head, text=row.state_text, style="InnerCaption.TLabel", foreground=strong).pack(
            side="right", padx=(px(8), px(4))
        )
        ttk.Label(head, image=context.look.icon(icon, 15, strong), style="Inner.TLabel").pack(
            side="left", padx=(px(2), px(6))
        )
        self._name = ttk.Label(head, text=row.label, style="InnerStrong.TLabel")
        self._name.pack(side="left")
        if row.model:
            ttk.Label(head, text=row.model, style="InnerCaption.TLabel").pack(
                side="left", padx=(px(8), 0)
            )
        indent = px(27)
        wrap_label(self, row.reason or row.summary, style="InnerCaption.TLabel").pack(
            fill="x", padx=(indent, px(4)), pady=(0, px(4))
        )
        self._more = ttk.Frame(self, style="Inner.TFrame")
        self._fill_more()
        self._indent = indent
        if self._key in opened:
            self._toggle_more(True)
        _bind_tree(self, "<Button-1>", self._toggle)
        for keys in ("<Return>", "<space>"):
            self.bind(keys, lambda event: self._toggle())
        self.bind("<FocusIn>", lambda event: self._mark(True))
        self.bind("<FocusOut>", lambda event: self._mark(False))

    def _fill_more(self) -> None:
        row, px = self._row, self._context.px
        if row.reason and row.summary:
            wrap_label(self._more, row.summary, style="InnerCaption.TLabel").pack(fill="x")
        text = row.remedy or {
            "on_duty": "It is in use. Nothing to do.",
            "ready": "It is the one that will be used. Nothing to do.",
            "standby": "It can run. Its place in Settings decides when it is used.",
        }.get(row.state, "There is no known remedy.")
        line = ttk.Frame(self._more, style="Inner.TFrame")
        line.pack(fill="x", pady=(px(4), px(8)))
        if row.remedy:
            ttk.Button(
                line, text="Copy", icon="clipboard", style="InnerSecondary.TButton",
                command=self._copy,
            ).pack(side="right", padx=(px(8), px(4)))  # fmt: skip
        wrap_label(line, text, style="Inner.TLabel").pack(side="left", fill="x", expand=True)

    def _copy(self) -> None:
        row = self._row
        self.clipboard_clear()
        self.clipboard_append(f"{row.label}: {row.reason}\n{row.remedy}")
        self._context.toast("The reason and the remedy are on the clipboard.", "success")

    def _toggle(self) -> None:
        self.focus_set()
        self._toggle_more(self._key not in self._opened)

    def _toggle_more(self, show: bool) -> None:
        if show:
            self._opened.add(self._key)
            self._more.pack(fill="x", padx=(self._indent, 0))
        else:
            self._opened.discard(self._key)
            self._more.pack_forget()

    def _mark(self, focused: bool) -> None:
        palette = self._context.palette
        self._name.configure(foreground=palette.accent if focused else palette.fg)


def _bind_tree(widget: tk.Misc, event: str, action: Callable[[], None]) -> None:
    """Bind a widget and all in it, except buttons, which have an action of their own."""
    if isinstance(widget, ttk.Button):
        return
    widget.bind(event, lambda _event: action())
    for child in widget.winfo_children():
        _bind_tree(child, event, action)
