"""The window: makes the parts, puts pages in front, and passes on what happens.

`run_window` is the program's entry; `build_app` gives the same window without its main loop.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
import tkinter as tk
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

import ttkbootstrap as ttk

from config import Settings
from event_system import (
    BusDropped,
    ConfigChanged,
    EngineFallback,
    Envelope,
    ErrorOccurred,
    LogLines,
    ModelFailed,
    ModelLoaded,
    WindowRaise,
)
from frontend.api import Api, ApiError, BackendProvider
from frontend.audio_io import Player
from frontend.backend_watch import BackendWatch
from frontend.brand import NAME, icon_picture
from frontend.client import Client
from frontend.context import AppContext, Connection
from frontend.devices import DeviceScan
from frontend.hearing import Hearing
from frontend.metrics import Metrics
from frontend.microphone import Microphone
from frontend.pages.base import PageFrame
from frontend.pages.logs_presenter import LogsPresenter
from frontend.pump import Pump
from frontend.root import make_root
from frontend.shell import PAGES, lamps
from frontend.theme import build_theme
from frontend.video import FrameQueue
from frontend.widgets.banner import Banner
from frontend.widgets.held_key import HeldKey
from frontend.widgets.nav import NavRail
from frontend.widgets.toast import Toasts

log = logging.getLogger(__name__)

NARROW_BELOW = 1020
TALK_KEY = "F8"
THREADS_AFTER_MS = 20
"""When sound and sockets start: their libraries would hold up the first drawing of the window."""
WITH_AVATAR = ("chat", "welcome")
"""Pages that show the live avatar; on the others its pictures are not sent."""


class App:
    """The window and everything behind it.

    Args:
        settings: The settings at start.
        provider: Knows where the backend is.
        root: A window to build in, which is left open by `close`; a new one is made without it.

    Attributes:
        root: The Tk window.
        metrics: Times that the bench reads.
        context: What the pages share.
    """

    def __init__(
        self, settings: Settings, provider: BackendProvider, root: ttk.App | None = None
    ) -> None:
        self.metrics = Metrics()
        self._provider = provider
        self._pages: dict[str, PageFrame] = {}
        self._current = ""
        self._raise = threading.Event()
        self._closed = False
        self._owns_root = root is None
        self.root = root or make_root(settings.theme)
        self._icon = icon_picture(self.root)
        self.root.iconphoto(True, str(self._icon))
        self.root.report_callback_exception = self._report
        self.pump = Pump(self.root, self._on_event, self._on_tick, self.metrics)
        self.context = self._make_context(settings)
        self.client = Client(
            self.pump.post, self._on_connection, self.context.player, self.context.frames,
            video=(settings.avatar_fps, settings.avatar_size),
        )  # fmt: skip
        self._build()
        self._bind()

    def _make_context(self, settings: Settings) -> AppContext:
        scan = DeviceScan()
        microphone = Microphone(settings, self.pump.post, scan=scan)
        return AppContext(
            settings=settings,
            look=build_theme(self.root, settings.theme),
            api=Api(self.pump.post, self._api_failed),
            player=Player(
                settings,
                self.metrics,
                lambda text: self._toasts.show(text, "warning"),
                self.pump.post,
                scan=scan,
            ),
            microphone=microphone,
            hearing=Hearing(
                settings,
                microphone,
                self.send_voice,
                self._send_frame,
                self._schedule,
                self.root.after_cancel,
            ),
            frames=FrameQueue(),
            metrics=self.metrics,
            logs=LogsPresenter(),
            send_voice=self.send_voice,
            toast=lambda text, kind: self._toasts.show(text, kind),
            stop_answer=self.stop_answer,
            hurry=self.pump.hurry,
            wake_at=self.pump.wake_at,
            refresh_engines=self.refresh_engines,
            schedule=self._schedule,
            cancel=self.root.after_cancel,
            navigate=self.navigate,
        )

    def _build(self) -> None:
        self._frame = ttk.Frame(self.root)
        self._frame.pack(fill="both", expand=True)
        entries = [spec.nav for spec in PAGES.values() if spec.nav]
        self._nav = NavRail(self._frame, NAME, entries, self.navigate)
        self._nav.pack(side="left", fill="y")
        self._nav.set_lamps(lamps([], connected=False))
        main = ttk.Frame(self._frame)
        main.pack(side="left", fill="both", expand=True)
        self._content = ttk.Frame(main)
        self._content.pack(fill="both", expand=True)
        self._banner = Banner(main, above=self._content)
        self._toasts = Toasts(self._content)
        self._watch = BackendWatch(self._provider, self._banner, self._toasts)
        self._forget_theme = self.context.look.on_change(self._on_theme)

    def _bind(self) -> None:
        root = self.root
        root.protocol("WM_DELETE_WINDOW", self.close)
        for spec in PAGES.values():
            if spec.nav:
                sequence = f"<Control-Key-{spec.nav.shortcut[-1]}>"
                root.bind(sequence, partial(self._navigate_by_key, spec.nav.key))
        root.bind("<Control-f>", lambda _event: self._find())
        root.bind("<Escape>", lambda _event: self.stop_answer())
        root.bind("<F1>", lambda _event: self._help())
        root.bind("<Control-q>", lambda _event: self.close())
        hearing = self.context.hearing
        self._talk_key = HeldKey(root, TALK_KEY, hearing.press, hearing.release)
        self._forget_hearing = hearing.observe(self._show_lamps)
        for change in ("<Map>", "<Unmap>"):
            root.bind(change, self._window_changed)
        self._frame.bind("<Configure>", self._resized)

    def start(self) -> None:
        """Show the first page, then start the threads; the window need not be visible yet."""
        self.navigate("welcome" if self.context.settings.first_start else "chat")
        self.pump.start()
        self._note_visible()
        self._schedule(THREADS_AFTER_MS, self._start_threads)

    def _start_threads(self) -> None:
        self.context.player.start()
        self.context.microphone.start()
        self.client.start()

    def navigate(self, key: str) -> None:
        """Bring a page to the front; it is built when it is first shown."""
        if key == self._current or self._closed:
            return
        if key not in self._pages:
            module, name = PAGES[key].target.split(":")
            self._pages[key] = getattr(importlib.import_module(module), name)(
                self._content, self.context
            )
        if self._current:
            leaving = self._pages[self._current]
            leaving.pack_forget()
            leaving.on_hide()
        self._current = key
        self._nav.select(key)
        page = self._pages[key]
        page.pack(fill="both", expand=True)
        page.on_show()
        self._tell_view()

    def _navigate_by_key(self, page: str, _event: tk.Event[tk.Misc]) -> None:
        self.navigate(page)

    def page(self, key: str) -> PageFrame | None:
        """A page that was built already."""
        return self._pages.get(key)

    @property
    def current_page(self) -> str:
        """The key of the page in front."""
        return self._current

    @property
    def banner(self) -> str:
        """The sentence above the page; empty if there is none."""
        return self._banner.message

    def send_voice(self, message: dict[str, Any]) -> bool:
        """Send a message of the conversation; False if the backend is not connected."""
        if not self.client.send_voice(message):
            return False
        if message["type"] in ("chat.send", "speak"):
            self.context.player.prepare(time.monotonic())
            self.pump.hurry()
        return True

    def _send_frame(self, pcm: bytes, recorded_at: float) -> None:
        self.client.send_frame(pcm, recorded_at)

    def stop_answer(self) -> None:
        """Silence the character at once, then tell the backend."""
        if self.context.player.speaking:
            self.context.player.hush()
        self.client.send_voice({"type": "turn.cancel"})

    def raise_window(self) -> None:
        """Bring the window to the front; may be called from any thread."""
        self._raise.set()

    def refresh_engines(self) -> None:
        """Ask what the engines do, for the sidebar and the pages."""
        self.context.api.get("/api/engines", self._show_engines, lambda _error: None)

    def close(self) -> None:
        """End the window and its threads."""
        if self._closed:
            return
        self._closed = True
        if self._owns_root:
            self.root.withdraw()
        self._forget_theme()
        self._forget_hearing()
        self._talk_key.unbind()
        self.pump.stop()
        self.context.microphone.close()
        self.client.stop()
        self.context.player.close()
        self.context.api.close()
        self._frame.destroy()
        if self._owns_root:
            self.root.destroy()

    def _on_tick(self, now: float) -> bool:
        self._follow_backend(now)
        if self._raise.is_set():
            self._raise.clear()
            self.root.deiconify()
            self.root.lift()
            self.root.focus_force()
        page = self._pages.get(self._current)
        return bool(page.on_tick(now)) if page else False

    def _follow_backend(self, now: float) -> None:
        backend = self._provider.current()
        self.client.retarget(backend)
        self.context.api.retarget(backend)
        self._watch.look(now, self.context.connection)

    def _on_connection(self, state: Connection) -> None:
        self.context.connection = state
        if state == "up":
            if self.metrics.connected is None:
                self.metrics.connected = time.perf_counter() - self.metrics.started
                log.info("the backend is reached after %.2f s", self.metrics.connected)
            self.refresh_engines()
            if self._watch.was_away:
                self._refresh_settings()
            self._watch.look(time.monotonic(), state)
        else:
            self.context.engines = []
            self._show_lamps()
        self.context.hearing.on_connection(state)
        self._tell_view()
        for page in self._pages.values():
            page.on_connection(state)

    def _tell_view(self) -> None:
        """Let pictures of the avatar come only while they can be seen."""
        shown = self.root.state() not in ("iconic", "withdrawn")
        seen = shown and self._current in WITH_AVATAR
        self.client.send_voice({"type": "view", "video": seen})

    def _window_changed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self.root and not self._closed:
            self._tell_view()

    def _is_shown(self, error: ErrorOccurred) -> bool:
        """Whether the page in front shows an error in its place."""
        return self._current == "chat" and self.context.hearing.owns(error)

    def _on_event(self, envelope: Envelope) -> None:
        event = envelope.event
        if isinstance(event, (BusDropped, LogLines)):
            self.context.logs.on_event(envelope)
        self.context.hearing.on_event(envelope)
        if isinstance(event, WindowRaise):
            self.raise_window()
        if isinstance(event, ConfigChanged):
            self._refresh_settings()
        if isinstance(event, (ConfigChanged, EngineFallback, ModelFailed, ModelLoaded)):
            self.refresh_engines()
        if isinstance(event, EngineFallback):
            self._toasts.show(event.message, "warning")
        elif isinstance(event, ErrorOccurred) and not event.turn_id and not self._is_shown(event):
            self._toasts.show(event.message, "danger")
        for page in self._pages.values():
            page.on_event(envelope)

    def _show_engines(self, engines: list[dict[str, Any]]) -> None:
        self.context.engines = engines
        self._show_lamps()
        page = self._pages.get(self._current)
        if page:
            page.on_connection(self.context.connection)

    def _show_lamps(self) -> None:
        context = self.context
        self._nav.set_lamps(
            lamps(
                context.engines,
                connected=context.connection == "up",
                hearing=context.hearing.status,
            )
        )

    def _refresh_settings(self) -> None:
        self.context.api.get("/api/config", self._take_settings, lambda _error: None)

    def _take_settings(self, answer: dict[str, Any]) -> None:
        known = Settings.model_fields
        values = {
            key: value
            for key, value in answer["values"].items()
            if key in answer["runtime"] and key in known and "SecretStr" not in str(known[key])
        }
        self.context.settings = self.context.settings.model_copy(update=values)
        for part in (self.context.player, self.context.microphone, self.context.hearing):
            part.configure(self.context.settings)
        self.context.look.use(self.context.settings.theme)

    def _api_failed(self, error: ApiError) -> None:
        self._toasts.show(error.message, "danger")

    def _on_theme(self) -> None:
        for page in self._pages.values():
            page.on_theme()

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        if not self._closed:
            self._nav.set_narrow(event.width < self.context.px(NARROW_BELOW))

    def _find(self) -> None:
        page = self._pages.get(self._current)
        if page:
            page.on_find()

    def _help(self) -> None:
        from frontend.dialogs import show_help

        show_help(self.root)

    def _schedule(self, ms: int, function: Callable[[], None]) -> str:
        """Run a function later, unless the window is closed by then."""

        def run() -> None:
            if not self._closed:
                function()

        return self.root.after(ms, run)

    def _note_visible(self) -> None:
        if self._closed:
            return
        if self.root.winfo_viewable():
            self.metrics.visible = time.perf_counter() - self.metrics.started
            log.info("the window is visible after %.2f s", self.metrics.visible)
        else:
            self.root.after(5, self._note_visible)

    def _report(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """An exception in a Tk callback: logged whole, and told in one sentence."""
        log.error("error in the window", exc_info=(kind, error, trace))
        self._toasts.show(f"Something went wrong in the window ({error}).", "danger")


def build_app(settings: Settings, provider: BackendProvider) -> App:
    """Make and start the window; the caller runs `app.root.mainloop()` or updates it by hand."""
    app = App(settings, provider)
    app.start()
    return app


def run_window(
    settings: Settings,
    provider: BackendProvider,
    raise_request: threading.Event | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Args:
        settings: The settings at start.
        provider: Knows where the backend is; it need not be up yet.
        raise_request: Set by another thread to bring the window to the front.

    Returns:
        The exit code of the program.
    """
    app = App(settings, provider)
    if raise_request is not None:
        app._raise = raise_request
    app.start()
    app.root.mainloop()
    return 0
