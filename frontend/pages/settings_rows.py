"""One row of the Settings page: label and help, the field, the backend's objection, and a reset."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping, Sequence
from typing import Any

import ttkbootstrap as ttk

from frontend.context import AppContext
from frontend.pages.settings_fields import FieldSpec, choice_name, parse
from frontend.pages.settings_presenter import SettingsPresenter
from frontend.pages.status_presenter import split_label
from frontend.widgets.form import (
    ChoiceField,
    Field,
    SecretField,
    SliderField,
    SwitchField,
    TextField,
)
from frontend.widgets.order_field import OrderField, OrderItem
from frontend.widgets.wrap_label import wrap_label

SYSTEM_DEVICE = "System default"


class SettingRow(ttk.Frame):
    """A setting.

    Args:
        parent: A card.
        context: The look, and the loudspeakers.
        presenter: What the page does.
        spec: The setting.
    """

    def __init__(
        self, parent: tk.Misc, context: AppContext, presenter: SettingsPresenter, spec: FieldSpec
    ) -> None:
        super().__init__(parent, style="Inner.TFrame")
        self.spec = spec
        self._context = context
        self._presenter = presenter
        px = context.px
        ttk.Frame(self, style="Line.TFrame", height=1).grid(
            row=0, column=0, columnspan=3, sticky="ew", pady=px(10)
        )
        self.columnconfigure(0, weight=4, uniform="row")
        self.columnconfigure(1, weight=5, uniform="row")
        self.columnconfigure(2, minsize=px(62))
        words = ttk.Frame(self, style="Inner.TFrame")
        words.grid(row=1, column=0, sticky="ew", padx=(0, px(20)))
        wrap_label(words, spec.label, style="Inner.TLabel").pack(fill="x")
        if spec.help:
            wrap_label(words, spec.help, style="InnerCaption.TLabel").pack(fill="x")
        self.field = self._make_field()
        if self.field is not None:
            self.field.grid(row=1, column=1, sticky="ew")
        self._fixed = wrap_label(self, style="InnerMuted.TLabel")
        if self.field is None:
            self._fixed.grid(row=1, column=1, sticky="ew")
        self.error = wrap_label(self, style="InnerDanger.TLabel")
        self._mark = ttk.Label(self, style="InnerCaption.TLabel")
        self._reset = ttk.Button(
            self, icon="arrow-counterclockwise", icon_only=True, icon_size=14,
            style="InnerGhost.TButton", command=lambda: presenter.reset(spec.key),
        )  # fmt: skip
        self._reset.configure(padding=px(6))
        ttk.ToolTip(self._reset, text="Back to the default")
        self.show()

    def show(self) -> None:
        """Show the setting's present state."""
        state = self._presenter.states[self.spec.key]
        if isinstance(self.field, OrderField):
            self.field.set_items(order_items(self._presenter.engine_choices(self.spec.engine_kind)))
        if self.field is None:
            self._fixed.configure(text=_fixed_text(self.spec, state.value))
        elif not state.error:
            self.field.set(state.value)
        if state.error:
            self.error.configure(text=state.error)
            self.error.grid(row=2, column=1, sticky="ew", pady=(self._context.px(4), 0))
        else:
            self.error.grid_forget()
        self._show_corner(state.mark)

    def _show_corner(self, mark: str) -> None:
        """Show the mark, or the way back to the default."""
        palette = self._context.palette
        self._mark.configure(
            text={"saved": "Saved", "saving": "Saving…"}.get(mark, ""),
            foreground=palette.success if mark == "saved" else palette.muted,
        )
        resettable = self.spec.kind not in ("fixed", "secret")
        if mark:
            self._reset.grid_forget()
            self._mark.grid(row=1, column=2, sticky="e")
        elif resettable and not self._presenter.is_default(self.spec.key):
            self._mark.grid_forget()
            self._reset.grid(row=1, column=2, sticky="e")
        else:
            self._mark.grid_forget()
            self._reset.grid_forget()

    def _edit(self, value: Any, now: bool) -> None:
        if isinstance(value, str):
            value = parse(self.spec, value)
        self._presenter.edit(self.spec.key, value, now=now)

    def _make_field(self) -> Field | None:
        spec = self.spec
        if spec.kind == "fixed":
            return None
        if spec.kind == "switch":
            return SwitchField(self, self._edit)
        if spec.kind == "choice":
            return ChoiceField(self, self._edit, spec.choices, choice_name)
        if spec.kind == "slider":
            return SliderField(
                self, self._edit, low=spec.low, high=spec.high, whole=spec.whole, show=spec.show
            )
        if spec.kind == "secret":
            return SecretField(self, self._edit)
        if spec.kind == "engines":
            return OrderField(self, self._edit)
        if spec.kind == "device":
            return self._make_device_field()
        return TextField(self, self._edit, spec.unit)

    def _make_device_field(self) -> ChoiceField:
        def edit(value: Any, now: bool) -> None:
            self._edit("" if value == SYSTEM_DEVICE else value, now)

        field = ChoiceField(self, edit, [""], lambda name: str(name) or SYSTEM_DEVICE, free=True)

        def offer(names: list[str]) -> None:
            if field.winfo_exists():
                field.set_choices(["", *names])

        context = self._context
        source = context.microphone if self.spec.key == "input_device" else context.player
        source.list_devices(offer)
        return field


def order_items(engines: Sequence[Mapping[str, Any]]) -> list[OrderItem]:
    """Engines as rows of an order of preference."""
    return [
        OrderItem(
            str(engine["name"]),
            split_label(str(engine.get("label") or engine["name"]))[0],
            _note(engine),
            bool(engine.get("available")),
        )
        for engine in engines
    ]


def _note(engine: Mapping[str, Any]) -> str:
    if engine.get("active"):
        return "on duty"
    return "" if engine.get("available") else "cannot run"


def _fixed_text(spec: FieldSpec, value: Any) -> str:
    shown = spec.show(value) if value not in ("", None) else "not set"
    return f"{shown}   ({spec.key.upper()} in .env)"
