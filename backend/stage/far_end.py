"""What a loudspeaker has played lately, for the echo canceller of the microphone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from event_system import MICROPHONE_RATE, PLAYOUT_RATE

KEPT_S = 2.0
_TOLERANCE = round(0.03 * MICROPHONE_RATE)
_STEP = PLAYOUT_RATE // MICROPHONE_RATE
# A windowed sinc that lets pass what a 16,000 Hz signal can hold (cut-off 7 kHz, 49 taps).
_TAPS = 49


def _low_pass() -> NDArray[np.float32]:
    """(taps,) FIR filter, gain 1 at 0 Hz."""
    at = np.arange(_TAPS) - (_TAPS - 1) / 2
    cut = 2 * 7_000 / PLAYOUT_RATE
    taps = np.sinc(cut * at) * np.hamming(_TAPS)
    filter_: NDArray[np.float32] = (taps / taps.sum()).astype(np.float32)
    return filter_


class FarEnd:
    """A ring of the last two seconds that were played, at 16,000 Hz on the player's clock."""

    def __init__(self) -> None:
        self._ring: NDArray[np.int16] = np.zeros(round(KEPT_S * MICROPHONE_RATE), np.int16)
        self._written = 0
        self._filter = _low_pass()
        self._tail: NDArray[np.float32] = np.zeros(_TAPS - 1, np.float32)

    def write(self, position: int, frame: NDArray[np.int16]) -> None:
        """Note a frame.

        Args:
            position: Its first sample on the clock, at `PLAYOUT_RATE`.
            frame: (samples,) int16 at `PLAYOUT_RATE`, a multiple of three samples.
        """
        sound = np.concatenate([self._tail, frame.astype(np.float32)])
        self._tail = sound[-(_TAPS - 1) :]
        narrow = np.convolve(sound, self._filter, "valid")[::_STEP]
        self._store(position // _STEP, np.clip(narrow, -32768, 32767).astype(np.int16))

    def read(self, start: int, count: int) -> NDArray[np.int16]:
        """What was played: (count,) int16 at 16,000 Hz.

        Args:
            start: First sample on the clock at 16,000 Hz. What has not been played, or is no
                longer kept, is silence.
        """
        sound = np.zeros(count, np.int16)
        first = max(start, self._written - len(self._ring), 0)
        last = min(start + count, self._written)
        if last > first:
            places = np.arange(first, last) % len(self._ring)
            sound[first - start : last - start] = self._ring[places]
        return sound

    def flush(self, position: int) -> None:
        """Nothing from this position on (at `PLAYOUT_RATE`) will be heard."""
        start = position // _STEP
        if start < self._written:
            places = np.arange(max(start, self._written - len(self._ring)), self._written)
            self._ring[places % len(self._ring)] = 0

    def _store(self, start: int, sound: NDArray[np.int16]) -> None:
        if start > self._written:
            gap = min(start - self._written, len(self._ring))
            self._ring[np.arange(start - gap, start) % len(self._ring)] = 0
        self._ring[np.arange(start, start + len(sound)) % len(self._ring)] = sound
        self._written = max(self._written, start + len(sound))


@dataclass
class SteadyCursor:
    """Where on a clock pieces of sound lie that follow each other without gaps.

    The clock is read early and late, but the canceller wants sound that goes on; so a piece goes
    on where the last one ended. The cursor jumps back at once when a piece is earlier than that,
    and on when all of some were later (a gap, or clocks that drift).

    Attributes:
        patience: In how many pieces all have to be late.
        gap: Samples by which one that is late shows a gap by itself, where times are exact.
    """

    patience: int = 25
    gap: int = 1 << 40
    _next: int | None = None
    _least_late: int = 1 << 40
    _calls: int = 0

    def place(self, wanted: int, count: int, limit: int = 1 << 62) -> int:
        """The first sample of a piece.

        Args:
            wanted: Where it is by the clock.
            count: Its samples.
            limit: Where it ends at the latest.
        """
        late = wanted - self._next if self._next is not None else 1 << 40
        if self._next is None or late < -_TOLERANCE or late > self.gap:
            self._next = wanted
            late = 0
        self._least_late = min(self._least_late, late)
        self._calls += 1
        if self._calls >= self.patience:
            if self._least_late > _TOLERANCE:
                self._next += self._least_late
            self._calls, self._least_late = 0, 1 << 40
        start = min(self._next, limit - count)
        self._next = start + count
        return start
