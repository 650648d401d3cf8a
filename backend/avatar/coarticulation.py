"""From visemes to moving lips: shapes blend into each other, closures stay closures.

Every shape pulls each mouth parameter toward its own value, with a dominance that rises before
the sound, holds through it and falls after it; the mouth is the weighted mean of the pulls. This
is the model of Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993).
What must not be blended away comes last: the lips meet for p, b and m, and the lower lip meets
the teeth for f and v.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.avatar.pose import Mouth
from backend.avatar.visemes import VOWELS, Viseme, VisemeEvent, VisemeTimeline

MOUTH_CHANNELS = ("open", "width", "round", "tuck", "press", "tongue")
"""The order of the columns of `MouthCurve.sample`; the fields of `Mouth`."""

GRID_SECONDS = 0.005
MIN_CLOSURE_SECONDS = 0.050
"""Full closure lasts at least this long, so that a frame at 30 a second always shows it."""

_MIN_TUCK_SECONDS = 0.040
_CLOSURE_RAMP = 0.035
_TUCK_RAMP = 0.050
_TUCKED_OPEN = 0.06
_MIN_SHAPE_SECONDS = 0.070
_CORE_PART = 0.55
_FALL_EXPONENT = 1.4
_REACH = 3.0
_LAG_SECONDS = 0.008
_EDGE_SECONDS = 0.300
_OPEN, _WIDTH, _ROUND, _TUCK, _PRESS, _TONGUE = range(6)

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A viseme's values and how strongly it insists on each.

    Attributes:
        open: As in `Mouth`, like the next three.
        width: Corner spread.
        round: Lip rounding.
        tongue: Tongue tip.
        jaw: Dominance over the opening.
        lips: Dominance over width and rounding.
        before: Seconds in which the pull rises; rounded vowels are prepared early.
        after: Seconds in which it falls.
    """

    open: float
    width: float
    round: float
    tongue: float
    jaw: float
    lips: float
    before: float = 0.042
    after: float = 0.045


_SHAPES: dict[Viseme, _Shape] = {
    Viseme.SIL: _Shape(0.00, 0.00, 0.00, 0.0, 0.60, 0.30, 0.040, 0.045),
    Viseme.PP: _Shape(0.00, 0.00, 0.05, 0.0, 0.90, 0.15, 0.038, 0.040),
    Viseme.FF: _Shape(0.07, 0.10, 0.00, 0.0, 0.90, 0.25, 0.038, 0.040),
    Viseme.TH: _Shape(0.18, 0.10, 0.00, 0.9, 0.50, 0.25),
    Viseme.DD: _Shape(0.17, 0.15, 0.00, 0.4, 0.35, 0.15),
    Viseme.KK: _Shape(0.24, 0.05, 0.00, 0.0, 0.25, 0.10),
    Viseme.CH: _Shape(0.16, -0.15, 0.60, 0.1, 0.60, 0.65),
    Viseme.SS: _Shape(0.11, 0.40, 0.00, 0.1, 0.60, 0.40),
    Viseme.NN: _Shape(0.18, 0.10, 0.00, 0.6, 0.30, 0.12),
    Viseme.RR: _Shape(0.22, -0.10, 0.38, 0.2, 0.35, 0.40),
    Viseme.AA: _Shape(0.80, 0.10, 0.00, 0.0, 0.90, 0.60, 0.045, 0.050),
    Viseme.E: _Shape(0.50, 0.42, 0.00, 0.0, 0.80, 0.60, 0.045, 0.050),
    Viseme.I: _Shape(0.30, 0.75, 0.00, 0.0, 0.80, 0.70, 0.045, 0.050),
    Viseme.O: _Shape(0.55, -0.15, 0.75, 0.0, 0.90, 0.85, 0.060, 0.054),
    Viseme.U: _Shape(0.24, -0.35, 1.00, 0.0, 0.90, 0.95, 0.068, 0.054),
}


def target_opening(viseme: Viseme) -> float:
    """The jaw opening that a shape aims for, 0 to 1, before any blending."""
    return _SHAPES[viseme].open


class MouthCurve:
    """The lips over the time of one piece of speech, computed once and cheap to ask."""

    def __init__(self, timeline: VisemeTimeline) -> None:
        """Blend the timeline on a grid of 5 ms."""
        self.timeline = timeline
        self.duration = timeline.end + _EDGE_SECONDS if timeline.events else 0.0
        self._rows = _blend(timeline.events, self.duration)

    @classmethod
    def from_rows(cls, rows: Rows, timeline: VisemeTimeline) -> MouthCurve:
        """A curve that was measured instead of blended.

        Args:
            rows: (steps, 6) float32, a row every `GRID_SECONDS` in the order `MOUTH_CHANNELS`.
            timeline: What is known of the shapes; its `source` and `confidence` count.
        """
        curve = cls.__new__(cls)
        curve.timeline = timeline
        curve.duration = max(0, len(rows) - 1) * GRID_SECONDS
        curve._rows = np.ascontiguousarray(rows, np.float32)
        return curve

    def at(self, t: float) -> Mouth:
        """The lips at `t` seconds; at rest outside the speech.

        For a video, ask for the middle of the time in which a frame is shown.
        """
        place = t / GRID_SECONDS
        index = int(place)
        if t < 0.0 or index >= len(self._rows) - 1:
            return Mouth()
        part = place - index
        before, after = self._rows[index : index + 2].tolist()
        return Mouth(*[a + (b - a) * part for a, b in zip(before, after, strict=True)])

    def sample(self, times: NDArray[np.floating] | Sequence[float]) -> Rows:
        """The lips at many times.

        Args:
            times: (n,) seconds.

        Returns:
            (n, 6) float32 in the order `MOUTH_CHANNELS`; zero rows outside the speech.
        """
        asked = np.asarray(times, np.float64)
        if len(self._rows) < 2:
            return np.zeros((len(asked), len(MOUTH_CHANNELS)), np.float32)
        place = asked / GRID_SECONDS
        index = np.clip(place.astype(np.int64), 0, len(self._rows) - 2)
        part = (place - index)[:, None].astype(np.float32)
        rows = self._rows[index] * (1 - part) + self._rows[index + 1] * part
        rows[(asked < 0) | (place >= len(self._rows) - 1)] = 0.0
        return rows.astype(np.float32)


def _blend(events: Sequence[VisemeEvent], duration: float) -> Rows:
    """Mix the pulls of all events, then apply what must not be blended.

    Returns:
        (steps, 6) float32, a row every `GRID_SECONDS`.
    """
    if not events:
        return np.zeros((0, len(MOUTH_CHANNELS)), np.float32)
    steps = int(np.ceil(duration / GRID_SECONDS)) + 1
    # Rows: the pulls on open, width, round and tongue, and the weights of jaw and lips.
    mix = np.zeros((6, steps))
    mix[4:] = 1e-6
    press, tuck = np.zeros(steps), np.zeros(steps)
    first, last = events[0].start, events[-1].end
    edges = (
        VisemeEvent(first - _EDGE_SECONDS, first, Viseme.SIL),
        VisemeEvent(last, last + _EDGE_SECONDS, Viseme.SIL),
    )
    for event in (edges[0], *events, edges[1]):
        _pull(event, mix)
        if event.viseme is Viseme.PP:
            _raise(press, event, MIN_CLOSURE_SECONDS, _CLOSURE_RAMP)
        elif event.viseme is Viseme.FF:
            _raise(tuck, event, _MIN_TUCK_SECONDS, _TUCK_RAMP)
    opening, tongue = mix[(0, 3), :] / mix[4]
    width, rounding = mix[1:3] / mix[5]
    rows = np.empty((steps, len(MOUTH_CHANNELS)), np.float32)
    free = 1.0 - press
    rows[:, _OPEN] = np.clip(opening * (1 - tuck) + _TUCKED_OPEN * tuck, 0.0, 1.0) * free
    rows[:, _WIDTH] = np.clip(width, -1.0, 1.0)
    rows[:, _ROUND] = np.clip(rounding, 0.0, 1.0)
    rows[:, _TUCK] = tuck * free
    rows[:, _PRESS] = press
    rows[:, _TONGUE] = np.clip(tongue, 0.0, 1.0) * free
    return rows


def _pull(event: VisemeEvent, mix: NDArray[np.float64]) -> None:
    """Add one event's pulls and weights to the rows of `mix`: (6, steps)."""
    shape = _SHAPES[event.viseme]
    # Preparing a shape early would put the picture ahead of the sound on the whole; with this lag
    # the offset measured on decoded videos is zero on average.
    centre = (event.start + event.end) / 2.0 + _LAG_SECONDS
    core = max(event.end - event.start, _MIN_SHAPE_SECONDS) / 2.0 * _CORE_PART
    steps = _window(centre, core + shape.before * _REACH, core + shape.after * _REACH, mix.shape[1])
    if steps.stop <= steps.start:
        return
    offset = np.arange(steps.start, steps.stop) * GRID_SECONDS - centre
    fall = np.where(offset < 0, shape.before, shape.after)
    pull = np.exp(-((np.maximum(np.abs(offset) - core, 0.0) / fall) ** _FALL_EXPONENT))
    opening, jaw, lips = shape.open, shape.jaw, shape.lips
    if event.viseme in VOWELS:
        # A short vowel does not reach its target: the lips have no time to get there.
        reached = min(max(0.55 + (event.end - event.start) / 0.16, 0.6), 1.15)
        opening = opening * event.stress * reached
    elif event.viseme is Viseme.SIL:
        jaw, lips = jaw * event.stress, lips * event.stress
    amounts = np.array(
        (opening * jaw, shape.width * lips, shape.round * lips, shape.tongue * jaw, jaw, lips)
    )
    mix[:, steps] += amounts[:, None] * pull


def _raise(track: NDArray[np.float64], event: VisemeEvent, at_least: float, ramp: float) -> None:
    """Hold `track` at 1 during the event, for `at_least` seconds, with smooth ramps beside it."""
    centre = (event.start + event.end) / 2.0
    hold = max(event.end - event.start, at_least) / 2.0 + GRID_SECONDS
    steps = _window(centre, hold + ramp, hold + ramp, len(track))
    if steps.stop <= steps.start:
        return
    offset = np.abs(np.arange(steps.start, steps.stop) * GRID_SECONDS - centre)
    level = np.clip(1.0 - (offset - hold) / ramp, 0.0, 1.0)
    track[steps] = np.maximum(track[steps], level * level * (3.0 - 2.0 * level))


def _window(centre: float, before: float, after: float, steps: int) -> slice:
    """The grid steps between `centre - before` and `centre + after`."""
    start = max(0, int(np.ceil((centre - before) / GRID_SECONDS)))
    return slice(start, min(steps, int((centre + after) / GRID_SECONDS) + 1))
