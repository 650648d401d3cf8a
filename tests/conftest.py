"""One Tk window for the whole run, and what tests of the window need around it.

An exception in a Tk callback, or an error that the window logs, fails the test in which it
happened. Without a display the tests of the window are skipped, with the reason.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from config import Settings

if TYPE_CHECKING:
    import ttkbootstrap as ttk

    from tests.support.fake_backend import FakeBackend

os.environ.setdefault("TTKBOOTSTRAP_STRICT", "1")
Settle = Callable[..., None]


@pytest.fixture
def settings(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that touch neither the user's files nor a sound device."""
    monkeypatch.setenv("KOTODAMA_ENV_FILE", str(tmp_path / "none.env"))
    return Settings(_env_file=None, data_dir=tmp_path, first_start=False, audio_backend="none")  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def window() -> Iterator[ttk.App]:
    """The one Tk window; empty and themed dark at the start of each test."""
    if sys.platform not in ("win32", "darwin") and not os.environ.get("DISPLAY"):
        pytest.skip("no display: ./test starts one by itself (Xvfb)")
    from frontend.root import make_root
    from frontend.theme import build_theme

    root = make_root("dark")
    build_theme(root, "dark")
    root.update()
    yield root
    root.destroy()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Collect garbage in Tk's thread alone while there is a window, as the window itself does.

    Tk's objects call Tk when they are freed. In another thread each such call waits a second for
    a main loop that no test runs, so a garbage collection there stands still for many seconds.
    """
    if not _has_window(item):
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        if _has_window(nextitem):
            gc.collect(1)
        else:
            gc.unfreeze()
            gc.collect()
            gc.enable()


def _has_window(item: pytest.Item | None) -> bool:
    return "window" in getattr(item, "fixturenames", ())


@pytest.fixture
def tk_errors(window: ttk.App) -> Iterator[list[BaseException]]:
    """Exceptions that Tk callbacks raised; the test fails if any are left at its end."""
    errors: list[BaseException] = []

    def note(_kind: type[BaseException], error: BaseException, _trace: Any) -> None:
        errors.append(error)

    window.report_callback_exception = note
    yield errors
    assert not errors, errors


@pytest.fixture
def settle(window: ttk.App) -> Settle:
    """Run Tk until a condition holds, or for some seconds."""

    def run(condition: Callable[[], Any] | None = None, seconds: float = 20.0) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            window.update()
            if condition is not None and condition():
                return
            time.sleep(0.003)
        assert condition is None, "the condition did not come true in time"

    return run


@pytest.fixture
def frame(window: ttk.App, tk_errors: list[BaseException]) -> Iterator[ttk.Frame]:
    """An empty frame that fills the window."""
    import ttkbootstrap

    from frontend.theme import look

    look(window).use("dark")
    place = ttkbootstrap.Frame(window)
    place.pack(fill="both", expand=True)
    window.update()
    yield place
    place.destroy()
    window.update()


@pytest.fixture
def fake_backend() -> Iterator[FakeBackend]:
    """A running backend with a scripted character."""
    from tests.support.fake_backend import FakeBackend

    with FakeBackend() as running:
        yield running
