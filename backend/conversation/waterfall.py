"""The latency waterfall of a turn: when each stage was reached, and which took longest."""

from __future__ import annotations

import time
from collections.abc import Callable

from event_system import Stage

STAGES = (
    # Of spoken turns, in either order: words may be understood before the speech counts as ended.
    "endpoint",
    "transcript",
    # Of typed ones.
    "received",
    "first_token",
    "first_sentence",
    "first_audio",
    "first_frame",
)


class Waterfall:
    """Marks the stages of one turn; each counts once.

    Args:
        started: When the turn began, by the clock, if that was earlier than now.
    """

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, *, started: float | None = None
    ) -> None:
        self._clock = clock
        self._started = clock() if started is None else started
        self._stages: dict[str, Stage] = {}

    def mark(self, name: str, at: float | None = None) -> Stage | None:
        """Note that a stage is reached now, or was `at` a time of the clock; None if it was before.

        What was prepared in advance may have reached later stages first; `stages` has the final
        account.
        """
        if name in self._stages:
            return None
        at_ms = ((self._clock() if at is None else at) - self._started) * 1000
        before = max(
            (one.at_ms for one in self._stages.values() if one.at_ms <= at_ms), default=0.0
        )
        stage = Stage(name=name, at_ms=round(at_ms, 2), took_ms=round(at_ms - before, 2))
        self._stages[name] = stage
        return stage

    def reached(self, name: str) -> bool:
        """Whether a stage was reached."""
        return name in self._stages

    @property
    def elapsed(self) -> float:
        """Seconds since the turn began."""
        return self._clock() - self._started

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What was reached, in the order of time, each counted from the one before it."""
        before, told = 0.0, []
        for stage in sorted(self._stages.values(), key=lambda stage: stage.at_ms):
            told.append(
                Stage(
                    name=stage.name,
                    at_ms=stage.at_ms,
                    took_ms=round(max(0.0, stage.at_ms - before), 2),
                )
            )
            before = max(before, stage.at_ms)
        return tuple(told)

    @property
    def slowest(self) -> str:
        """The stage that took longest; empty before any was reached."""
        return max(self.stages, key=lambda stage: stage.took_ms).name if self._stages else ""
