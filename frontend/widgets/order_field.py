"""A field for an order of preference: rows that are switched on and moved up and down."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from typing import Any, NamedTuple

import ttkbootstrap as ttk

from frontend.theme import look
from frontend.widgets.form import Field, OnEdit
from frontend.widgets.scroll import CHILDREN_CHANGED


class OrderItem(NamedTuple):
    """One row: its name in the value, its label, a short note, and whether it can be used now."""

    name: str
    label: str
    note: str = ""
    usable: bool = True


class OrderField(Field):
    """Chosen names in their order, as comma-separated text; what is not chosen stands below.

    Args:
        parent: A card or a frame on one.
        on_edit: See `Field`.
    """

    def __init__(self, parent: tk.Misc, on_edit: OnEdit) -> None:
        super().__init__(parent, on_edit)
        self._items: list[OrderItem] = []
        self._chosen: list[str] = []
        self._drawn: tuple[object, ...] = ()

    @property
    def order(self) -> list[str]:
        """Names from top to bottom: the chosen ones first."""
        return [*self._chosen, *(i.name for i in self._items if i.name not in self._chosen)]

    def set_items(self, items: Sequence[OrderItem]) -> None:
        """Offer these rows."""
        self._items = list(items)
        self._draw()

    def set(self, value: Any) -> None:
        """Show an order: comma-separated names, best first."""
        self._chosen = [part.strip() for part in str(value).split(",") if part.strip()]
        self._draw()

    def move(self, name: str, by: int) -> None:
        """Move a chosen row up (-1) or down (1)."""
        place = self._chosen.index(name)
        target = place + by
        if 0 <= target < len(self._chosen):
            chosen = self._chosen
            chosen[place], chosen[target] = chosen[target], chosen[place]
            self._tell()

    def toggle(self, name: str) -> None:
        """Choose a row or leave it out; the last chosen one stays."""
        if name not in self._chosen:
            self._chosen.append(name)
        elif len(self._chosen) > 1:
            self._chosen.remove(name)
        self._tell()

    def _tell(self) -> None:
        self._draw()
        self._on_edit(",".join(self._chosen), False)

    def _draw(self) -> None:
        key = (tuple(self._items), tuple(self._chosen))
        if key == self._drawn:
            return
        self._drawn = key
        focused = str(self.focus_get() or "").rpartition(".")[2]
        for child in self.winfo_children():
            child.destroy()
        known = {item.name: item for item in self._items}
        for name in self.order:
            self._add_row(known.get(name) or OrderItem(name, name, "not known", usable=False))
        self.event_generate(CHILDREN_CHANGED)
        # Rows are made anew, so the button that was pressed is found again by its name.
        waiting: list[tk.Misc] = [self] if focused else []
        while waiting:
            widget = waiting.pop()
            if widget.winfo_name() == focused:
                widget.focus_set()
            waiting.extend(widget.winfo_children())

    def _add_row(self, item: OrderItem) -> None:
        px = look(self).px
        row = ttk.Frame(self, style="Inner.TFrame")
        row.pack(fill="x", pady=px(1))
        chosen = item.name in self._chosen
        place = self._chosen.index(item.name) if chosen else -1
        for icon, by, ends in (
            ("chevron-down", 1, len(self._chosen) - 1),
            ("chevron-up", -1, 0),
        ):
            holder = ttk.Frame(row, width=px(27), height=px(25), style="Inner.TFrame")
            holder.pack_propagate(False)
            holder.pack(side="right")
            if chosen and place != ends:
                button = ttk.Button(
                    holder, icon=icon, icon_only=True, icon_size=12, style="InnerGhost.TButton",
                    name=f"{icon}-{item.name.replace('.', '-')}",
                    command=lambda by=by: self.move(item.name, by),
                )  # fmt: skip
                button.configure(padding=px(3))
                button.pack(fill="both", expand=True)
        variable = tk.BooleanVar(row, value=chosen)
        box = ttk.Checkbutton(
            row, variable=variable, text=item.label, bootstyle=f"{self._surface} primary",
            name=f"use-{item.name.replace('.', '-')}", command=lambda: self.toggle(item.name),
        )  # fmt: skip
        box.variable = variable  # type: ignore[attr-defined]
        box.pack(side="left")
        if item.note:
            style = "InnerCaption.TLabel"
            ttk.Label(row, text=item.note, style=style).pack(side="left", padx=(px(8), 0))
