"""Resampling a sound that comes in pieces, so that the pieces join without a click."""

from __future__ import annotations

import numpy as np
import soxr

from backend.media.pcm import Pcm

_NOTHING = np.zeros(0, np.int16)


class StreamResampler:
    """Brings pieces of any sample rate to one.

    Args:
        rate: Of the result, Hz.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._from = 0
        self._soxr: soxr.ResampleStream | None = None

    def feed(self, pcm: Pcm, rate: int) -> Pcm:
        """Take (samples,) int16 at `rate` Hz; what is ready of the result."""
        ended = _NOTHING
        if rate != self._from:
            ended = self.finish()
            self._from = rate
            self._soxr = (
                soxr.ResampleStream(rate, self._rate, 1, dtype="int16", quality="HQ")
                if rate != self._rate
                else None
            )
        ready = self._soxr.resample_chunk(pcm) if self._soxr else pcm
        return np.concatenate([ended, ready]).astype(np.int16)

    def finish(self) -> Pcm:
        """The rest of the result; a new sound may follow."""
        soxr_, self._soxr, self._from = self._soxr, None, 0
        if soxr_ is None:
            return _NOTHING
        rest: Pcm = soxr_.resample_chunk(_NOTHING, last=True)
        return rest
