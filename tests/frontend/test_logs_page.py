"""The Logs page in the real window."""

from __future__ import annotations

import time
from typing import Any

import pytest

from event_system import Envelope, LogLine, LogLines
from tests.support.page_context import page_context


def batch(start: int, count: int, level: str = "INFO", dropped: int = 0) -> Envelope:
    rows = tuple(
        LogLine(at=float(i), level=level, source="test", text=f"line {i}")
        for i in range(start, start + count)
    )
    return Envelope(0, 1.0, LogLines(lines=rows, dropped=dropped))


@pytest.fixture
def page(frame: Any, settle: Any) -> Any:
    from frontend.pages.logs import LogsPage

    page = LogsPage(frame, page_context(frame))
    page.pack(fill="both", expand=True)
    page.on_show()
    settle(lambda: page.list.view.height > 5)
    return page


def feed(page: Any, envelope: Envelope) -> None:
    """What the window does with an event."""
    page.context.logs.on_event(envelope)
    page.on_event(envelope)


def drawn(page: Any) -> list[str]:
    """The texts in view."""
    return [text for text in page.list.texts() if text]


def test_lines_show_newest_last_with_counts(page: Any, settle: Any) -> None:
    feed(page, batch(0, 200))
    feed(page, batch(200, 3, "ERROR", dropped=4))
    settle(lambda: drawn(page) and drawn(page)[-1] == "line 202")
    settle(lambda: page._footer["text"] == "203 lines · 4 dropped")
    assert page.chips["ERROR"]._count == "3"


def test_a_flood_of_lines_arrives_whole_and_in_order(page: Any, settle: Any) -> None:
    sent, ends = 0, time.monotonic() + 1.0
    while time.monotonic() < ends:
        feed(page, batch(sent, 50))
        sent += 50
        page.update()
        time.sleep(max(0.0, 0.01 - 0.001))
    feed(page, batch(sent, 5_000 - sent if sent < 5_000 else 50))
    sent = max(5_000, sent + 50)
    settle(lambda: drawn(page)[-1] == f"line {sent - 1}")
    store = page.presenter.store
    assert page.presenter.received == sent == len(store)
    assert [line.text for line in store.newest(sent)] == [f"line {i}" for i in range(sent)]


def test_a_hundred_thousand_lines_are_held_filtered_and_found(page: Any, settle: Any) -> None:
    for start in range(0, 100_000, 5_000):
        feed(page, batch(start, 5_000, "ERROR" if start == 50_000 else "INFO"))
    page.search.insert(0, "LINE 5432")
    page._search()
    while page.on_tick(0.0):
        page.update()
    settle(lambda: drawn(page) and drawn(page)[-1] == "line 54329")
    assert len(page.presenter.rows) == 11
    assert page.list.find_withtag("hit")
    page.search.delete(0, "end")
    page._search()
    page._toggle("INFO")
    while page.on_tick(0.0):
        page.update()
    assert list(page.presenter.rows) == list(range(50_000, 55_000))


def test_scrolling_up_stops_following_and_the_button_goes_back(page: Any, settle: Any) -> None:
    feed(page, batch(0, 500))
    settle(lambda: drawn(page) and drawn(page)[-1] == "line 499")
    page.list._wheel_by(-30)
    feed(page, batch(500, 57))
    settle(lambda: page._jump.winfo_ismapped())
    assert page._jump["text"] == "57 new lines"
    page._jump.invoke()
    settle(lambda: not page._jump.winfo_ismapped())
    assert drawn(page)[-1] == "line 556"


def test_pause_holds_the_view_and_resume_catches_up(page: Any, settle: Any) -> None:
    feed(page, batch(0, 10))
    page._pause.invoke()
    feed(page, batch(10, 5))
    settle(lambda: "5 waiting" in page._footer["text"])
    assert page._pause["text"] == "Resume"
    assert drawn(page)[-1] == "line 9"
    page._pause.invoke()
    settle(lambda: drawn(page)[-1] == "line 14")


def test_a_line_opens_in_full_and_can_be_copied(page: Any, settle: Any) -> None:
    feed(page, batch(0, 5))
    settle(lambda: len(drawn(page)) == 5)
    page.list.view.select(3)
    page.list._open()
    settle(lambda: page._detail.winfo_ismapped())
    page._copy_line()
    assert page.clipboard_get().endswith("test: line 3")
    assert page.context.toasts[-1][1] == "success"


def test_the_report_is_copied_with_the_engines(page: Any) -> None:
    feed(page, batch(0, 5))
    page._copy_report()
    assert "llm/persona on duty" in page.clipboard_get()
    assert "line 4" in page.clipboard_get()


def test_no_log_file_is_said(page: Any, tmp_path: Any) -> None:
    page.context.api.is_local = True
    page.context.settings = page.context.settings.model_copy(
        update={"log_file": tmp_path / "none.log"}
    )
    page._open_file()
    assert page.context.toasts == [
        (f"There is no log file yet at {tmp_path / 'none.log'}.", "warning")
    ]


def test_clear_empties_and_find_focuses_the_search(page: Any, settle: Any) -> None:
    feed(page, batch(0, 5))
    page._clear()
    settle(lambda: page._footer["text"] == "0 lines")
    assert drawn(page) == []
    page.focus_force()
    page.on_find()
    settle(lambda: page.focus_get() is page.search)


def test_double_click_on_a_chip_shows_that_level_alone(page: Any) -> None:
    page._toggle("ERROR")
    page._isolate("ERROR")
    assert page.presenter.store.levels == {"ERROR"}


def test_a_log_file_elsewhere_is_not_looked_for(page: Any) -> None:
    page._open_file()
    assert page.context.toasts == [("The log file lies on the backend's computer.", "info")]


def test_an_empty_list_says_why(page: Any, settle: Any) -> None:
    settle(lambda: page._empty.winfo_ismapped())
    assert page._empty["text"].startswith("No lines yet.")
    assert not page._bar.winfo_manager()
    feed(page, batch(0, 500))
    settle(lambda: page._bar.winfo_ismapped() and not page._empty.winfo_ismapped())
    page._toggle("INFO")
    settle(lambda: page._empty["text"] == "No line fits the filter.")


def test_what_was_logged_before_the_window_comes_first(
    frame: Any, tmp_path: Any, settle: Any
) -> None:
    from frontend.pages.logs import LogsPage

    file = tmp_path / "k.log"
    clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - 60))
    file.write_text(f"{clock}.250 INFO    kotodama.app the backend is ready\n", encoding="utf-8")
    context = page_context(frame)
    context.api.is_local = True
    context.settings = context.settings.model_copy(update={"log_file": file})
    line = LogLine(at=time.time(), level="INFO", source="a", text="live")
    context.logs.on_event(Envelope(0, 1.0, LogLines(lines=(line,))))
    page = LogsPage(frame, context)
    page.pack(fill="both", expand=True)
    settle(lambda: drawn(page) == ["the backend is ready", "live"])
