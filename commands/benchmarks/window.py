"""The real window on a real backend process: avatar, stop key, busy loop, and memory of both."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil

from commands.benchmarks.display import display
from commands.benchmarks.figures import Figure, environment, percentile, scratch
from config import Settings
from event_system import Envelope, LogLine, LogLines

if TYPE_CHECKING:
    from frontend.app import App

LINES = (
    "Hello, who are you?",
    "Tell me about your headset.",
    "What is your favourite drink?",
    "Tell me a story about tea.",
)
STOPS = 4
FLOOD_S = 3.0
LOG_LINES_A_SECOND = 5_000
PATIENCE_S = 20.0


def measure(settings: Settings) -> list[Figure]:
    """Open the window, hold a conversation, interrupt it, flood the log page."""
    with display(), scratch(settings) as own:
        os.environ.update(environment(own))
        from frontend.app import build_app
        from frontend.supervisor import BackendProcess

        backend = BackendProcess(own)
        backend.start()
        app = build_app(own, backend)
        try:
            return _measure(app)
        finally:
            app.close()
            backend.stop()


def _measure(app: App) -> list[Figure]:
    _until(app, lambda: app.context.connection == "up", "the backend was not reached")
    _wait(app, 1.0)
    app.metrics.reset()
    for line in LINES:
        app.context.send_voice({"type": "chat.send", "text": line})
        _wait(app, 4.5)
    figures = [*_avatar(app), *_tick(app, "during a conversation")]
    # Without a window manager nothing else gives the window the keyboard.
    app.root.focus_force()
    for line in LINES[:STOPS]:
        heard = len(app.metrics.first_audio)
        app.context.send_voice({"type": "chat.send", "text": line})
        _until(app, lambda: len(app.metrics.first_audio) > heard, "nothing was heard")  # noqa: B023
        _wait(app, 0.4)
        app.root.event_generate("<Escape>")
        _wait(app, 0.5)
    figures += _silence(app)
    app.metrics.reset()
    _flood(app)
    figures += _tick(app, f"with {LOG_LINES_A_SECOND:,} log lines a second on the log page")
    figures += _memory()
    return figures


def _avatar(app: App) -> list[Figure]:
    gaps = [gap * 1000 for gap in app.metrics.frame_gap]
    how = f"{len(gaps)} avatar pictures drawn in the window while she speaks, 512x512"
    rate = 1000 * len(gaps) / sum(gaps) if gaps else 0.0
    sound = [one * 1000 for one in app.metrics.first_audio]
    told = f"{len(sound)} lines, sent to first audible sample of the window's player"
    return [
        Figure("live avatar", round(rate, 1), "fps", how, at_least=29),
        Figure("live avatar interval, p95", _ms(gaps, 95), "ms", how, at_most=40),
        Figure("typed line to audible, worst", _ms(sound, 100), "ms", told, at_most=300),
    ]


def _tick(app: App, when: str) -> list[Figure]:
    gaps = [gap * 1000 for gap in app.metrics.tick_gap]
    how = f"{len(gaps)} ticks, how much later than planned each came, {when}"
    return [Figure(f"UI tick {when}, p99", _ms(gaps, 99), "ms", how, at_most=100)]


def _silence(app: App) -> list[Figure]:
    times = [one * 1000 for one in app.metrics.silence]
    how = f"{len(times)} times Escape in mid-sentence, key to first silent block"
    return [Figure("Escape to silence, worst", _ms(times, 100), "ms", how, at_most=200)]


def _memory() -> list[Figure]:
    process = psutil.Process()
    every = [process, *process.children(recursive=True)]
    megabytes = sum(one.memory_info().rss for one in every if one.name() != "Xvfb") / 1e6
    how = "resident memory of the window's and the backend's process after the conversation"
    return [Figure("memory of both processes", round(megabytes), "MB", how, at_most=600)]


def _flood(app: App) -> None:
    """Log lines at a steady rate, as the backend would send them, on the visible log page."""
    app.navigate("logs")
    _wait(app, 0.5)
    started, sent = time.monotonic(), 0
    while (now := time.monotonic() - started) < FLOOD_S:
        due = int(now * LOG_LINES_A_SECOND)
        if due - sent >= LOG_LINES_A_SECOND // 10:
            lines = tuple(
                LogLine(at=time.time(), level="INFO", source="bench", text=f"line {number} of many")
                for number in range(sent, due)
            )
            app.pump.post(Envelope(0, time.time(), LogLines(lines=lines)))
            sent = due
        app.root.update()
        time.sleep(0.002)


def _wait(app: App, seconds: float) -> None:
    """Let the window run."""
    _until(app, _after(seconds), "")


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _until(app: App, reached: Callable[[], bool], else_say: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > end:
            raise RuntimeError(else_say)
        app.root.update()
        time.sleep(0.002)


def _ms(values: list[float], percent: float) -> float:
    return round(percentile(values, percent), 1)
