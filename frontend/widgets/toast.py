"""Short notices over the page that go away by themselves."""

from __future__ import annotations

import tkinter as tk

from frontend.colour import mix
from frontend.theme import look
from frontend.widgets.plain import Frame, Label

_ICONS = {
    "info": "info-circle-fill", "success": "check-circle-fill",
    "warning": "exclamation-triangle-fill", "danger": "x-octagon-fill",
}  # fmt: skip
SHOWN_MS = 4500
MOST = 3


class Toasts:
    """The stack of notices at the top of a widget, the newest first.

    Args:
        parent: Over which the notices are placed.
    """

    def __init__(self, parent: tk.Misc) -> None:
        self._parent = parent
        self._stack: list[Frame] = []

    def show(self, text: str, kind: str = "info") -> None:
        """Show a notice; a click takes it away, and so does time."""
        style = look(self._parent)
        colours, px = style.palette, style.px
        strong = {"info": colours.info, "success": colours.success, "warning": colours.warning,
                  "danger": colours.danger}[kind]  # fmt: skip
        fill = mix(colours.raised, strong, 0.10)
        frame = Frame(
            self._parent, background=fill, highlightthickness=1, highlightbackground=strong
        )
        icon = Label(frame, image=style.icon(_ICONS[kind], 16, strong), background=fill)
        label = Label(
            frame, text=text, background=fill, foreground=colours.fg, font=style.fonts.body,
            wraplength=px(320), justify="left")  # fmt: skip
        icon.pack(side="left", padx=(px(12), px(8)), pady=px(10))
        label.pack(side="left", padx=(0, px(14)), pady=px(10))
        for widget in (frame, icon, label):
            widget.bind("<Button-1>", lambda _event: self._remove(frame))
        self._stack.append(frame)
        for old in self._stack[:-MOST]:
            self._remove(old)
        self._place()
        # On the parent: a timer of the notice itself would outlive it when it is clicked away.
        self._parent.after(SHOWN_MS, lambda: self._remove(frame))

    def _remove(self, frame: Frame) -> None:
        if frame in self._stack:
            self._stack.remove(frame)
            frame.destroy()
            self._place()

    def _place(self) -> None:
        px = look(self._parent).px
        y = px(16)
        for frame in reversed(self._stack):
            frame.place(relx=0.5, y=y, anchor="n")
            frame.lift()
            y += frame.winfo_reqheight() + px(8)
