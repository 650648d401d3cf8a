"""The whole window against a real server with a scripted character."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import ttkbootstrap as ttk

from config import Settings
from event_system import EngineFallback, ErrorOccurred
from frontend.api import Backend
from frontend.app import App
from frontend.pages.chat import ChatPage
from frontend.pages.welcome import WelcomePage
from frontend.root import first_size
from frontend.theme import look
from tests.support.fake_backend import FakeBackend
from tests.support.window_parts import FixedProvider

Settle = Callable[..., None]
Make = Callable[..., App]


@pytest.fixture
def provider() -> FixedProvider:
    return FixedProvider()


@pytest.fixture
def make(
    window: ttk.App,
    settings: Settings,
    provider: FixedProvider,
    tk_errors: list[BaseException],
) -> Iterator[Make]:
    apps: list[App] = []

    def build(**changed: object) -> App:
        noted = window.report_callback_exception
        app = App(settings.model_copy(update=changed), provider, window)
        window.report_callback_exception = noted
        apps.append(app)
        app.start()
        return app

    yield build
    for app in apps:
        app.close()
    look(window).use("dark")


@pytest.fixture
def app(make: Make, provider: FixedProvider, fake_backend: FakeBackend, settle: Settle) -> App:
    provider.backend = Backend(fake_backend.url, fake_backend.token)
    made = make()
    settle(lambda: made.context.connection == "up")
    settle(lambda: chat(made).presenter.character is not None)
    return made


def chat(app: App) -> ChatPage:
    page = app.page("chat")
    assert isinstance(page, ChatPage)
    return page


def type_line(app: App, text: str) -> None:
    composer = chat(app).composer
    composer.text.insert("1.0", text)
    composer.text.focus_force()
    app.root.update()
    composer.text.event_generate("<Return>")


def shown(app: App) -> list[str]:
    return [bubble.text for bubble in chat(app).bubbles._bubbles]


def test_a_typed_line_is_answered_heard_and_seen(
    app: App, fake_backend: FakeBackend, settle: Settle
) -> None:
    type_line(app, "Hello, who are you?")
    settle(lambda: fake_backend.received)
    assert fake_backend.received[0]["text"] == "Hello, who are you?"
    settle(lambda: any(text.startswith("Hello there!") for text in shown(app)))
    settle(lambda: app.context.player.speaking)
    settle(lambda: len(app.metrics.frame_gap) > 10)
    settle(lambda: chat(app).presenter.state == "idle")
    assert shown(app)[-2:] == ["Hello, who are you?", fake_backend.script.words]
    last = chat(app).bubbles._bubbles[-1]
    assert "to first sound · slowest: language model, 0." in last.meta
    assert last.meta.endswith("persona")
    assert len(app.metrics.first_audio) == 1
    assert chat(app).composer.value == ""


def test_escape_silences_within_200_ms(app: App, fake_backend: FakeBackend, settle: Settle) -> None:
    fake_backend.script.seconds = 8.0
    type_line(app, "Tell me a long story")
    settle(lambda: app.context.player.level(time.monotonic()) > 0.3)
    chat(app).composer.text.event_generate("<Escape>")
    settle(lambda: not app.context.player.speaking)
    settle(lambda: chat(app).presenter.state == "idle")
    assert 0 < app.metrics.silence[0] <= 0.2
    assert {"type": "turn.cancel"} in fake_backend.received
    assert "interrupted" in chat(app).bubbles._bubbles[-1].meta


def test_another_character_is_put_on_air(
    app: App, fake_backend: FakeBackend, settle: Settle
) -> None:
    chat(app).presenter.switch(2)
    settle(lambda: shown(app) == ["Hey. Ren here."])
    assert "Ren" in str(chat(app).header.picker.cget("text"))


def test_the_chat_is_there_after_a_restart(app: App, make: Make, settle: Settle) -> None:
    type_line(app, "Remember me")
    settle(lambda: chat(app).bubbles._bubbles[-1].meta.endswith("persona"))
    said = shown(app)[-2:]
    settle(seconds=0.2)
    app.close()
    again = make()
    settle(lambda: len(shown(again)) >= 2)
    assert shown(again)[-2:] == said


def test_a_failed_turn_can_be_tried_again(
    app: App, fake_backend: FakeBackend, settle: Settle
) -> None:
    fake_backend.script.error = ErrorOccurred(
        code="llm", message="The model did not answer in 30 s.", retryable=True
    )
    type_line(app, "Hello")
    settle(lambda: "The model did not answer in 30 s." in shown(app))
    fake_backend.script.error = None
    chat(app).presenter.retry(chat(app).bubbles._bubbles[-1].key)
    settle(lambda: shown(app)[-1] == fake_backend.script.words)
    assert "The model did not answer in 30 s." not in shown(app)


def test_the_banner_comes_within_a_second_and_goes(
    app: App, fake_backend: FakeBackend, settle: Settle
) -> None:
    assert app.banner == ""
    fake_backend.stop()
    began = time.monotonic()
    settle(lambda: "away" in app.banner)
    assert time.monotonic() - began < 1.2
    assert not app.client.send_voice({"type": "turn.cancel"})
    fake_backend.start()
    settle(lambda: app.banner == "")
    assert app.context.connection == "up"
    type_line(app, "Back again?")
    settle(lambda: shown(app)[-1] == fake_backend.script.words)


def test_before_the_backend_is_up_the_window_is_there(
    make: Make, provider: FixedProvider, fake_backend: FakeBackend, settle: Settle
) -> None:
    provider.state = "starting"
    app = make()
    settle(lambda: app.banner != "")
    assert app.banner == "Starting the backend…"
    type_line(app, "too early")
    settle(seconds=0.05)
    assert chat(app).composer.value == "too early"
    provider.backend = Backend(fake_backend.url, fake_backend.token)
    provider.state = "up"
    settle(lambda: app.banner == "" and app.context.connection == "up")


def test_a_backend_that_cannot_start_is_told(
    make: Make, provider: FixedProvider, settle: Settle
) -> None:
    provider.state = "failed: The port 8765 is taken by another program."
    app = make()
    settle(lambda: app.banner == "The port 8765 is taken by another program.")


def test_settings_that_change_elsewhere_are_followed(
    app: App, fake_backend: FakeBackend, settle: Settle
) -> None:
    app.context.api.post("/api/config", {"theme": "light"}, lambda _answer: None)
    settle(lambda: look(app.root).palette.mode == "light")
    app.context.api.post("/api/config", {"theme": "dark"}, lambda _answer: None)
    settle(lambda: look(app.root).palette.mode == "dark")


def test_what_went_wrong_is_told_over_the_page(
    app: App, fake_backend: FakeBackend, settle: Settle
) -> None:
    fake_backend.emit(
        EngineFallback(kind="llm", failed="ollama", used="persona", message="Ollama is away.")
    )
    fake_backend.emit(ErrorOccurred(code="disk", message="The disk is full."))
    settle(lambda: len(app._toasts._stack) == 2)


def test_the_window_can_be_raised_from_another_thread(app: App, settle: Settle) -> None:
    app.root.iconify()
    threading.Thread(target=app.raise_window).start()
    settle(lambda: app.root.state() == "normal")


def test_pages_are_built_when_they_are_first_shown(app: App, settle: Settle) -> None:
    assert app.page("logs") is None
    app.root.focus_force()
    app.root.update()
    app.root.event_generate("<Control-Key-3>")
    settle(lambda: app.current_page == "logs")
    assert app.page("logs") is not None
    app.root.event_generate("<Control-Key-1>")
    settle(lambda: app.current_page == "chat")


def test_the_first_start_welcomes(
    make: Make, provider: FixedProvider, fake_backend: FakeBackend, settle: Settle
) -> None:
    provider.backend = Backend(fake_backend.url, fake_backend.token)
    app = make(first_start=True)
    page = app.page("welcome")
    assert isinstance(page, WelcomePage)
    settle(lambda: str(page._title.cget("text")) == "Say hi to Airi")
    settle(lambda: [check.text for check in page.presenter.checks] == [
        "espeak, ready", "puppet, ready", "built-in persona, no language model",
        "built-in demo, often wrong", "switched off in the settings",
    ])  # fmt: skip
    page.speak.invoke()
    settle(lambda: fake_backend.received == [{"type": "speak", "text": "Hi! I'm Airi."}])
    settle(lambda: app.context.player.speaking)
    page.go.invoke()
    settle(lambda: fake_backend.values["first_start"] is False)
    assert app.current_page == "chat"


def test_closing_takes_less_than_a_second(make: Make, app: App) -> None:
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 1.0
    assert not app.client._thread.is_alive()


def test_the_input_grows_warns_and_keeps_what_is_too_long(app: App, settle: Settle) -> None:
    composer = chat(app).composer
    for _ in range(3):
        composer.text.insert("end", "line")
        composer.text.event_generate("<Shift-Return>")
    composer.text.insert("end", "line\n" * 20)
    settle(lambda: int(composer.text.cget("height")) == 5)
    composer.clear()
    settle(lambda: int(composer.text.cget("height")) == 1)
    composer.text.insert("1.0", "x" * 4_100)
    settle(lambda: "100 characters too many" in str(composer._note.cget("text")))
    composer.submit()
    settle(lambda: "Shorten it" in str(composer._note.cget("text")))
    assert len(composer.value) == 4_100


def test_a_narrow_window_keeps_everything_in_sight(app: App, settle: Settle) -> None:
    app.root.geometry("900x600")
    settle(lambda: app.root.winfo_width() == 900)
    settle(seconds=0.3)
    page = chat(app)
    for widget in (page.side, page.composer, page.bubbles, app._nav):
        assert widget.winfo_rootx() + widget.winfo_width() <= app.root.winfo_rootx() + 900
        assert widget.winfo_rooty() + widget.winfo_height() <= app.root.winfo_rooty() + 600
        assert widget.winfo_width() > 40
    app.root.geometry("1280x800")
    settle(lambda: app.root.winfo_width() == 1280)


def test_the_first_size_fits_the_screen() -> None:
    assert first_size((1280, 800), (1920, 1080)) == (1280, 800)
    assert first_size((1280, 800), (1366, 768)) == (1256, 706)
