"""The Logs page's state and report, without a display."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from event_system import BusDropped, Envelope, LogLine, LogLines, TranscriptFinal
from frontend.pages.logs_file import read_tail
from frontend.pages.logs_model import LEVELS, Line, LogStore, level_name
from frontend.pages.logs_presenter import LogsPresenter
from frontend.pages.logs_report import REPORT_LINES, build_report, redact


def lines(count: int, start: int = 0) -> list[Line]:
    return [
        Line(float(i), LEVELS[i % 4], "tts" if i % 2 else "llm", f"line {i}")
        for i in range(start, start + count)
    ]


def envelope(count: int, dropped: int = 0) -> Envelope:
    rows = tuple(
        LogLine(at=row.at, level=row.level, source=row.source, text=row.text)
        for row in lines(count)
    )
    return Envelope(0, 1.0, LogLines(lines=rows, dropped=dropped))


def shown(store: LogStore) -> list[str]:
    return [store.line(number).text for number in store.rows]


def test_unknown_levels_count_as_info_and_critical_as_error() -> None:
    assert [level_name(name) for name in ("debug", "CRITICAL", "WARN", "TRACE")] == [
        "DEBUG",
        "ERROR",
        "WARNING",
        "INFO",
    ]


def test_store_keeps_the_newest_and_their_numbers() -> None:
    store = LogStore(limit=100)
    for start in range(0, 1000, 10):
        store.append(lines(10, start))
    assert 100 <= len(store) <= 105
    assert store.line(999).text == "line 999"
    assert sum(store.counts.values()) == len(store)
    with pytest.raises(KeyError):
        store.line(0)


def test_filter_shows_exactly_what_passes_and_new_lines_too() -> None:
    store = LogStore()
    store.append(lines(5000))
    store.set_filter({"ERROR"}, "LINE 1")
    while not store.scan(0.0):
        pass
    expected = [row.text for row in lines(5000) if row.level == "ERROR" and "line 1" in row.text]
    assert shown(store) == expected
    store.append(lines(8, 10_000))
    assert not store.complete
    assert store.scan()
    assert shown(store) == [*expected, "line 10003", "line 10007"]


def test_old_result_stays_until_the_new_one_is_complete() -> None:
    store = LogStore()
    store.append(lines(10_000))
    store.set_filter(LEVELS, "line 9999")
    assert not store.scan(0.0)
    assert len(store.rows) == 10_000
    while not store.scan(0.0):
        pass
    assert shown(store) == ["line 9999"]


def test_filter_survives_trimming_in_the_middle_of_a_scan() -> None:
    store = LogStore(limit=4000)
    store.append(lines(4000))
    store.set_filter({"INFO"}, "")
    store.scan(0.0)
    for start in range(4000, 9000, 500):
        store.append(lines(500, start))
    while not store.scan(0.0):
        pass
    assert shown(store) == [row.text for row in store.newest(len(store)) if row.level == "INFO"]


def test_search_looks_at_the_source_as_well() -> None:
    store = LogStore()
    store.append(lines(10))
    store.set_filter(LEVELS, "TTS")
    store.scan()
    assert len(store.rows) == 5


def test_clear_empties_and_numbers_go_on() -> None:
    store = LogStore()
    store.append(lines(10))
    store.clear()
    assert len(store) == 0 and list(store.rows) == []
    store.append(lines(1))
    assert list(store.rows) == [10]


def test_events_are_counted_with_what_was_dropped() -> None:
    presenter = LogsPresenter()
    assert presenter.on_event(envelope(8, dropped=3))
    assert presenter.on_event(Envelope(0, 1.0, BusDropped(count=2)))
    assert not presenter.on_event(Envelope(0, 1.0, TranscriptFinal(text="hi")))
    assert (presenter.received, presenter.dropped) == (8, 5)
    assert presenter.footer() == "8 lines · 5 dropped"


def test_pause_holds_lines_back_in_order() -> None:
    presenter = LogsPresenter()
    presenter.add(lines(3))
    presenter.pause(True)
    presenter.add(lines(4, 3))
    assert (len(presenter.store), presenter.held) == (3, 4)
    presenter.pause(False)
    assert [row.text for row in presenter.store.newest(7)] == [f"line {i}" for i in range(7)]
    assert presenter.held == 0


def test_a_long_pause_counts_what_it_could_not_hold() -> None:
    presenter = LogsPresenter(limit=10)
    presenter.pause(True)
    presenter.add(lines(25))
    assert (presenter.held, presenter.dropped) == (10, 15)


def test_toggling_and_isolating_levels() -> None:
    presenter = LogsPresenter()
    presenter.add(lines(8))
    assert presenter.toggle_level("DEBUG") == {"INFO", "WARNING", "ERROR"}
    assert presenter.only_level("ERROR") == {"ERROR"}
    assert presenter.only_level("ERROR") == set(LEVELS)


def test_copied_rows_are_those_shown() -> None:
    presenter = LogsPresenter()
    presenter.add(lines(8))
    presenter.only_level("ERROR")
    presenter.store.scan()
    assert [row.rsplit(": ", 1)[1] for row in presenter.texts(0, 7).splitlines()] == [
        "line 3",
        "line 7",
    ]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("OPENROUTER_API_KEY=sk-or-v1-abcdef0123456789", "abcdef"),
        ('{"api_key": "hunter2hunter2"}', "hunter2"),
        ("GET /ws/events?token=abc123def456&after=3", "abc123"),
        ("Authorization: Bearer eyJhbGciOi.J9.abc", "eyJ"),
        ("https://mika:pa55word@example.org/x", "pa55word"),
        ("using sk-proj-A1b2C3d4E5f6G7h8", "A1b2"),
        ("run token is 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "9f86"),
        ("password: tr0ub4dor", "tr0ub"),
    ],
)
def test_secrets_are_blotted_out(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "[redacted]" in redact(text)


def test_plain_text_is_left_alone_and_home_becomes_a_tilde() -> None:
    plain = "loaded en_US-lessac-medium.onnx in 120 ms (token rate 42/s) at 127.0.0.1:8765"
    assert redact(plain, home="/home/mika") == plain
    assert redact("open /home/mika/voice.wav", home="/home/mika") == "open ~/voice.wav"


def test_report_names_versions_engines_and_the_last_lines() -> None:
    engines = [
        {"kind": "llm", "name": "ollama", "available": False, "reason": "Ollama is not running."},
        {"kind": "tts", "name": "espeak", "available": True, "active": True, "reason": ""},
    ]
    report = build_report(lines(REPORT_LINES + 50), engines, dropped=7)
    assert "- llm/ollama not available: Ollama is not running." in report
    assert "- tts/espeak on duty" in report
    assert "(7 dropped)" in report
    assert f"line {REPORT_LINES + 49}\n" in report and "line 49\n" not in report


def test_the_tail_of_a_log_file_is_read_with_its_tracebacks(tmp_path: Path) -> None:
    file = tmp_path / "k.log"
    file.write_text(
        "half a line of before\n"
        "2026-01-02 10:00:00.000 INFO    kotodama.app old\n"
        "2026-01-02 12:00:00.250 ERROR   backend.stage it broke\n"
        "Traceback (most recent call last):\n"
        "ValueError: bad\n"
        "2026-01-02 12:00:01.000 WARNING kotodama.tts 日本語\n",
        encoding="utf-8",
    )
    since = time.mktime(time.strptime("2026-01-02 11:00:00", "%Y-%m-%d %H:%M:%S"))
    rows = read_tail(file, since)
    assert [(row.level, row.source) for row in rows] == [
        ("ERROR", "backend.stage"),
        ("WARNING", "tts"),
    ]
    assert rows[0].text == "it broke\nTraceback (most recent call last):\nValueError: bad"
    assert rows[0].at == since + 3600.25
    assert read_tail(tmp_path / "none.log", since) == []


def test_lines_of_before_go_in_front_and_none_twice() -> None:
    presenter = LogsPresenter()
    presenter.add(lines(3, 10))
    presenter.prepend(lines(12))
    assert [row.text for row in presenter.store.newest(99)] == [f"line {i}" for i in range(13)]


def test_a_line_of_the_file_whose_time_is_cut_to_milliseconds_is_not_shown_again() -> None:
    presenter = LogsPresenter()
    line = lines(1)[0]
    presenter.add([line._replace(at=1000.6714)])
    presenter.prepend([line._replace(at=1000.5), line._replace(at=1000.671)])
    assert [row.at for row in presenter.store.newest(99)] == [1000.5, 1000.6714]
