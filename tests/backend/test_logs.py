"""Logging: the file, the live stream, and secrets that stand in neither."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.logs import LINES_PER_FLUSH, LogStream, redact, start_logging
from config import Settings
from event_system import EventBus, LogLines
from tests.support.settings import make_settings

log = logging.getLogger("kotodama.test")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return make_settings(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger("kotodama")
    handlers, levels = list(root.handlers), (root.level, own.level)
    root.handlers.clear()
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    own.setLevel(levels[1])


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abcdefgh12345", "abcdefgh12345"),
        ("GET /ws/voice?session=main&token=abcdefgh12345&x=1", "abcdefgh12345"),
        ("api_key='abcdefgh12345'", "abcdefgh12345"),
        ('{"openai_api_key": "abcdefgh12345"}', "abcdefgh12345"),
        ("Incorrect API key sk-abcdefgh12345", "abcdefgh12345"),
        ("password=abcdefgh12345", "abcdefgh12345"),
    ],
)
def test_secrets_are_blanked_out(text: str, hidden: str) -> None:
    assert hidden not in redact(text)
    assert "***" in redact(text)


def test_ordinary_text_stays() -> None:
    for text in ("first token after 120 ms", "the key of the song", "risk-averse", ""):
        assert redact(text) == text


def test_lines_go_to_the_file_and_to_the_bus(settings: Settings) -> None:
    bus = EventBus()
    reader, stream = bus.subscribe_polled(), LogStream(bus)
    assert start_logging(settings, [stream]) == []
    log.info("hello %s", "file")
    log.debug("not at this level")
    try:
        raise ValueError("token=abcdefgh12345")
    except ValueError:
        log.exception("it broke")
    stream.flush_lines()
    stream.flush_lines()
    (envelope,) = reader.drain()
    assert isinstance(envelope.event, LogLines)
    first, second = envelope.event.lines
    assert (first.level, first.source, first.text) == ("INFO", "test", "hello file")
    assert second.text.startswith("it broke\nTraceback")
    text = settings.log_file.read_text(encoding="utf-8")
    assert "hello file" in text
    assert "not at this level" not in text
    for place in (text, second.text):
        assert "abcdefgh12345" not in place


def test_a_burst_is_counted_and_the_newest_lines_are_told(settings: Settings) -> None:
    bus = EventBus()
    reader, stream = bus.subscribe_polled(), LogStream(bus)
    start_logging(settings, [stream])
    for number in range(LINES_PER_FLUSH + 50):
        log.info("line %d", number)
    stream.flush_lines()
    (envelope,) = reader.drain()
    assert isinstance(envelope.event, LogLines)
    assert envelope.event.dropped == 50
    assert len(envelope.event.lines) == LINES_PER_FLUSH
    assert envelope.event.lines[-1].text == f"line {LINES_PER_FLUSH + 49}"
    assert settings.log_file.read_text().count("\n") == LINES_PER_FLUSH + 50


def test_a_log_file_that_cannot_be_written_is_told_and_the_rest_works(settings: Settings) -> None:
    blocked = settings.model_copy(update={"log_file": Path("/dev/null/x/kotodama.log")})
    bus = EventBus()
    reader, stream = bus.subscribe_polled(), LogStream(bus)
    (problem,) = start_logging(blocked, [stream])
    assert "/dev/null/x/kotodama.log cannot be written" in problem
    log.info("still told")
    stream.flush_lines()
    assert len(reader.drain()) == 1


def test_starting_twice_writes_each_line_once(settings: Settings) -> None:
    start_logging(settings)
    start_logging(settings)
    log.info("once")
    assert settings.log_file.read_text().count("once") == 1
