"""The welcome page: what a new user sees first, with the true state of what she needs."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk

from event_system import Envelope
from frontend.context import AppContext, Connection
from frontend.pages.base import PageFrame
from frontend.pages.welcome_presenter import Check, WelcomePresenter
from frontend.portraits import Portraits
from frontend.widgets.avatar_view import AvatarView
from frontend.widgets.waveform import Waveform

EDGE = 256
IDLE_FRAME_S = 0.16


class WelcomePage(PageFrame):
    """Meet the character, hear her, and go on to the chat.

    Args:
        parent: The content area.
        context: What pages may use.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent, context)
        self.presenter = WelcomePresenter(self, context)
        self._portraits = Portraits(context.api, self)
        self._last_frame = self._last_check = 0.0
        px = context.px
        card = ttk.Frame(self, style="Card.TFrame", padding=px(36))
        card.place(relx=0.5, rely=0.5, anchor="center")
        right = ttk.Frame(card, style="Inner.TFrame")
        right.pack(side="right", anchor="n", padx=(px(32), 0))
        self.avatar = AvatarView(right, EDGE, context.settings.avatar_size)
        self.avatar.pack()
        self.wave = Waveform(right, 44)
        self.wave.pack(fill="x", pady=(px(12), 0))
        self._left = ttk.Frame(card, style="Inner.TFrame", width=px(380))
        self._left.pack(side="left", fill="y")
        self._build_words()
        self.presenter.on_connection(context.connection)

    def _build_words(self) -> None:
        px = self.context.px
        self._title = ttk.Label(self._left, text="Welcome", style="InnerDisplay.TLabel")
        self._title.pack(anchor="w")
        self._promise = ttk.Label(
            self._left, style="InnerMuted.TLabel", wraplength=px(370), justify="left"
        )
        self._promise.pack(anchor="w", pady=(px(6), px(18)))
        self._list = ttk.Frame(self._left, style="Inner.TFrame", height=px(170), width=px(380))
        self._list.pack(anchor="w", fill="x")
        buttons = ttk.Frame(self._left, style="Inner.TFrame")
        buttons.pack(anchor="w", pady=(px(22), px(10)))
        self.speak = ttk.Button(
            buttons, text="Hear her speak", icon="play-fill", style="InnerPrimary.TButton",
            command=self.presenter.speak, state="disabled",
        )  # fmt: skip
        self.speak.pack(side="left")
        self.go = ttk.Button(
            buttons, text="Start chatting", icon="arrow-right", style="InnerSecondary.TButton",
            command=self.presenter.leave,
        )  # fmt: skip
        self.go.pack(side="left", padx=(px(10), 0))
        ttk.Label(
            self._left, style="InnerCaption.TLabel", wraplength=px(370), justify="left",
            text="Connect a language model in Settings: Ollama is found by itself, others need an "
            "address or a key.",
        ).pack(anchor="w")  # fmt: skip

    def on_show(self) -> None:
        """The page comes to the front."""
        self.speak.focus_set()

    def on_event(self, envelope: Envelope) -> None:
        """Something happened in the backend."""
        self.presenter.on_event(envelope)

    def on_connection(self, state: Connection) -> None:
        """The backend was reached or lost."""
        self.speak.configure(state="normal" if state == "up" else "disabled")
        self.presenter.on_connection(state)

    def on_theme(self) -> None:
        """Dark and light were switched."""
        self.show_checks(self.presenter.checks)

    def on_tick(self, now: float) -> bool:
        """Move the avatar and the level."""
        player, frames = self.context.player, self.context.frames
        speaking = player.speaking
        if now - self._last_check > 1.0:
            self._last_check = now
            self.presenter.refresh()
        if speaking or now - self._last_frame > IDLE_FRAME_S:
            position = player.buffer.position_us(now)
            frame = frames.due(position) if position is not None else None
            if frame:
                self._last_frame = now
                self.avatar.show_jpeg(frame.payload)
        return self.wave.feed(player.level(now) if speaking else 0.0, now) or speaking

    def show_character(self, number: int, name: str) -> None:
        """Show who is on air."""
        self._title.configure(text=f"Say hi to {name}")
        self._portraits.fetch(number, self.avatar.show_picture)

    def show_promise(self, text: str) -> None:
        """Show where her words and her voice are made."""
        self._promise.configure(text=text)

    def show_checks(self, checks: list[Check]) -> None:
        """Show what is ready."""
        context = self.context
        px, colours = context.px, context.palette
        colour = {"ready": colours.success, "warning": colours.warning,
                  "missing": colours.danger, "waiting": colours.muted}  # fmt: skip
        for child in self._list.winfo_children():
            child.destroy()
        self._list.columnconfigure(2, weight=1)
        for row, check in enumerate(checks):
            mark = ttk.Label(self._list, style="Inner.TLabel")
            mark.configure(image=context.look.icon(check.icon, 16, colour[check.state]))
            mark.grid(row=row, column=0, sticky="w", pady=px(5))
            name = ttk.Label(self._list, text=check.name, style="InnerStrong.TLabel")
            name.grid(row=row, column=1, sticky="w", padx=px(12))
            text = ttk.Label(self._list, text=check.text, style="InnerCaption.TLabel",
                             wraplength=px(230), justify="right")  # fmt: skip
            text.grid(row=row, column=2, sticky="e")

    def show_speaking(self, speaking: bool) -> None:
        """She speaks, or is done."""
        self.avatar.set_live(speaking)

    def show_caption(self, text: str) -> None:
        """Show the sentence that is heard now."""
        self.avatar.set_caption(text)
