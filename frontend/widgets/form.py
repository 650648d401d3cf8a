"""Fields of a form on a card: switch, choice, slider, text, secret, and an order of things.

Each field shows a value with `set` and tells what the user makes of it through `on_edit(value,
now)`; `now` is true when the user is done (a click, Return, leaving the field) and false while
typing or dragging goes on. `set` never calls back.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Any

import ttkbootstrap as ttk

from frontend.theme import look

OnEdit = Callable[[Any, bool], None]


class Field(ttk.Frame):
    """What all fields share.

    Args:
        parent: A card or a frame on one.
        on_edit: Called with the value and whether the user is done with it.
    """

    def __init__(self, parent: tk.Misc, on_edit: OnEdit) -> None:
        super().__init__(parent, style="Inner.TFrame")
        self._on_edit = on_edit
        self._surface = f"@{look(self).palette.card}"

    def set(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError


class SwitchField(Field):
    """On or off."""

    def __init__(self, parent: tk.Misc, on_edit: OnEdit) -> None:
        super().__init__(parent, on_edit)
        self._variable = tk.BooleanVar(self)
        self.switch = ttk.Checkbutton(
            self, variable=self._variable, bootstyle=f"{self._surface} primary round-toggle",
            command=lambda: on_edit(self._variable.get(), True),
        )  # fmt: skip
        self.switch.pack(side="left")

    def set(self, value: Any) -> None:
        """Show whether it is on."""
        self._variable.set(bool(value))


class ChoiceField(Field):
    """One of a few values, in a drop-down list.

    Args:
        parent: A card or a frame on one.
        on_edit: See `Field`.
        choices: The values.
        name: How a value is called for people.
        free: Whether other text may be typed.
    """

    def __init__(
        self,
        parent: tk.Misc,
        on_edit: OnEdit,
        choices: Sequence[Any],
        name: Callable[[Any], str] = str,
        *,
        free: bool = False,
    ) -> None:
        super().__init__(parent, on_edit)
        self._name = name
        self.box = ttk.Combobox(
            self, state="normal" if free else "readonly", style="InnerRound.TCombobox",
            postcommand=self._colour_list,
        )  # fmt: skip
        self.box.pack(fill="x", expand=True)
        self.set_choices(choices)
        self.box.bind("<<ComboboxSelected>>", lambda event: self._chosen())
        # The wheel scrolls the page (see `ScrollArea`); it must not change what it passes over.
        for wheel in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            self.box.bind(wheel, lambda event: "break")
        if free:
            self.box.bind("<Return>", lambda event: on_edit(self.box.get(), True))
            self.box.bind("<FocusOut>", lambda event: on_edit(self.box.get(), True))

    def set_choices(self, choices: Sequence[Any]) -> None:
        """Offer other values."""
        self._choices = list(choices)
        self.box.configure(values=[self._name(choice) for choice in self._choices])

    def set(self, value: Any) -> None:
        """Show a value, also one that is not offered."""
        self.box.set(self._name(value))

    def _colour_list(self) -> None:
        """The list that drops down is a classic widget, which no ttk style reaches."""
        colours, px = look(self).palette, look(self).px
        popdown = self.tk.call("ttk::combobox::PopdownWindow", self.box)
        self.tk.call(
            f"{popdown}.f.l", "configure", "-background", colours.raised, "-foreground", colours.fg,
            "-selectbackground", colours.primary, "-selectforeground", colours.on_primary,
            "-borderwidth", px(4), "-relief", "flat", "-highlightthickness", 1,
            "-highlightbackground", colours.line, "-highlightcolor", colours.line,
            "-font", look(self).fonts.body,
        )  # fmt: skip

    def _chosen(self) -> None:
        self.box.selection_clear()
        self._on_edit(self._choices[self.box.current()], True)


class SliderField(Field):
    """A number from a short range, with its text beside it.

    Args:
        parent: A card or a frame on one.
        on_edit: See `Field`.
        low: Least value.
        high: Greatest value.
        whole: Whether only whole numbers are meant.
        show: A value as text.
    """

    def __init__(
        self,
        parent: tk.Misc,
        on_edit: OnEdit,
        *,
        low: float,
        high: float,
        whole: bool,
        show: Callable[[Any], str],
    ) -> None:
        super().__init__(parent, on_edit)
        self._step = 1.0 if whole else 0.05
        self._whole = whole
        self._show = show
        self._value: float = low
        self._quiet = False
        self._text = ttk.Label(self, style="Inner.TLabel", anchor="e", width=12)
        self._text.pack(side="right")
        self.scale = ttk.Scale(
            self, from_=low, to=high, bootstyle=f"{self._surface} primary", command=self._moved
        )
        self.scale.configure(takefocus=True)
        ttk.Style().configure(str(self.scale["style"]), background=look(self).palette.card)
        self.scale.pack(side="left", fill="x", expand=True)
        self.scale.bind("<ButtonRelease-1>", lambda event: on_edit(self._value, True))
        for key, steps in (("<Left>", -1), ("<Down>", -1), ("<Right>", 1), ("<Up>", 1)):
            self.scale.bind(key, lambda event, steps=steps: self._nudge(steps))  # type: ignore[misc]

    def set(self, value: Any) -> None:
        """Show a number."""
        self._value = value
        self._quiet = True
        self.scale.set(float(value))
        self._quiet = False
        self._text.configure(text=self._show(value))

    def _moved(self, position: str) -> None:
        if not self._quiet:
            self._take(float(position))

    def _nudge(self, steps: int) -> str:
        low, high = float(self.scale["from"]), float(self.scale["to"])
        self.set(self._rounded(min(high, max(low, self._value + steps * self._step))))
        self._on_edit(self._value, False)
        return "break"

    def _take(self, position: float) -> None:
        self._value = self._rounded(position)
        self._text.configure(text=self._show(self._value))
        self._on_edit(self._value, False)

    def _rounded(self, position: float) -> float:
        value = round(position / self._step) * self._step
        return int(value) if self._whole else round(value, 2)


class TextField(Field):
    """A line of text, or a number typed as text.

    Args:
        parent: A card or a frame on one.
        on_edit: See `Field`; gets the text.
        unit: Stands behind the field.
    """

    def __init__(self, parent: tk.Misc, on_edit: OnEdit, unit: str = "") -> None:
        super().__init__(parent, on_edit)
        if unit:
            ttk.Label(self, text=unit, style="InnerCaption.TLabel", width=10).pack(
                side="right", padx=(look(self).px(8), 0)
            )
        self.entry = ttk.Entry(self, style="InnerRound.TEntry")
        self.entry.pack(side="left", fill="x", expand=True)
        self._before = ""
        self.entry.bind("<KeyRelease>", lambda event: self._typed(False))
        for done in ("<Return>", "<FocusOut>"):
            self.entry.bind(done, lambda event: self._typed(True))

    def set(self, value: Any) -> None:
        """Show a value, unless it is just what was typed."""
        text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        self._before = text
        if self.entry.get() != text:
            self.entry.delete(0, "end")
            self.entry.insert(0, text)

    def _typed(self, done: bool) -> None:
        text = self.entry.get()
        if text != self._before:
            self._before = text
            self._on_edit(text, False)
        if done:
            self._on_edit(text, True)


class SecretField(Field):
    """A key or password: whether it is set shows, what it is does not come back.

    Args:
        parent: A card or a frame on one.
        on_edit: See `Field`; gets the text, or None to remove the secret.
    """

    def __init__(self, parent: tk.Misc, on_edit: OnEdit) -> None:
        super().__init__(parent, on_edit)
        self._is_set = False
        px = look(self).px
        line = ttk.Frame(self, style="Inner.TFrame")
        line.pack(fill="x")
        self.entry = ttk.Entry(line, style="InnerRound.TEntry", show="•")
        self._eye = ttk.Button(
            line, icon="eye", icon_only=True, style="InnerGhost.TButton", command=self._reveal
        )
        self._remove = ttk.Button(
            line, text="Remove", style="InnerSecondary.TButton", command=lambda: on_edit(None, True)
        )
        self._eye.pack(side="right", padx=(px(4), 0))
        self.entry.pack(side="left", fill="x", expand=True)
        self._state = ttk.Label(self, style="InnerCaption.TLabel")
        self._state.pack(anchor="w", pady=(px(3), 0))
        for done in ("<Return>", "<FocusOut>"):
            self.entry.bind(done, lambda event: self._done())

    def set(self, value: Any) -> None:
        """Show whether it is set: any value but an empty one counts as set."""
        self._is_set = bool(value)
        self._state.configure(
            text="Set. Type a new one to replace it." if self._is_set else "Not set."
        )
        if self._is_set:
            self._remove.pack(side="right", padx=(look(self).px(6), 0), before=self._eye)
        else:
            self._remove.pack_forget()

    def _reveal(self) -> None:
        hidden = bool(self.entry["show"])
        self.entry.configure(show="" if hidden else "•")
        ttk.apply_icon(self._eye, "eye-slash" if hidden else "eye")

    def _done(self) -> None:
        text = self.entry.get().strip()
        if text:
            self.entry.delete(0, "end")
            self.entry.configure(show="•")
            self._on_edit(text, True)
