"""How everything looks: colours, fonts, spacing and the named ttk styles, for dark and light.

This is the only place with a colour or a font in it. `build_theme` gives the window its `Look`;
any widget finds it again with `look(widget)`, so nothing global is needed. Named styles:

- frames: `TFrame` (page), `Card.TFrame` (rounded card), `Inner.TFrame` (inside a card),
  `Side.TFrame` (sidebar), `Line.TFrame` (a hairline)
- labels: `Title`, `Muted`, `Small`, and on cards `Inner`, `InnerTitle`, `InnerMuted`,
  `InnerSmall`, on the sidebar `Side`, `SideSmall`, `SideMuted` (each followed by `.TLabel`)
- buttons: `Primary`, `Secondary`, `Danger`, `Ghost` on the page, the same with `Inner` before
  the name on a card (each followed by `.TButton`)
"""

from __future__ import annotations

import tkinter as tk
import tkinter.font as tkfont
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

import ttkbootstrap as ttk

from frontend.styles import build_styles

Mode = Literal["dark", "light"]
FAMILY = "kotodama"


@dataclass(frozen=True)
class Palette:
    """The colours of one mode, as `#rrggbb`.

    Text colours (`fg`, `muted`, `accent` and the four states) keep a contrast of 4.5:1 or more on
    `bg`, `sidebar` and `card`; `on_primary` keeps it on `primary`, `badge` and `shade`, the
    see-through ground of subtitles (`#rrggbbaa`).
    """

    mode: Mode
    bg: str
    sidebar: str
    card: str
    raised: str
    line: str
    fg: str
    muted: str
    primary: str
    primary_hover: str
    on_primary: str
    accent: str
    success: str
    info: str
    warning: str
    danger: str
    badge: str = "#be123c"
    shade: str = "#0a0a10cd"


DARK = Palette(
    mode="dark",
    bg="#13141b",
    sidebar="#191a23",
    card="#1f212c",
    raised="#2a2d3b",
    line="#353848",
    fg="#eceef6",
    muted="#a3a6b8",
    primary="#7c3aed",
    primary_hover="#8b5cf6",
    on_primary="#ffffff",
    accent="#b39bfb",
    success="#4ade80",
    info="#4cc3fa",
    warning="#fbbf24",
    danger="#fb7185",
)
LIGHT = Palette(
    mode="light",
    bg="#f5f4fa",
    sidebar="#ebe9f4",
    card="#ffffff",
    raised="#eeecf6",
    line="#d8d4e6",
    fg="#1c1a2b",
    muted="#605d75",
    primary="#7c3aed",
    primary_hover="#6d28d9",
    on_primary="#ffffff",
    accent="#6d28d9",
    success="#15753a",
    info="#0369a1",
    warning="#a14a06",
    danger="#ad0f37",
)

PORTRAIT_GROUND = "#4c3a78"
"""Behind portraits that are partly see-through, in both modes."""

_BODY_FAMILIES = (
    "Inter", "Segoe UI Variable Text", "Segoe UI", "SF Pro Text", "Noto Sans", "Noto Sans CJK JP",
    "Yu Gothic UI", "DejaVu Sans",
)  # fmt: skip
_MONO_FAMILIES = (
    "JetBrains Mono", "Cascadia Mono", "Consolas", "SF Mono", "Menlo", "Noto Sans Mono",
    "DejaVu Sans Mono",
)  # fmt: skip


Font = tuple[str, int] | tuple[str, int, str]


@dataclass(frozen=True)
class Fonts:
    """Fonts by role, as Tk font descriptions; sizes are points, so Tk scales them.

    Characters that the family lacks (Japanese, emoji) come from the system's fallback fonts.
    """

    family: str
    mono_family: str

    @property
    def body(self) -> Font:
        """Running text."""
        return (self.family, 10)

    @property
    def strong(self) -> Font:
        """Running text that stands out."""
        return (self.family, 10, "bold")

    @property
    def small(self) -> Font:
        """Times, hints, captions."""
        return (self.family, 8)

    @property
    def caption(self) -> Font:
        """Secondary lines between body and small."""
        return (self.family, 9)

    @property
    def heading(self) -> Font:
        """Title of a card."""
        return (self.family, 11, "bold")

    @property
    def title(self) -> Font:
        """Title of a page."""
        return (self.family, 16, "bold")

    @property
    def display(self) -> Font:
        """The one big line of the welcome page, and large figures."""
        return (self.family, 20, "bold")

    @property
    def mono(self) -> Font:
        """Logs and other text in columns."""
        return (self.mono_family, 9)


class Look:
    """The look of one window: palette and fonts now, and who wants to know when they change."""

    def __init__(self, root: ttk.App, mode: Mode) -> None:
        self._root = root
        self._listeners: list[Callable[[], None]] = []
        families = {name.lower(): name for name in tkfont.families(root)}
        self.fonts = Fonts(
            next((f for f in _BODY_FAMILIES if f.lower() in families), "TkDefaultFont"),
            next((f for f in _MONO_FAMILIES if f.lower() in families), "TkFixedFont"),
        )
        self.palette = DARK if mode == "dark" else LIGHT
        self._root.theme_use(f"{FAMILY}-{mode}")
        for name in ("TkDefaultFont", "TkTextFont", "TkMenuFont", "TkHeadingFont"):
            tkfont.nametofont(name, root).configure(family=self.fonts.family, size=10)
        tkfont.nametofont("TkFixedFont", root).configure(family=self.fonts.mono_family, size=9)
        self._apply()

    def px(self, size: float) -> int:
        """A size in logical pixels (96 dpi), in pixels of this screen."""
        return cast(int, ttk.scale_size(self._root, size))

    def icon(self, name: str, size: int = 16, colour: str | None = None) -> str:
        """A Bootstrap icon as a Tk image name; the colour is the text's by default."""
        return cast(str, ttk.Icon(name, size, colour or self.palette.fg))

    def use(self, mode: Mode) -> None:
        """Switch to dark or light, and tell the listeners."""
        if mode == self.palette.mode:
            return
        self.palette = DARK if mode == "dark" else LIGHT
        self._root.theme_use(f"{FAMILY}-{mode}")
        self._apply()
        for listener in list(self._listeners):
            listener()

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each switch; gives the function that ends it."""
        self._listeners.append(callback)

        def forget() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return forget

    def _apply(self) -> None:
        self._root.configure(background=self.palette.bg)
        build_styles(self._root.style, self)


def register_themes() -> None:
    """Tell ttkbootstrap the two themes; done before the window is made."""
    ttk.Theme(
        FAMILY,
        primary="#8b5cf6",
        success="#22c55e",
        info="#38bdf8",
        warning="#f59e0b",
        danger="#f43f5e",
        neutral="#8b90a5",
        light={"background": LIGHT.bg, "foreground": LIGHT.fg},
        dark={"background": DARK.bg, "foreground": DARK.fg},
    ).register()


def build_theme(root: ttk.App, mode: Mode) -> Look:
    """Give the window its look; `look(widget)` finds it from then on."""
    made = Look(root, mode)
    root.kotodama_look = made  # type: ignore[attr-defined]
    return made


def look(widget: tk.Misc) -> Look:
    """The look of the window that a widget is in."""
    return cast(Look, widget._root().kotodama_look)  # type: ignore[attr-defined]


def palette(widget: tk.Misc) -> Palette:
    """The colours of the window that a widget is in."""
    return look(widget).palette


def fonts(widget: tk.Misc) -> Fonts:
    """The fonts of the window that a widget is in."""
    return look(widget).fonts


def px(widget: tk.Misc, size: float) -> int:
    """A size in logical pixels, in pixels of the widget's screen."""
    return look(widget).px(size)


def on_theme_change(widget: tk.Misc, callback: Callable[[], None]) -> None:
    """Call back after each switch between dark and light, for as long as the widget lives."""
    forget = look(widget).on_change(callback)

    def stop(event: tk.Event[tk.Misc]) -> None:
        if event.widget is widget:
            forget()

    widget.bind("<Destroy>", stop, add="+")
