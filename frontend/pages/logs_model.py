"""The newest log lines, and which of them pass the filter: the data behind the Logs page.

Lines are numbered from 0 as they come and keep their numbers, so that a scroll position or a
selection stays where it is while old lines leave and filters change. Filtering is done in slices
under a time budget: no call holds up the window, however many lines there are.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LIMIT = 100_000
"""Lines that are kept at least; the oldest leave in blocks beyond it."""
_SLICE = 2_000
_KNOWN = {**{level: level for level in LEVELS}, "WARN": "WARNING", "CRITICAL": "ERROR"}


class Line(NamedTuple):
    """One log record: seconds since the epoch, one of `LEVELS`, logger, text."""

    at: float
    level: str
    source: str
    text: str


def level_name(level: str) -> str:
    """The one of `LEVELS` that stands for a logger's level name; unknown ones count as INFO."""
    return _KNOWN.get(level.upper(), "INFO")


def clock(at: float) -> str:
    """Local time of day with milliseconds, from seconds since the epoch."""
    return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at % 1 * 1000):03d}"


def format_line(line: Line) -> str:
    """A line as it stands in copies: time, level, source, text."""
    return f"{clock(line.at)} {line.level:<7} {line.source}: {line.text}"


class LogStore:
    """A bounded list of lines with an incremental filter.

    Args:
        limit: How many lines are kept at least.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._slack = max(1, limit // 20)
        self._lines: list[Line] = []
        self._first = 0
        self._levels = frozenset(LEVELS)
        self._needle = ""
        self._shown: list[int] = []
        self._found: list[int] = []
        self._scanned = 0
        self.counts: Counter[str] = Counter()
        """Kept lines by level, whatever the filter."""

    @property
    def rows(self) -> Sequence[int]:
        """Numbers of the lines that pass the filter, oldest first."""
        return self._shown if self._filtered else range(self._first, self._end)

    @property
    def needle(self) -> str:
        """The text searched for, folded to one case."""
        return self._needle

    @property
    def levels(self) -> frozenset[str]:
        """The levels that pass the filter."""
        return self._levels

    @property
    def complete(self) -> bool:
        """Whether the filter has seen every line."""
        return not self._filtered or (self._scanned >= self._end and self._found is self._shown)

    @property
    def _end(self) -> int:
        return self._first + len(self._lines)

    @property
    def _filtered(self) -> bool:
        return bool(self._needle) or len(self._levels) < len(LEVELS)

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, number: int) -> Line:
        """The line with this number.

        Raises:
            KeyError: It is no longer kept, or not there yet.
        """
        if not self._first <= number < self._end:
            raise KeyError(number)
        return self._lines[number - self._first]

    def newest(self, count: int) -> list[Line]:
        """The last `count` lines, oldest first, whatever the filter."""
        return self._lines[-count:] if count > 0 else []

    def append(self, lines: Iterable[Line]) -> None:
        """Add lines at the end. The filter sees them at the next `scan`."""
        start = len(self._lines)
        self._lines.extend(lines)
        self.counts.update(line.level for line in self._lines[start:])
        if len(self._lines) > self._limit + self._slack:
            self._trim(len(self._lines) - self._limit)

    def clear(self) -> None:
        """Forget all lines; numbers go on."""
        self._trim(len(self._lines))

    def set_filter(self, levels: Iterable[str], needle: str) -> None:
        """Show only lines of these levels that hold this text, in any case.

        What was shown stays until `scan` has gone through all the lines.
        """
        wanted, folded = frozenset(levels), needle.strip().casefold()
        if (wanted, folded) == (self._levels, self._needle):
            return
        self._shown = list(self.rows)
        self._levels, self._needle = wanted, folded
        self._found = []
        self._scanned = self._first

    def scan(self, budget_s: float = 0.006) -> bool:
        """Let the filter go on over lines that it has not seen.

        Args:
            budget_s: Seconds after which it pauses; at least one slice is done.

        Returns:
            Whether it is through.
        """
        deadline = time.perf_counter() + budget_s
        while not self.complete:
            self._scan_slice()
            if time.perf_counter() > deadline:
                break
        return self.complete

    def _scan_slice(self) -> None:
        start = max(self._scanned, self._first)
        stop = min(start + _SLICE, self._end)
        levels, needle = self._levels, self._needle
        lines = self._lines[start - self._first : stop - self._first]
        self._found.extend(
            number
            for number, line in enumerate(lines, start)
            if line.level in levels
            and (not needle or needle in line.text.casefold() or needle in line.source.casefold())
        )
        self._scanned = stop
        if stop >= self._end:
            self._shown = self._found

    def _trim(self, count: int) -> None:
        self.counts.subtract(line.level for line in self._lines[:count])
        del self._lines[:count]
        self._first += count
        for numbers in {id(found): found for found in (self._shown, self._found)}.values():
            del numbers[: bisect_left(numbers, self._first)]
