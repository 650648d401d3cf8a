"""What the window measures about itself, for the bench and the status page."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass
class Metrics:
    """Times taken while the window runs; all of them in seconds.

    Attributes:
        started: `time.perf_counter()` when the window began to be made.
        visible: Seconds from there until the window was visible; None before.
        connected: Seconds from there until both sockets were up; None before.
        tick: How long each pump tick kept Tk busy.
        tick_gap: How much later than planned each tick came: what a click would have waited.
        frame_gap: Intervals between avatar frames that were drawn while she spoke.
        first_audio: For each turn, seconds from sending to the first audible sample.
        silence: For each stop, seconds from the key to the first silent block.
    """

    started: float = field(default_factory=time.perf_counter)
    visible: float | None = None
    connected: float | None = None
    tick: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))
    tick_gap: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))
    frame_gap: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))
    first_audio: list[float] = field(default_factory=list)
    silence: list[float] = field(default_factory=list)

    def reset(self) -> None:
        """Forget what was taken so far, except the start."""
        for taken in (self.tick, self.tick_gap, self.frame_gap, self.first_audio, self.silence):
            taken.clear()

    def summary(self) -> dict[str, float | None]:
        """The figures that the bench reports; milliseconds, except the first two (seconds)."""
        return {
            "visible_s": self.visible,
            "connected_s": self.connected,
            "tick_p99_ms": 1e3 * percentile(self.tick, 0.99),
            "tick_gap_p99_ms": 1e3 * percentile(self.tick_gap, 0.99),
            "frame_gap_p50_ms": 1e3 * percentile(self.frame_gap, 0.5),
            "frame_gap_p95_ms": 1e3 * percentile(self.frame_gap, 0.95),
            "first_audio_p50_ms": 1e3 * percentile(self.first_audio, 0.5),
            "silence_max_ms": 1e3 * max(self.silence, default=0.0),
        }
