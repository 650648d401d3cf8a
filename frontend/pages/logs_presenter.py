"""What the Logs page does, without a window: collects lines, filters, pauses, reports."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from event_system import BusDropped, Envelope, LogLines
from frontend.pages.logs_model import (
    LEVELS,
    LIMIT,
    Line,
    LogStore,
    clock,
    format_line,
    level_name,
)
from frontend.widgets.viewport import Cell

LEVEL_COLOURS = {"DEBUG": "muted", "INFO": "info", "WARNING": "warning", "ERROR": "danger"}


class LogsPresenter:
    """State of the Logs page, and the rows that its list shows.

    It is the list's `RowSource`: a row's number is the number of its line, whatever is filtered.

    Args:
        limit: How many lines are kept at least.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.store = LogStore(limit)
        self.paused = False
        self.dropped = 0
        self.received = 0
        self._held: deque[Line] = deque(maxlen=limit)
        self._names: dict[str, str] = {}

    @property
    def rows(self) -> Sequence[int]:
        """Numbers of the lines to show."""
        return self.store.rows

    @property
    def held(self) -> int:
        """Lines that wait until the list goes on."""
        return len(self._held)

    def on_event(self, envelope: Envelope) -> bool:
        """Take in an event; whether it changed what the page shows."""
        event = envelope.event
        if isinstance(event, LogLines):
            self.dropped += event.dropped
            self.add(
                Line(row.at, level_name(row.level), row.source, row.text) for row in event.lines
            )
            return True
        if isinstance(event, BusDropped):
            self.dropped += event.count
            return True
        return False

    def add(self, lines: Iterable[Line]) -> None:
        """Add lines, oldest first; while paused they wait."""
        shared = self._names
        batch = [
            line._replace(source=shared.setdefault(line.source, line.source)) for line in lines
        ]
        self.received += len(batch)
        if not self.paused:
            self.store.append(batch)
            return
        self.dropped += max(0, len(self._held) + len(batch) - (self._held.maxlen or 0))
        self._held.extend(batch)

    def prepend(self, lines: Iterable[Line]) -> None:
        """Put lines from before the window was opened in front of those that came since."""
        seen = self.store.newest(len(self.store))
        # In the file a time ends with its milliseconds.
        before = min((_whole_ms(line.at) for line in (*seen, *self._held)), default=float("inf"))
        self.store.clear()
        self.store.append([line for line in lines if line.at < before])
        self.store.append(seen)

    def pause(self, paused: bool) -> None:
        """Hold new lines back, or let the held ones in."""
        self.paused = paused
        if not paused:
            self.store.append(self._held)
            self._held.clear()

    def clear(self) -> None:
        """Empty the list; later lines show as before."""
        self.store.clear()
        self._held.clear()
        self.dropped = 0

    def toggle_level(self, level: str) -> frozenset[str]:
        """Show or hide a level; the levels shown now."""
        levels = self.store.levels ^ {level}
        self.store.set_filter(levels, self.store.needle)
        return levels

    def only_level(self, level: str) -> frozenset[str]:
        """Show this level alone, or all of them if it is alone already."""
        levels = frozenset(LEVELS) if self.store.levels == {level} else frozenset({level})
        self.store.set_filter(levels, self.store.needle)
        return levels

    def search(self, text: str) -> None:
        """Show only lines that hold this text, in any case."""
        self.store.set_filter(self.store.levels, text)

    def report(self, engines: Iterable[Mapping[str, Any]]) -> str:
        """The text of "Copy report"; held lines count too.

        Args:
            engines: What `GET /api/engines` gave.
        """
        # Imported here, because lines are collected from the start of the window on.
        from frontend.pages.logs_report import build_report

        return build_report([*self.store.newest(200), *self._held], engines, dropped=self.dropped)

    def why_empty(self) -> str:
        """What stands in an empty list."""
        if len(self.store):
            return "No line fits the filter."
        return "No lines yet. What the backend logs shows here as it happens."

    def footer(self) -> str:
        """One line on how much is shown, waits and was dropped."""
        shown, kept = len(self.store.rows), len(self.store)
        noun = "line" if kept == 1 else "lines"
        parts = [f"{shown:,} of {kept:,} {noun}" if shown < kept else f"{kept:,} {noun}"]
        if self.held:
            parts.append(f"{self.held:,} waiting")
        if self.dropped:
            parts.append(f"{self.dropped:,} dropped")
        if not self.store.complete:
            parts.append("searching…")
        return " · ".join(parts)

    def cells(self, number: int) -> tuple[Cell, ...]:
        """Time, level, source and text of a line."""
        line = self.store.line(number)
        return (
            Cell(clock(line.at), "muted"),
            Cell(line.level, LEVEL_COLOURS[line.level]),
            Cell(line.source, "accent"),
            Cell(line.text, "muted" if line.level == "DEBUG" else "fg"),
        )

    def text(self, number: int) -> str:
        """A line in full, for the detail view; empty when it is no longer kept."""
        try:
            return format_line(self.store.line(number))
        except KeyError:
            return ""

    def texts(self, first: int, last: int) -> str:
        """The shown lines from number `first` to `last`, one a row."""
        rows = self.store.rows
        return "\n".join(self.text(number) for number in rows if first <= number <= last)


def _whole_ms(at: float) -> float:
    return math.floor(at * 1000) / 1000
