"""The chat page: bubbles, input, and the live avatar beside them. Its logic is the presenter's."""

from __future__ import annotations

import tkinter as tk
from functools import partial

import ttkbootstrap as ttk
from PIL import Image

from event_system import Envelope, TurnState
from frontend.context import AppContext, Connection
from frontend.pages.base import PageFrame
from frontend.pages.chat_header import ChatHeader
from frontend.pages.chat_hearing import HearingNote, TalkButton
from frontend.pages.chat_messages import Message
from frontend.pages.chat_presenter import Character, ChatPresenter
from frontend.pages.chat_side import SideColumn
from frontend.portraits import Portraits
from frontend.widgets.bubble_paint import PICTURE, Bubble
from frontend.widgets.bubbles import BubbleList
from frontend.widgets.composer import Composer
from frontend.widgets.waterfall import Waterfall

DOTS_S = 1.2


class ChatPage(PageFrame):
    """Talk with the character on air.

    Args:
        parent: The content area.
        context: What pages may use.
    """

    def __init__(self, parent: tk.Misc, context: AppContext) -> None:
        super().__init__(parent, context)
        self.presenter = ChatPresenter(self, context)
        self._portraits = Portraits(context.api, self)
        self._characters: list[Character] = []
        self._active = 0
        self._waiting = False
        px = context.px
        self.side = SideColumn(self, context, self.presenter.express, self._choose_voice)
        self.side.pack(side="right", fill="y", padx=(0, px(16)), pady=px(16))
        self.header = ChatHeader(self, context, self._open_picker)
        self.header.pack(fill="x", padx=px(20), pady=(px(14), px(6)))
        self.composer = Composer(self, context.settings.max_message_chars, self.presenter.send)
        self.composer.pack(side="bottom", fill="x", padx=px(20), pady=(px(8), px(16)))
        self.talk = TalkButton(self.composer.tools, context)
        self.talk.pack(padx=(px(10), 0))
        self.note = HearingNote(self, context)
        self.bubbles = BubbleList(
            self,
            on_top=self.presenter.load_older,
            on_action=self.presenter.retry,
            on_details=self._show_waterfall,
        )
        self.bubbles.pack(fill="both", expand=True, padx=(0, px(4)))
        self.bind("<Configure>", self._resized)
        self._forget_hearing = context.hearing.observe(self._show_hearing)
        self._show_hearing()
        self.presenter.on_connection(context.connection)

    def on_show(self) -> None:
        """The page comes to the front: the keyboard goes to the input."""
        self.composer.text.focus_set()

    def on_event(self, envelope: Envelope) -> None:
        """Something happened in the backend."""
        self.presenter.on_event(envelope)

    def on_connection(self, state: Connection) -> None:
        """The backend was reached or lost."""
        self.presenter.on_connection(state)

    def on_theme(self) -> None:
        """Dark and light were switched."""
        self.side.on_theme()
        self._show_picker()

    def on_destroy(self) -> None:
        """The page ends: nothing may reach it any more."""
        self._forget_hearing()

    def on_tick(self, now: float) -> bool:
        """Move the avatar, the levels and the dots of a waiting answer."""
        self.talk.tick(now)
        if self._waiting:
            self.bubbles.pulse(now % DOTS_S / DOTS_S)
        return self.side.tick(now) or self._waiting

    def show_messages(self, messages: list[Message], *, older: bool) -> None:
        """Show all messages anew."""
        self._waiting = any(message.progress == "waiting" for message in messages)
        self.bubbles.show([bubble(message) for message in messages])

    def prepend(self, messages: list[Message], *, older: bool) -> None:
        """Add earlier messages above."""
        self.bubbles.prepend([bubble(message) for message in messages])

    def add(self, message: Message) -> None:
        """Add a message below."""
        self._waiting = self._waiting or message.progress == "waiting"
        self.bubbles.put(bubble(message))
        if message.who == "user":
            self.bubbles.to_end()

    def change(self, message: Message) -> None:
        """A message has another text or state."""
        if message.progress != "waiting":
            self._waiting = False
        self.bubbles.put(bubble(message))

    def remove(self, key: str) -> None:
        """Take a message away."""
        if key.endswith(":character"):
            self._waiting = False
        self.bubbles.remove(key)

    def show_characters(self, characters: list[Character], active: int) -> None:
        """Show who can be chosen and who is on air."""
        self._characters, self._active = characters, active
        self._show_picker()
        for character in characters:
            self._portraits.fetch(character.number, partial(self._got, character.number))

    def show_engines(self, text: str) -> None:
        """Show what answers and what speaks."""
        self.header.show_engines(text)

    def show_state(self, state: TurnState) -> None:
        """Show what the character is doing."""
        self.header.show_state(state)

    def _choose_voice(self) -> None:
        from frontend.pages.voice_dialog import show_voices

        show_voices(self.winfo_toplevel(), self.context)

    def _choose_pronunciation(self) -> None:
        from frontend.pages.pronunciation_dialog import show_pronunciations

        show_pronunciations(self.winfo_toplevel(), self.context)

    def _show_hearing(self) -> None:
        """Show what the microphone does, and what is wrong with it."""
        self.header.show_hearing()
        self.talk.show()
        problem = self.context.hearing.problem
        self.note.show(problem)
        if problem:
            px = self.context.px
            self.note.pack(side="bottom", fill="x", padx=px(20), after=self.composer)
        else:
            self.note.pack_forget()

    def show_caption(self, text: str) -> None:
        """Show the sentence that is heard now."""
        self.side.avatar.set_caption(text)

    def accept_input(self) -> None:
        """The message was sent."""
        self.composer.clear()

    def refuse_input(self, reason: str) -> None:
        """The message cannot be sent."""
        self.composer.say(reason)

    def _got(self, number: int, picture: Image.Image) -> None:
        if number == self._active:
            self._show_picker()
            self.bubbles.set_picture(self._portraits.circle(number, self.context.px(PICTURE)))
            self.side.show_still(picture)

    def _show_picker(self) -> None:
        active = next((c for c in self._characters if c.number == self._active), None)
        name = active.name if active else "Nobody on air"
        self.header.show_name(name, self._portraits.circle(self._active, self.context.px(28)))
        self.composer.set_placeholder(f"Say something to {name}…" if active else "Say something…")

    def _open_picker(self) -> None:
        menu = ttk.Menu(self, tearoff=False)
        for character in self._characters:
            mark = "✓ " if character.number == self._active else "   "
            menu.add_command(
                label=f"{mark}{character.name}",
                image=self._portraits.circle(character.number, self.context.px(24)),
                compound="left",
                command=partial(self.presenter.switch, character.number),
            )
        menu.add_separator()
        menu.add_command(label="   Pronunciation…", command=self._choose_pronunciation)
        below = self.header.picker.winfo_rooty() + self.header.picker.winfo_height()
        menu.tk_popup(self.header.picker.winfo_rootx(), below)

    def _show_waterfall(self, key: str, x: int, y: int) -> None:
        message = self.presenter.message(key)
        if message and message.stages:
            Waterfall(self, message.stages, x, y)

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self:
            self.side.fit(event.width, event.height)


def bubble(message: Message) -> Bubble:
    """How a message is drawn."""
    return Bubble(
        key=message.key,
        tone=message.who,
        text=message.text,
        meta=message.meta,
        marked=message.progress == "interrupted",
        details=bool(message.stages),
        action="Retry" if message.retry else "",
        pending=message.progress == "waiting",
        tentative=message.progress == "tentative",
    )
