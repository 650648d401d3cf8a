"""Dynamic time warping with an open end: a sound that is still coming along one that is known.

Every frame that comes moves all ways through the known sound on by one step; the best of them
tells where in it the voice is. This is the search of a recogniser (Viterbi) over a chain of
states, after S. Dixon, "Live tracking of musical performances using on-line time warping"
(DAFx 2005): a frame costs as many steps as the known sound has frames, and nothing is done anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.avatar.speech_features import Features

_STEP_COSTS = (1.0, 0.0, 0.2, 2.0)
"""Of staying on a frame of the known sound, going to the next one, and leaving out one or two.

Fitted to voices that are in no benchmark (flite's kal and kal16).
"""
_PAUSE_STAY_COST = 0.3
_SLOWEST, _FASTEST, _SLACK = 0.4, 2.0, 10
"""How far the voice may be after a number of frames with speech, in frames of the known sound."""
_LOOK_BACK = 40
"""How far before what is new a path is found again, in frames."""
_FAR = 1e9

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OpenPath:
    """Where the voice is in the known sound.

    Attributes:
        heard: (steps,) numbers of the heard frames, each one more than the one before.
        known: (steps,) the frame of the known sound that belongs to each, never falling.
        frames: How many were heard since speech began.
        cost: Mean cost of each of those.
    """

    heard: NDArray[np.int64]
    known: NDArray[np.int64]
    frames: int
    cost: float

    @property
    def tempo(self) -> float:
        """Frames of the known sound that go by in one that is heard, as of late; 0.5 to 2."""
        steps = min(80, len(self.known) - 1)
        if steps < 20:
            return 1.0
        return float(np.clip((self.known[-1] - self.known[-1 - steps]) / steps, 0.5, 2.0))

    def when(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """When places of the known sound (frames, with parts) are or will be heard, in frames."""
        known, first = np.unique(self.known, return_index=True)
        last = np.append(first[1:], len(self.known)) - 1
        middle = (self.heard[first] + self.heard[last]) / 2.0
        found = np.interp(places, known.astype(np.float64), middle)
        ahead = self.heard[-1] + (places - known[-1]) / self.tempo
        return np.asarray(np.where(places > known[-1], ahead, found), np.float64)


class OpenWarp:
    """A sound that comes frame by frame along a known one.

    Args:
        known: (n, features) float32, n > 3, which begins with speech.
        pauses: (n,) where the known sound has a pause, on which the voice may stay.
    """

    def __init__(self, known: Features, pauses: Flags) -> None:
        self._known = known
        self._squares = np.square(known).sum(axis=1)
        self._stay = np.where(pauses, _PAUSE_STAY_COST, _STEP_COSTS[0])
        self._places = np.arange(len(known))
        self._costs: NDArray[np.float64] | None = None
        self._moves: list[NDArray[np.int8]] = []
        self._heard = self._with_speech = self._begun = 0

    def feed(self, frames: Features, quiet: Flags) -> None:
        """Take what is heard.

        Args:
            frames: (m, features) float32.
            quiet: (m,) which of them are pauses; those before the speech are passed over.
        """
        squares = np.square(frames).sum(axis=1)
        apart = self._squares[:, None] - 2.0 * self._known @ frames.T + squares
        distances = np.sqrt(np.maximum(apart, 0.0))
        self._moves = self._moves[-_LOOK_BACK:]
        for number in range(len(frames)):
            self._heard += 1
            if self._costs is None and quiet[number]:
                self._begun += 1
                continue
            self._with_speech += not quiet[number]
            self._step(distances[:, number])

    def path(self) -> OpenPath | None:
        """The best way so far: through what was fed last, and somewhat before it.

        Returns:
            None as long as there was no speech.
        """
        if self._costs is None:
            return None
        place = int(self._costs.argmin())
        frames = self._heard - self._begun
        cost = float(self._costs[place]) / frames
        known = [place]
        for moves in self._moves[:0:-1]:
            place -= int(moves[place])
            known.append(place)
        heard = np.arange(self._heard - len(known), self._heard)
        return OpenPath(heard, np.array(known[::-1], np.int64), frames, cost)

    def _step(self, distances: NDArray[np.float64]) -> None:
        """Move every way on by one frame: (n,) distances of the heard frame to the known ones."""
        size = len(distances)
        ways = np.full((len(_STEP_COSTS), size), _FAR)
        if self._costs is None:
            ways[0, : len(_STEP_COSTS)] = _STEP_COSTS[1:2] + _STEP_COSTS[1:]
        else:
            ways[0] = self._costs + self._stay
            for skip in range(1, len(_STEP_COSTS)):
                ways[skip, skip:] = self._costs[:-skip] + _STEP_COSTS[skip]
        best = ways.argmin(axis=0)
        costs = ways[best, self._places] + distances
        costs[self._places > self._with_speech * _FASTEST + _SLACK] = _FAR
        slowest = min(self._with_speech * _SLOWEST - _SLACK, size - 3)
        costs[self._places < slowest] = _FAR
        self._costs = costs
        self._moves.append(best.astype(np.int8))
