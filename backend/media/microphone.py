"""What is done to the microphone's sound before anybody listens: echo, noise, rumble, level.

WebRTC's audio processing (AEC3, noise suppression, high-pass, automatic gain) by `pywebrtc-audio`,
in blocks of 10 ms. The far end is what the loudspeaker is playing at that time: without it the
character would hear itself.

The canceller presumes an echo. With headphones there is none, and it would swallow most of what
the user says meanwhile; so it is measured whether there is one, and where there is none the sound
goes around the canceller.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
BLOCK = RATE // 100
BLOCK_SECONDS = BLOCK / RATE
LEARNING_S = 1.6
"""How long the far end has to sound until the canceller knows the room (measured in simulated
rooms with delays up to 140 ms; see `python main.py bench listen`)."""
_FAR_DBFS = -45.0
_NO_ECHO_DB = -34.0
_REACH = 25
"""Blocks by which an echo may lag behind the far end, and reverberate."""
_JUDGED = 300
_PERCENTILE = 30.0
_GATE_DB = -30.0
_GATED = 0.05


@dataclass
class EchoMeter:
    """Measures whether the far end is heard in the microphone at all.

    Compared are the quieter blocks of the microphone with the far end's, while it sounds: an echo
    fills them, a user who speaks at the same time leaves many of them empty.
    """

    _far: deque[float] = field(default_factory=lambda: deque(maxlen=_REACH))
    _near: deque[float] = field(default_factory=lambda: deque(maxlen=_REACH // 2))
    _pairs: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_JUDGED))
    _since: int = 0
    sounded: int = 0
    echo: bool = True

    @property
    def far_db(self) -> float:
        """The loudest of the far end that may be heard now, dBFS."""
        return max(self._far, default=-120.0)

    def measure(self, near_db: float, far_db: float) -> None:
        """Take the levels of a block, dBFS."""
        self._far.append(far_db)
        self._near.append(near_db)
        loudest = self.far_db
        if far_db > _FAR_DBFS:
            self.sounded += 1
        if loudest <= _FAR_DBFS:
            return
        self._pairs.append((max(self._near), loudest))
        self._since += 1
        if self._since >= 10 and len(self._pairs) >= _JUDGED // 3:
            self._since = 0
            near, far = np.array(self._pairs, np.float32).T
            loss = np.percentile(near, _PERCENTILE) - np.percentile(far, _PERCENTILE)
            self.echo = bool(loss > _NO_ECHO_DB)


class MicrophoneFilter:
    """One microphone's filter; not thread-safe.

    Args:
        echo: Take the far end's echo out.
        noise: Suppress steady noise.
        gain: Bring quiet voices up.
        delay_ms: About how much later than given the far end reaches the microphone.
    """

    def __init__(
        self, *, echo: bool = True, noise: bool = True, gain: bool = False, delay_ms: int = 60
    ) -> None:
        from pywebrtc_audio import AudioProcessor

        def processor(echo: bool) -> AudioProcessor:
            return AudioProcessor(
                sample_rate=RATE,
                echo_cancellation=echo,
                noise_suppression=noise,
                high_pass_filter=True,
                auto_gain_control=gain,
                stream_delay_ms=delay_ms,
            )

        self._plain = processor(False)
        self._canceller = processor(True) if echo else None
        self._meter = EchoMeter()
        self._level = -120.0

    @property
    def learning(self) -> bool:
        """Whether the canceller does not know the room yet: what it gives may be the far end."""
        return self._canceller is not None and self._meter.sounded * BLOCK_SECONDS < LEARNING_S

    def process(self, near: NDArray[np.int16], far: NDArray[np.int16]) -> NDArray[np.int16]:
        """Filter sound.

        Args:
            near: (samples,) int16 mono at 16,000 Hz from the microphone, whole blocks of 10 ms.
            far: (samples,) what the loudspeaker plays meanwhile; as long as `near`.

        Returns:
            (samples,) int16, as long as `near`.
        """
        blocks = [
            self._block(near[start : start + BLOCK], far[start : start + BLOCK])
            for start in range(0, len(near) - BLOCK + 1, BLOCK)
        ]
        return np.concatenate(blocks) if blocks else near[:0]

    def _block(self, near: NDArray[np.int16], far: NDArray[np.int16]) -> NDArray[np.int16]:
        plain: NDArray[np.int16] = self._plain.process(near, far)
        if self._canceller is None:
            return plain
        cancelled: NDArray[np.int16] = self._canceller.process(near, far)
        level = _dbfs(plain)
        self._meter.measure(level, _dbfs(far))
        if self._meter.echo:
            return cancelled
        # What leaks out of headphones is quiet beside what is played in them.
        self._level = max(level, self._level - 1.0)
        if self._level < self._meter.far_db + _GATE_DB and self._meter.far_db > _FAR_DBFS:
            return (plain * _GATED).astype(np.int16)
        return plain


def _dbfs(block: NDArray[np.int16]) -> float:
    power = float(np.mean(np.square(block, dtype=np.float32)))
    return float(10.0 * np.log10(power / 32768.0**2 + 1e-12))
