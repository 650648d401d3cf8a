"""A strip above the page that tells what is wrong and what is being done about it."""

from __future__ import annotations

import tkinter as tk
from typing import Literal

from frontend.colour import mix
from frontend.theme import look, on_theme_change
from frontend.widgets.plain import Frame, Label

Kind = Literal["info", "warning", "danger"]
_ICONS = {"info": "info-circle-fill", "warning": "exclamation-triangle-fill",
          "danger": "x-octagon-fill"}  # fmt: skip


class Banner(Frame):
    """Shows one sentence, or nothing at all.

    Args:
        parent: Its parent packs nothing above it; the banner packs itself at the top.
        above: The widget that it is packed before.
    """

    def __init__(self, parent: tk.Misc, above: tk.Widget) -> None:
        super().__init__(parent)
        self._above = above
        self._shown: tuple[str, Kind] | None = None
        self._icon = Label(self)
        self._text = Label(self, anchor="w", justify="left")
        self._icon.pack(side="left")
        self._text.pack(side="left", fill="x", expand=True)
        self._text.bind("<Configure>", self._wrap)
        on_theme_change(self, self._draw)

    @property
    def message(self) -> str:
        """The sentence that is shown; empty when the banner is hidden."""
        return self._shown[0] if self._shown else ""

    def show(self, message: str, kind: Kind = "warning") -> None:
        """Show a sentence."""
        if self._shown == (message, kind):
            return
        self._shown = (message, kind)
        self._draw()
        self.pack(side="top", fill="x", before=self._above)

    def hide(self) -> None:
        """Take the banner away."""
        if self._shown:
            self._shown = None
            self.pack_forget()

    def _draw(self) -> None:
        if not self._shown:
            return
        message, kind = self._shown
        style = look(self)
        px = style.px
        strong = {"info": style.palette.info, "warning": style.palette.warning,
                  "danger": style.palette.danger}[kind]  # fmt: skip
        fill = mix(style.palette.bg, strong, 0.16)
        self.configure(background=fill)
        self._icon.configure(image=style.icon(_ICONS[kind], 16, strong), background=fill)
        self._icon.pack_configure(padx=(px(20), px(10)), pady=px(9))
        self._text.configure(
            text=message, background=fill, foreground=style.palette.fg, font=style.fonts.body
        )

    def _wrap(self, event: tk.Event[tk.Misc]) -> None:
        self._text.configure(wraplength=max(200, event.width - 8))
