"""Listening in the real window: the chat page's controls, the talk key, the microphone test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import ttkbootstrap as ttk

from config import Settings
from event_system import (
    ChatMessageEvent,
    ErrorOccurred,
    TranscriptInterim,
    TurnStateChanged,
)
from frontend.api import Backend
from frontend.app import App
from frontend.audio_inputs import NoMicrophoneError
from frontend.pages.chat import ChatPage
from frontend.theme import look
from frontend.widgets.held_key import HeldKey
from frontend.widgets.level_meter import LevelMeter
from tests.support.fake_backend import FakeBackend
from tests.support.page_context import ScriptedApi, page_context
from tests.support.window_parts import FixedProvider

Settle = Callable[..., None]


class Source:
    """A microphone in memory."""

    label, rate, channels, alive = "Desk microphone", 16_000, 1, True

    def __init__(self, deliver: Callable[[bytes], None]) -> None:
        self.deliver = deliver

    def hear(self, seconds: float) -> None:
        times = np.arange(round(16_000 * seconds)) / 16_000
        self.deliver((np.sin(2 * np.pi * 300 * times) * 9_000).astype("<i2").tobytes())

    def close(self) -> None:
        return


class Shop:
    """Opens the microphone, or refuses."""

    def __init__(self) -> None:
        self.made: list[Source] = []
        self.empty = False

    def __call__(self, _backend: str, _device: str, deliver: Callable[[bytes], None]) -> Source:
        if self.empty:
            raise NoMicrophoneError("No microphone can be opened (none).")
        self.made.append(Source(deliver))
        return self.made[-1]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def app(
    window: ttk.App,
    settings: Settings,
    tk_errors: list[BaseException],
    fake_backend: FakeBackend,
    settle: Settle,
    shop: Shop,
) -> Iterator[App]:
    noted = window.report_callback_exception
    provider = FixedProvider(Backend(fake_backend.url, fake_backend.token))
    made = App(settings, provider, window)
    window.report_callback_exception = noted
    made.context.microphone._opener = shop
    made.start()
    settle(lambda: made.context.connection == "up")
    settle(lambda: chat(made).bubbles._bubbles)
    yield made
    made.close()
    look(window).use("dark")


def chat(app: App) -> ChatPage:
    page = app.page("chat")
    assert isinstance(page, ChatPage)
    return page


def switch_on(app: App, settle: Settle, shop: Shop) -> Source:
    chat(app).header.hands_free.switch.invoke()
    settle(lambda: app.context.hearing.status == "listening")
    return shop.made[-1]


def state_word(app: App) -> str:
    return str(chat(app).header._state.cget("text"))


def test_hands_free_sends_sound_and_shows_words(
    app: App, fake_backend: FakeBackend, settle: Settle, shop: Shop
) -> None:
    source = switch_on(app, settle, shop)
    assert state_word(app) == "listening"
    source.hear(0.5)
    settle(lambda: len(fake_backend.heard) == 25)
    assert fake_backend.received == [{"type": "listen.start", "mode": "hands_free"}]
    settle(lambda: chat(app).talk.meter._level > 0.5)
    fake_backend.emit_voice(TurnStateChanged(state="listening"))
    fake_backend.emit_voice(TranscriptInterim(text="what is your"))
    settle(lambda: chat(app).bubbles._bubbles[-1].tentative)
    assert state_word(app) == "hearing you…"
    said = ChatMessageEvent(turn_id="v", character_id=1, text="What is your name?", source="voice")
    fake_backend.emit_voice(said)
    settle(lambda: any(b.text == "What is your name?" for b in chat(app).bubbles._bubbles))
    assert not any(bubble.tentative for bubble in chat(app).bubbles._bubbles)


def test_mute_stops_the_sound_and_says_so(
    app: App, fake_backend: FakeBackend, settle: Settle, shop: Shop
) -> None:
    hands_free = chat(app).header.hands_free
    assert not hands_free.mute.winfo_manager()
    source = switch_on(app, settle, shop)
    settle(lambda: hands_free.mute.winfo_ismapped())
    hands_free.mute.invoke()
    settle(lambda: {"type": "listen.stop"} in fake_backend.received)
    before = len(fake_backend.heard)
    source.hear(0.2)
    settle(seconds=0.2)
    assert len(fake_backend.heard) == before
    assert state_word(app) == "muted"
    hands_free.mute.invoke()
    settle(lambda: fake_backend.received[-1]["type"] == "listen.start")


def test_the_talk_key_is_held(
    app: App, fake_backend: FakeBackend, settle: Settle, shop: Shop
) -> None:
    app.root.focus_force()
    settle(lambda: app.root.focus_get() is not None)
    app.root.event_generate("<KeyPress-F8>")
    settle(lambda: fake_backend.received and shop.made)
    assert fake_backend.received[0] == {"type": "talk.press"}
    for _ in range(3):
        app.root.event_generate("<KeyRelease-F8>")
        app.root.event_generate("<KeyPress-F8>")
    settle(seconds=0.2)
    assert app.context.hearing.held, "a repeating key is one that is held"
    app.root.event_generate("<KeyRelease-F8>")
    settle(lambda: fake_backend.received[-1] == {"type": "talk.release"})
    assert len(fake_backend.received) == 2


def test_a_missing_microphone_is_said_above_the_input(app: App, settle: Settle, shop: Shop) -> None:
    shop.empty = True
    chat(app).header.hands_free.switch.invoke()
    settle(lambda: chat(app).note.winfo_ismapped())
    assert "No microphone can be opened" in str(chat(app).note._text.cget("text"))
    chat(app).header.hands_free.switch.invoke()
    settle(lambda: not chat(app).note.winfo_ismapped())


def test_self_hearing_shows_in_its_place_and_not_twice(
    app: App, fake_backend: FakeBackend, settle: Settle, shop: Shop
) -> None:
    switch_on(app, settle, shop)
    fake_backend.emit(ErrorOccurred(code="self_hearing", message="Use headphones."))
    settle(lambda: chat(app).note.winfo_ismapped())
    assert not app._toasts._stack
    assert state_word(app) == "listening"


def test_pictures_come_only_where_they_are_seen(
    app: App, fake_backend: FakeBackend, settle: Settle
) -> None:
    settle(lambda: fake_backend.views and fake_backend.views[-1])
    app.navigate("logs")
    settle(lambda: not fake_backend.views[-1])
    app.navigate("chat")
    settle(lambda: fake_backend.views[-1])


def test_the_backends_return_starts_listening_again(
    app: App, fake_backend: FakeBackend, settle: Settle, shop: Shop
) -> None:
    source = switch_on(app, settle, shop)
    fake_backend.stop()
    settle(lambda: app.context.connection == "down")
    fake_backend.received.clear()
    fake_backend.start()
    settle(lambda: fake_backend.received)
    assert fake_backend.received[0]["type"] == "listen.start"
    source.hear(0.1)
    settle(lambda: fake_backend.heard)


@pytest.mark.parametrize("width", [900, 1280])
def test_nothing_in_the_header_is_cut(app: App, settle: Settle, shop: Shop, width: int) -> None:
    app.root.geometry(f"{width}x600")
    settle(lambda: app.root.winfo_width() == width)
    switch_on(app, settle, shop)
    header = chat(app).header
    for state in ("idle", "listening", "thinking", "speaking"):
        header.show_state(state)  # type: ignore[arg-type]
        settle(seconds=0.1)
        for part in header.winfo_children():
            if part.winfo_ismapped() and part.winfo_class() != "TFrame":
                assert part.winfo_width() >= part.winfo_reqwidth(), (state, part)
    app.root.geometry("1280x800")
    settle(lambda: app.root.winfo_width() == 1280)


def test_a_held_key_ends_when_the_window_loses_the_keyboard(
    frame: ttk.Frame, settle: Settle
) -> None:
    told: list[str] = []
    button = ttk.Button(frame)
    button.pack()
    key = HeldKey(button, "space", lambda: told.append("down"), lambda: told.append("up"))
    button.focus_force()
    settle(lambda: frame.focus_get() is button)
    button.event_generate("<KeyPress-space>")
    button.event_generate("<FocusOut>")
    assert told == ["down", "up"]
    key.unbind()
    button.event_generate("<KeyPress-space>")
    assert told == ["down", "up"]


@pytest.mark.parametrize("upright", [True, False])
def test_the_meter_rises_at_once_and_falls_slowly(frame: ttk.Frame, upright: bool) -> None:
    meter = LevelMeter(frame, 100, 6, upright=upright)
    meter.pack()
    frame.update()
    now = time.monotonic()
    assert meter.feed(0.8, 0.9, now)
    meter.feed(0.0, 0.0, now + 0.1)
    assert 0.6 < meter._level < 0.7
    assert meter._peak == 0.9
    for step in range(40):
        moving = meter.feed(0.0, 0.0, now + 1.2 + 0.1 * step)
    assert (meter._level, meter._peak, moving) == (0.0, 0.0, False)


def test_the_microphone_test_shows_its_verdict(frame: Any, settle: Settle) -> None:
    from frontend.pages.settings import SettingsPage

    frames: list[Any] = []
    context = page_context(frame, ScriptedApi())
    context.microphone.listen = lambda _who, listener: frames.append(listener)
    context.microphone.leave = lambda _who: None
    context.microphone.problem, context.microphone.device = "", "Desk microphone"
    context.microphone.levels = (0.4, 0.6)
    context.player.play = lambda _clip: None
    context.player.playing_clip = False
    page = SettingsPage(frame, context)
    page.pack(fill="both", expand=True)
    page.on_show()
    assert page.microphone is None
    page.choose("voice")
    while page.on_tick(time.monotonic()):
        page.update()
    card = page.microphone
    assert card is not None
    card.button.invoke()
    assert str(card.button.cget("text")) == "Stop"
    for _ in range(500):
        frames[0](bytes(640), 0.0)
    now = time.monotonic()
    for later in (0.0, 0.1, 10.6, 11.0):
        page.on_tick(now + later)
    frame.update()
    assert "silence" in str(card.verdict.cget("text"))
    assert str(card.button.cget("text")) == "Test the microphone"
    assert card.again.winfo_ismapped()
    page.choose("model")
    frame.update()
    assert not card.winfo_ismapped()
