"""The right column of the chat page: the live avatar, the voice, and the expression buttons."""

from __future__ import annotations

import tkinter as tk
from collections import deque
from collections.abc import Callable

import ttkbootstrap as ttk
from PIL import Image

from frontend.context import AppContext
from frontend.widgets.avatar_view import AvatarView
from frontend.widgets.waveform import Waveform

SMALL = 256
LARGE = 512
PADDING = 16
LARGE_FROM = (1240, 790)
"""Least width and height of the page, logical pixels, for the large avatar."""
IDLE_FRAME_S = 0.16
STALE_S = 1.5
EXPRESSIONS = (
    ("happy", "emoji-smile", "Happy"),
    ("sad", "emoji-frown", "Sad"),
    ("angry", "emoji-angry", "Angry"),
    ("surprised", "emoji-surprise", "Surprised"),
    ("shy", "emoji-heart-eyes", "Shy"),
    ("smug", "emoji-wink", "Smug"),
)


class SideColumn(ttk.Frame):
    """What the character looks and sounds like now.

    Args:
        parent: The chat page.
        context: The player and the picture queue are taken from it.
        express: Called with an emotion.
        choose_voice: Called when another voice is to be chosen.
    """

    def __init__(
        self,
        parent: tk.Misc,
        context: AppContext,
        express: Callable[[str], None],
        choose_voice: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self._context = context
        px = context.px
        self._shown: deque[float] = deque(maxlen=30)
        self._spoke = False
        self._last_frame = 0.0
        self._last_info = 0.0
        card = ttk.Frame(self, style="Card.TFrame", padding=px(PADDING))
        card.pack(fill="x")
        self.avatar = AvatarView(card, SMALL, context.settings.avatar_size)
        self.avatar.pack()
        row = ttk.Frame(card, style="Inner.TFrame")
        row.pack(fill="x", pady=(px(10), 0))
        self._state = ttk.Label(row, text="waiting", style="InnerCaption.TLabel")
        self._state.pack(side="left")
        self._info = ttk.Label(row, style="InnerCaption.TLabel")
        self._info.pack(side="right")
        self._voice_card(express, choose_voice)

    def _voice_card(self, express: Callable[[str], None], choose_voice: Callable[[], None]) -> None:
        context, px = self._context, self._context.px
        card = ttk.Frame(self, style="Card.TFrame", padding=px(PADDING))
        card.pack(fill="x", pady=(px(12), 0))
        row = ttk.Frame(card, style="Inner.TFrame")
        row.pack(fill="x", pady=(0, px(6)))
        self._voice_title = ttk.Label(row, text="  Voice", style="InnerTitle.TLabel")
        self._voice_title.pack(side="left")
        self.voice = ttk.Button(
            row, icon="sliders", icon_only=True, icon_size=16, style="InnerGhost.TButton",
            command=choose_voice,
        )  # fmt: skip
        self.voice.pack(side="right")
        ttk.ToolTip(self.voice, text="Choose the voice", position="top")
        self._device = ttk.Label(row, style="InnerSmall.TLabel")
        self._device.pack(side="right", padx=px(4))
        self.wave = Waveform(card, 48)
        self.wave.pack(fill="x")
        grid = ttk.Frame(card, style="Inner.TFrame")
        grid.pack(fill="x", pady=(px(8), 0))
        self._faces: list[ttk.Button] = []
        for emotion, icon, label in EXPRESSIONS:
            button = ttk.Button(
                grid, icon=icon, icon_only=True, icon_size=18, style="InnerGhost.TButton",
                command=lambda name=emotion: express(name),
            )  # fmt: skip
            button.configure(padding=px(6))
            button.pack(side="left", expand=True)
            ttk.ToolTip(button, text=f"{label} face", position="top")
            self._faces.append(button)
        self.on_theme()
        context.schedule(1, self.on_theme)

    def on_theme(self) -> None:
        """Draw the icons in the colours of the mode."""
        look = self._context.look
        self._voice_title.configure(
            image=look.icon("volume-up-fill", 16, look.palette.accent), compound="left"
        )

    def fit(self, width: int, height: int) -> None:
        """Choose the size of the avatar for a page of so many pixels."""
        px = self._context.px
        large = width >= px(LARGE_FROM[0]) and height >= px(LARGE_FROM[1])
        self.avatar.resize(LARGE if large else SMALL)

    def show_still(self, picture: Image.Image) -> None:
        """Show a character's portrait until her live frames come."""
        self._last_frame, self._spoke = 0.0, False
        self.avatar.show_picture(picture)

    def tick(self, now: float) -> bool:
        """Show the picture and the level of this moment; True while something moves."""
        player = self._context.player
        speaking = player.speaking
        self.avatar.set_live(speaking)
        moving = self._show_frame(now, speaking)
        # `feed` comes first: it also lets the bars come to rest.
        moving = self.wave.feed(player.level(now) if speaking else 0.0, now) or moving
        if now - self._last_info > 0.5:
            self._last_info = now
            self._show_info(now)
        return moving or speaking

    def _show_frame(self, now: float, speaking: bool) -> bool:
        if not self.winfo_viewable() or (not speaking and now - self._last_frame < IDLE_FRAME_S):
            return False
        position = self._context.player.buffer.position_us(now)
        if position is None:
            return False
        frame = self._context.frames.due(position)
        if speaking:
            self._wake_for_next(now, position)
        if frame is None or not self.avatar.show_jpeg(frame.payload):
            return False
        if speaking and self._spoke:
            self._context.metrics.frame_gap.append(now - self._last_frame)
        self._spoke = speaking
        self._last_frame = now
        self._shown.append(now)
        return speaking

    def _wake_for_next(self, now: float, position: float) -> None:
        """Tick when the next picture is due: on a fixed grid, every third would come late."""
        following = self._context.frames.next_us()
        if following is not None:
            self._context.wake_at(now + (following - position) / 1e6)

    def _show_info(self, now: float) -> None:
        recent = [at for at in self._shown if now - at < 1.0]
        fresh = now - self._last_frame < STALE_S
        player = self._context.player
        # At rest she is drawn a few times a second on purpose, which would read like a fault.
        _set(self._info, f"{len(recent)} fps" if fresh and player.speaking else "")
        if player.speaking:
            state = "speaking"
        elif self._context.connection != "up":
            state = "waiting for the backend"
        else:
            state = "live" if fresh else "portrait"
        _set(self._state, state)
        _set(self._device, "no loudspeaker" if player.silent else player.device[:22])


def _set(label: ttk.Label, text: str) -> None:
    """Change a label only if it differs: an unchanged one costs no redraw."""
    if str(label.cget("text")) != text:
        label.configure(text=text)
