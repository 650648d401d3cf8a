"""The sidebar: brand, pages, and the state of the engines at its foot."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import ttkbootstrap as ttk
from ttkbootstrap import Assets

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Canvas, Frame

WIDE = 212
NARROW = 64
State = Literal["ok", "warning", "off", "error"]


@dataclass(frozen=True)
class NavEntry:
    """One page of the sidebar: its key, label, Bootstrap icon and shortcut."""

    key: str
    label: str
    icon: str
    shortcut: str


@dataclass(frozen=True)
class Lamp:
    """The state of one engine, in a word or two."""

    label: str
    text: str
    state: State


class _Item(Canvas):
    """A row that can be clicked, hovered and focused."""

    def __init__(self, parent: tk.Misc, entry: NavEntry, choose: Callable[[], None]) -> None:
        super().__init__(parent, takefocus=True, cursor="hand2")
        self._entry = entry
        self._selected = self._hovered = False
        self._narrow = False
        self._tip = ttk.ToolTip(self, text=f"{entry.label}  {entry.shortcut}", position="right")
        for sequence in ("<Button-1>", "<Return>", "<space>"):
            self.bind(sequence, lambda _event: choose())
        self.bind("<Enter>", lambda _event: self._hover(True))
        self.bind("<Leave>", lambda _event: self._hover(False))
        for sequence in ("<FocusIn>", "<FocusOut>"):
            self.bind(sequence, lambda _event: self.draw())
        self.draw()

    def _hover(self, inside: bool) -> None:
        self._hovered = inside
        self.draw()

    def set_state(self, *, selected: bool | None = None, narrow: bool | None = None) -> None:
        """Change what is given, and draw."""
        self._selected = self._selected if selected is None else selected
        self._narrow = self._narrow if narrow is None else narrow
        self.draw()

    def draw(self) -> None:
        """Draw anew."""
        style = look(self)
        colours, px = style.palette, style.px
        width = px((NARROW if self._narrow else WIDE) - 20)
        height = px(40)
        self.delete("all")
        self.configure(width=width, height=height, background=colours.sidebar)
        fill = colours.sidebar
        if self._selected:
            fill = mix(colours.sidebar, colours.primary, 0.28 if colours.mode == "dark" else 0.16)
        elif self._hovered:
            fill = mix(colours.sidebar, colours.fg, 0.07)
        focused = self.focus_displayof() is self
        if focused or fill != colours.sidebar:
            self._draw_ground(fill, focused)
        ink = colours.accent if self._selected else colours.muted
        x = width // 2 if self._narrow else px(24)
        self.create_image(x, height // 2, image=style.icon(self._entry.icon, 18, ink))
        if not self._narrow:
            self.create_text(
                px(46), height // 2, text=self._entry.label, anchor="w",
                fill=colours.fg if self._selected else mix(colours.fg, colours.muted, 0.45),
                font=style.fonts.strong if self._selected else style.fonts.body,
            )  # fmt: skip

    def _draw_ground(self, fill: str, focused: bool) -> None:
        shape = Assets(ttk.Style.get_instance()).rounded_rect(
            fill,
            size=((NARROW if self._narrow else WIDE) - 20, 40),
            radius=9,
            outline=look(self).palette.accent if focused else None,
            width=2 if focused else 0,
        )
        self.create_image(0, 0, image=shape, anchor="nw")


class NavRail(Frame):
    """The sidebar.

    Args:
        parent: Where it is packed.
        brand: The program's name.
        entries: The pages, in order.
        choose: Called with the key of a page.
    """

    def __init__(
        self,
        parent: tk.Misc,
        brand: str,
        entries: Sequence[NavEntry],
        choose: Callable[[str], None],
    ) -> None:
        super().__init__(parent)
        self.pack_propagate(False)
        self._narrow = False
        self._lamps: tuple[Lamp, ...] = ()
        head = self._head = ttk.Frame(self, style="Side.TFrame")
        head.pack(fill="x")
        self._mark = ttk.Label(head, style="Side.TLabel")
        self._brand = ttk.Label(head, text=brand, style="SideBrand.TLabel")
        self._items: dict[str, _Item] = {}
        for entry in entries:
            item = _Item(self, entry, partial(choose, entry.key))
            item.pack(pady=look(self).px(2))
            self._items[entry.key] = item
        self._foot = ttk.Frame(self, style="Side.TFrame")
        self._foot.pack(side="bottom", fill="x")
        self._draw()
        on_theme_change(self, self._draw)

    def select(self, key: str) -> None:
        """Mark a page as the one in front."""
        for name, item in self._items.items():
            item.set_state(selected=name == key)

    def set_narrow(self, narrow: bool) -> None:
        """Show icons only, or icons with words."""
        if narrow != self._narrow:
            self._narrow = narrow
            for item in self._items.values():
                item.set_state(narrow=narrow)
            self._draw()

    def set_lamps(self, lamps: Sequence[Lamp]) -> None:
        """Show the state of the engines."""
        if tuple(lamps) != self._lamps:
            self._lamps = tuple(lamps)
            self._draw_lamps()

    def _draw(self) -> None:
        style = look(self)
        px = style.px
        self.configure(background=style.palette.sidebar, width=px(NARROW if self._narrow else WIDE))
        side = px(19 if self._narrow else 22)
        self._head.pack_configure(padx=(side, 0), pady=(px(20), px(18)))
        self._mark.configure(image=style.icon("soundwave", 26, style.palette.accent))
        self._mark.pack(side="left")
        self._brand.pack_forget()
        if not self._narrow:
            self._brand.pack(side="left", padx=(px(10), 0))
        for item in self._items.values():
            item.draw()
        self._draw_lamps()

    def _draw_lamps(self) -> None:
        style = look(self)
        colours, px = style.palette, style.px
        colour = {
            "ok": colours.success, "warning": colours.warning,
            "off": colours.muted, "error": colours.danger,
        }  # fmt: skip
        for child in self._foot.winfo_children():
            child.destroy()
        self._foot.pack_configure(padx=px(27 if self._narrow else 20), pady=px(16))
        for lamp in self._lamps:
            row = ttk.Frame(self._foot, style="Side.TFrame")
            row.pack(fill="x", pady=px(3))
            dot = ttk.Label(row, style="Side.TLabel")
            dot.configure(image=style.icon("circle-fill", 9, colour[lamp.state]))
            dot.pack(side="left")
            ttk.ToolTip(row, text=f"{lamp.label}: {lamp.text}", position="right")
            if self._narrow:
                continue
            name = ttk.Label(row, text=lamp.label, style="SideSmall.TLabel")
            name.pack(side="left", padx=(px(9), px(8)))
            ttk.Label(row, text=lamp.text, style="SideMuted.TLabel").pack(side="right")
