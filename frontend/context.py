"""What every page is given: settings, look, and the ways to reach the rest of the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from config import Settings

if TYPE_CHECKING:
    from frontend.api import Api
    from frontend.audio_io import Player
    from frontend.hearing import Hearing
    from frontend.metrics import Metrics
    from frontend.microphone import Microphone
    from frontend.pages.logs_presenter import LogsPresenter
    from frontend.theme import Fonts, Look, Palette
    from frontend.video import FrameQueue

ToastKind = Literal["info", "success", "warning", "danger"]
Connection = Literal["connecting", "up", "down"]


@dataclass
class AppContext:
    """What pages and presenters may use.

    Attributes:
        settings: The settings as last known; replaced when the backend says that they changed.
        look: Colours, fonts, icons, `px`.
        api: HTTP calls with callbacks on Tk's loop.
        player: The loudspeaker.
        microphone: The microphone.
        hearing: When the character hears the user.
        frames: Avatar pictures on their way to the screen.
        metrics: Where the window's own times are kept.
        logs: Log lines, which are collected before the Logs page is first shown.
        connection: Whether the backend is reached.
        send_voice: Sends a message on the conversation socket; False when it is not connected.
        toast: Shows a short notice over the page.
        stop_answer: Silences the character at once and asks the backend to stop the turn.
        hurry: Keeps the window's loop at its busy pace: something is expected at once.
        wake_at: Lets the next tick come no later than a monotonic time.
        refresh_engines: Asks the backend for the state of the engines again.
        schedule: Runs a function after milliseconds, on Tk's loop; gives an id for `cancel`.
        cancel: Forgets a scheduled function.
        navigate: Brings a page to the front: chat, training, logs, status, settings.
        engines: What `GET /api/engines` gave last.
    """

    settings: Settings
    look: Look
    api: Api
    player: Player
    microphone: Microphone
    hearing: Hearing
    frames: FrameQueue
    metrics: Metrics
    logs: LogsPresenter
    send_voice: Callable[[dict[str, Any]], bool]
    toast: Callable[[str, ToastKind], None]
    stop_answer: Callable[[], None]
    hurry: Callable[[], None]
    wake_at: Callable[[float], None]
    refresh_engines: Callable[[], None]
    schedule: Callable[[int, Callable[[], None]], str]
    cancel: Callable[[str], None]
    navigate: Callable[[str], None]
    connection: Connection = "connecting"
    engines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def palette(self) -> Palette:
        """The colours now."""
        return self.look.palette

    @property
    def fonts(self) -> Fonts:
        """The fonts."""
        return self.look.fonts

    def px(self, size: float) -> int:
        """A size in logical pixels, in pixels of this screen."""
        return self.look.px(size)
