"""What every page is given: the settings, the look, and the ways to reach the rest of the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from config import Settings
from event_system import Envelope

if TYPE_CHECKING:
    from frontend.api import Api
    from frontend.audio_io import Player
    from frontend.metrics import Metrics
    from frontend.theme import Fonts, Look, Palette
    from frontend.video import FrameQueue

ToastKind = Literal["info", "success", "warning", "danger"]
Connection = Literal["connecting", "up", "down"]


class Page(Protocol):
    """What the window asks of a page, besides being a `ttk.Frame`."""

    def on_show(self) -> None:
        """The page comes to the front."""

    def on_hide(self) -> None:
        """Another page comes to the front."""

    def on_event(self, envelope: Envelope) -> None:
        """Something happened in the backend; also called while the page is hidden."""

    def on_theme(self) -> None:
        """Dark and light were switched: plain Tk widgets need their colours anew."""

    def on_connection(self, state: Connection) -> None:
        """The backend was reached or lost; on "up", state kept from before may be stale."""


@dataclass
class AppContext:
    """What pages and presenters may use.

    Attributes:
        settings: The settings as last known; replaced when the backend says that they changed.
        look: Colours, fonts, icons, `px`.
        api: HTTP calls with callbacks on Tk's loop.
        player: The loudspeaker.
        frames: Avatar pictures on their way to the screen.
        metrics: Where the window's own times are kept.
        connection: Whether the backend is reached.
        send_voice: Sends a message on the conversation socket; False when it is not connected.
        toast: Shows a short notice over the page.
        schedule: Runs a function after milliseconds, on Tk's loop; gives an id for `cancel`.
        cancel: Forgets a scheduled function.
        navigate: Brings a page to the front: chat, training, logs, status, settings.
    """

    settings: Settings
    look: Look
    api: Api
    player: Player
    frames: FrameQueue
    metrics: Metrics
    send_voice: Callable[[dict[str, Any]], bool]
    toast: Callable[[str, ToastKind], None]
    schedule: Callable[[int, Callable[[], None]], str]
    cancel: Callable[[str], None]
    navigate: Callable[[str], None]
    connection: Connection = "connecting"

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
