"""The event bus in one process: events a second, in order."""

from __future__ import annotations

import time

from commands.benchmarks.figures import Figure
from config import Settings
from event_system import ChatMessageEvent, EventBus

EVENTS = 200_000


def measure(settings: Settings) -> list[Figure]:
    """Publish durable events and read them back, checking that none is out of order."""
    bus = EventBus(keep=1_000)
    reader = bus.subscribe_polled(bound=EVENTS + 1)
    event = ChatMessageEvent(turn_id="t", character_id=1, text="Hello")
    read = 0
    started = time.perf_counter()
    for number in range(EVENTS):
        bus.publish(event)
        if number % 500 == 499:
            for envelope in reader.drain(500):
                read += 1
                if envelope.seq != read:
                    raise RuntimeError(f"event {envelope.seq} came in place of {read}")
    took = time.perf_counter() - started
    how = f"{EVENTS:,} durable events published and read in order, {read:,} arrived"
    return [Figure("event bus", round(read / took), "events/s", how, at_least=50_000)]
