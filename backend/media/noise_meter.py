"""Measures whether a microphone is clean: its noise far below the voice of its user.

Noise suppression helps recognisers where there is noise, and costs them words where there is none:
of synthetic voices PocketSphinx gets 62 words of a hundred wrong after suppression, 44 without it;
at 15 dB of noise 54 and 56. So a clean microphone's sound is transcribed as it is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

CLEAN_DB = 33.0
"""By how much the loudest of a voice is above the noise of a clean microphone."""
NOISY_DB = 28.0
"""By how much less it has to be, until a clean one counts as noisy."""
_BLOCKS = 400
"""Of 10 ms: pauses between words are part of what is judged."""
_LEAST = 20
_EVERY = 10
_FLOOR_PERCENTILE = 8.0
_PRESUMED_VOICE_DBFS = -30.0
_VOICE_FALLS_DB = 0.01
"""A block: a voice that was loud is forgotten within some ten seconds."""


@dataclass
class NoiseMeter:
    """Follows one microphone.

    Attributes:
        clean: Whether it is clean; it is not, until it is known.
    """

    clean: bool = False
    _levels: deque[float] = field(default_factory=lambda: deque(maxlen=_BLOCKS))
    _voice: float = _PRESUMED_VOICE_DBFS
    _since: int = 0

    def measure(self, level_db: float) -> None:
        """Take the level of a block of 10 ms in which the loudspeaker is silent, dBFS."""
        self._levels.append(level_db)
        self._voice = max(level_db, self._voice - _VOICE_FALLS_DB)
        self._since += 1
        if self._since < _EVERY or len(self._levels) < _LEAST:
            return
        self._since = 0
        noise = float(np.percentile(np.array(self._levels, np.float32), _FLOOR_PERCENTILE))
        self.clean = self._voice - noise > (NOISY_DB if self.clean else CLEAN_DB)
