"""The recorder: durable events on disk, and a bus that goes on after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.recorder import KEPT_ROWS, SKIPPED_AT_START, Recorder, read_events, restore_bus
from database import Database, DatabaseError, EventRow, open_database
from event_system import (
    ChatDelta,
    ChatResponse,
    ConfigChanged,
    EngineFallback,
    ErrorOccurred,
    EventBus,
    Stage,
)

STAGES = (Stage(name="received", at_ms=1, took_ms=1),)
RESPONSE = ChatResponse(turn_id="t", character_id=1, text="Hi", heard="Hi", stages=STAGES)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    found = open_database(tmp_path / "kotodama.db")
    yield found
    found.close()


def test_durable_events_are_written_and_read_back_as_they_were(opened: Database) -> None:
    bus = EventBus()
    recorder = Recorder(bus, opened)
    told = [
        bus.publish(RESPONSE),
        bus.publish(ErrorOccurred(code="x", message="Broken — “quoted”.")),
        bus.publish(EngineFallback(kind="llm", failed="a", used="b", message="m")),
    ]
    bus.publish(ChatDelta(turn_id="t", text="not kept"))
    recorder.flush()
    kept = read_events(opened, 0, 100)
    assert [(one.seq, one.event) for one in kept] == [(one.seq, one.event) for one in told]
    assert all(abs(one.at - two.at) < 1e-3 for one, two in zip(kept, told, strict=True))
    with opened.read() as session:
        row = session.get(EventRow, told[1].seq)
        assert row is not None
        assert (row.event_type, row.message, row.severity) == (
            "error.occurred", "Broken — “quoted”.", "error",
        )  # fmt: skip
    assert read_events(opened, told[0].seq, 1)[0].seq == told[1].seq


def test_numbers_go_on_after_a_restart_and_nothing_is_numbered_twice(opened: Database) -> None:
    bus = restore_bus(opened)
    assert bus.last_seq == 0
    recorder = Recorder(bus, opened)
    last = [bus.publish(ConfigChanged(keys=(str(n),))) for n in range(5)][-1].seq
    recorder.flush()
    bus.publish(ConfigChanged(keys=("told but lost in a crash",)))
    again = restore_bus(opened)
    assert again.last_seq == last + SKIPPED_AT_START
    assert again.publish(ConfigChanged(keys=("x",))).seq > last + 1


async def test_a_client_can_replay_events_of_the_last_run(opened: Database) -> None:
    bus = restore_bus(opened)
    recorder = Recorder(bus, opened)
    for number in range(5):
        bus.publish(ConfigChanged(keys=(str(number),)))
    recorder.flush()
    _reader, replay = restore_bus(opened).subscribe_after(3)
    assert [one.seq for one in replay.events] == [4, 5]
    assert replay.gap is None


def test_an_event_that_is_no_longer_known_is_skipped(opened: Database) -> None:
    with opened.write() as session:
        session.add(EventRow(id=1, event_type="of.the.past", data={"x": 1}))
        session.add(EventRow(id=2, event_type="config.changed", data={"keys": ["a"]}))
    assert [one.seq for one in read_events(opened, 0, 10)] == [2]
    assert restore_bus(opened).last_seq == 2 + SKIPPED_AT_START


def test_old_rows_go(opened: Database) -> None:
    start = KEPT_ROWS * 2
    with opened.write() as session:
        session.add(EventRow(id=1, event_type="config.changed", data={"keys": ["old"]}))
    bus = EventBus(last_seq=start - 1)
    recorder = Recorder(bus, opened)
    bus.publish(ConfigChanged(keys=("new",)))
    recorder.flush()
    assert [one.seq for one in read_events(opened, 0, 10)] == [start]


def test_a_disk_that_is_full_is_logged_and_the_recorder_goes_on(
    opened: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bus = EventBus()
    recorder = Recorder(bus, opened)
    bus.publish(ConfigChanged(keys=("lost",)))

    def full() -> None:
        raise DatabaseError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(opened, "write", full)
        recorder.flush()
    assert "The disk is full." in caplog.text
    kept = bus.publish(ConfigChanged(keys=("kept",))).seq
    recorder.flush()
    assert kept in [one.seq for one in read_events(opened, 0, 10)]
