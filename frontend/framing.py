"""From a microphone's own rate and channels to what the backend takes: 20 ms of 16 kHz mono."""

from __future__ import annotations

from typing import Any

from event_system import FRAME_SECONDS, MICROPHONE_RATE

FRAME_SAMPLES = round(MICROPHONE_RATE * FRAME_SECONDS)
FRAME_BYTES = 2 * FRAME_SAMPLES
POWER_MEMORY_S = 1.0
"""How long the power of a channel is remembered for its share in the mix."""

INAUDIBLE_STEP = 0.001
"""A change of a channel's share that makes no click, -60 dB."""


class Framer:
    """Turns blocks of interleaved sound into frames; what is left over waits for the next block.

    Channels are mixed by their power: two alike count half each, and a channel that nothing is
    plugged into does not make the other one quieter.

    Args:
        rate: Of the blocks, Hz.
        channels: Of the blocks.
    """

    def __init__(self, rate: int, channels: int) -> None:
        import numpy as np
        import soxr

        self._channels = channels
        self._memory = POWER_MEMORY_S * rate
        self._power: Any = np.zeros(channels, np.float32)
        self._rest = b""
        self._odd = b""
        self._resampler: Any = None
        if rate != MICROPHONE_RATE:
            # The better qualities hold sound back twice as long, for a roll-off that speech at
            # 16 kHz does not need.
            self._resampler = soxr.ResampleStream(
                rate, MICROPHONE_RATE, 1, dtype="float32", quality="LQ"
            )

    def feed(self, block: bytes) -> list[bytes]:
        """Frames of `FRAME_BYTES` that are complete now: PCM16, mono, 16 kHz.

        Args:
            block: PCM16 little endian, interleaved; any length.
        """
        import numpy as np

        block = self._odd + block
        whole = len(block) - len(block) % (2 * self._channels)
        block, self._odd = block[:whole], block[whole:]
        if not block:
            return []
        sound = np.frombuffer(block, "<i2").reshape(-1, self._channels).T.astype(np.float32)
        mono = sound[0] if self._channels == 1 else self._mix(sound)
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        pcm = self._rest + np.clip(np.rint(mono), -32768, 32767).astype("<i2").tobytes()
        ends = len(pcm) - len(pcm) % FRAME_BYTES
        self._rest = pcm[ends:]
        return [pcm[at : at + FRAME_BYTES] for at in range(0, ends, FRAME_BYTES)]

    def _mix(self, sound: Any) -> Any:
        """(channels, samples) float32 to (samples,): the shares move slowly, without clicks."""
        import numpy as np

        count = sound.shape[1]
        now = np.array([float(np.dot(one, one)) / count for one in sound], np.float32)
        known = bool(self._power.any())
        before = _shares(self._power if known else now)
        follow = min(1.0, count / self._memory) if known else 1.0
        self._power = self._power + follow * (now - self._power)
        after = _shares(self._power)
        if float(np.max(np.abs(after - before))) < INAUDIBLE_STEP:
            return after @ sound
        ramp = np.arange(count, dtype=np.float32) / count
        return before @ sound + ramp * ((after - before) @ sound)


def _shares(power: Any) -> Any:
    """What each channel counts; together 1."""
    import numpy as np

    total = float(power.sum())
    if total <= 0.0:
        return np.full(len(power), 1 / len(power), np.float32)
    return (power / total).astype(np.float32)
