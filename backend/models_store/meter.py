"""How fast a download is and how long it will take, from the last seconds of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

SPAN_S = 5.0
"""Speed is the mean over this many seconds."""


@dataclass
class Meter:
    """Bytes over time.

    Attributes:
        total: Bytes of the whole; 0 where that is not known.
        done: Bytes that are there.
    """

    total: int
    done: int = 0
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def move(self, done: int, now: float) -> None:
        """Note the bytes that are there at a time, seconds of a monotonic clock."""
        if done < self.done:
            # It began anew: what came before says nothing about the rest.
            self._marks.clear()
        self.done = done
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[0][0] > SPAN_S:
            self._marks.popleft()

    @property
    def speed(self) -> float:
        """Bytes a second."""
        if len(self._marks) < 2:
            return 0.0
        (since, first), (until, last) = self._marks[0], self._marks[-1]
        return (last - first) / (until - since) if until > since else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end; None where that cannot be told."""
        if not self.total or self.speed <= 0:
            return None
        return max(0, self.total - self.done) / self.speed
