"""Writes durable events to the database and the log, in batches, and reads them back at start."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from datetime import datetime, timezone

from sqlalchemy import delete, func, insert, select

from backend.errors import KotodamaError
from database import Database, EventRow
from event_system import Envelope, EventBus, ProtocolError, SlowConsumerError, decode

BATCH_S = 0.25
KEPT_ROWS = 50_000
SKIPPED_AT_START = 10_000
"""Numbers skipped at each start: what was told but not yet written is never numbered twice."""

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
log = logging.getLogger("kotodama.events")


def restore_bus(database: Database, keep: int = 2_000) -> EventBus:
    """A bus that goes on where the last run ended."""
    with database.read() as session:
        last = session.scalar(select(func.max(EventRow.id))) or 0
        rows = session.scalars(select(EventRow).order_by(EventRow.id.desc()).limit(keep)).all()
    recorded = []
    for row in reversed(rows):
        with suppress(ProtocolError):
            recorded.append(_envelope(row))
    return EventBus(last_seq=last + SKIPPED_AT_START if last else 0, recorded=recorded)


def read_events(database: Database, after: int, limit: int) -> list[Envelope]:
    """Kept events after a sequence number, oldest first."""
    query = select(EventRow).where(EventRow.id > after).order_by(EventRow.id).limit(limit)
    told = []
    with database.read() as session:
        for row in session.scalars(query):
            with suppress(ProtocolError):
                told.append(_envelope(row))
    return told


def _envelope(row: EventRow) -> Envelope:
    event = json.dumps({**row.data, "type": row.event_type})
    return decode(f'{{"seq":{row.id},"at":{row.timestamp.timestamp()},"event":{event}}}')


class Recorder:
    """Takes durable events off the bus and writes them."""

    def __init__(self, bus: EventBus, database: Database) -> None:
        self._subscription = bus.subscribe_polled(bound=200_000, durable_only=True)
        self._bus = bus
        self._database = database

    async def run(self) -> None:
        """Write until cancelled; what is left is written by `flush`."""
        while True:
            await asyncio.sleep(BATCH_S)
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        try:
            batch = self._subscription.drain(most=10_000)
        except SlowConsumerError:
            log.error("events came faster than they could be written; some are not recorded")
            self._bus.unsubscribe(self._subscription)
            self._subscription = self._bus.subscribe_polled(bound=200_000, durable_only=True)
            return
        rows = [_row(envelope) for envelope in batch if envelope.seq]
        for row in rows:
            log.log(_LEVELS[str(row["severity"])], "%s: %s", row["event_type"], row["message"])
        if not rows:
            return
        try:
            with self._database.write() as session:
                session.execute(insert(EventRow), rows)
                if rows[-1]["id"] % 1_000 < len(rows):  # type: ignore[operator]
                    newest = session.scalar(select(func.max(EventRow.id))) or 0
                    session.execute(delete(EventRow).where(EventRow.id < newest - KEPT_ROWS))
        except KotodamaError as error:
            log.error("events could not be written: %s", error.message)


def _row(envelope: Envelope) -> dict[str, object]:
    event = envelope.event
    return {
        "id": envelope.seq,
        "event_type": event.type,
        "message": event.summary(),
        "data": event.model_dump(mode="json", exclude={"type"}),
        "timestamp": datetime.fromtimestamp(envelope.at, timezone.utc),
        "severity": type(event).severity,
    }
