"""What is done to the microphone's sound before anybody listens: echo, noise, rumble, level.

WebRTC's audio processing (AEC3, noise suppression, high-pass, automatic gain) by `pywebrtc-audio`,
in blocks of 10 ms. The far end is what the loudspeaker is playing at that time: without it the
character would hear itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
BLOCK = RATE // 100


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

        self._processor = AudioProcessor(
            sample_rate=RATE,
            echo_cancellation=echo,
            noise_suppression=noise,
            high_pass_filter=True,
            auto_gain_control=gain,
            stream_delay_ms=delay_ms,
        )

    def process(self, near: NDArray[np.int16], far: NDArray[np.int16]) -> NDArray[np.int16]:
        """Filter sound.

        Args:
            near: (samples,) int16 mono at 16,000 Hz from the microphone, whole blocks of 10 ms.
            far: (samples,) what the loudspeaker plays meanwhile; as long as `near`.

        Returns:
            (samples,) int16, as long as `near`.
        """
        blocks = [
            self._processor.process(near[start : start + BLOCK], far[start : start + BLOCK])
            for start in range(0, len(near) - BLOCK + 1, BLOCK)
        ]
        return np.concatenate(blocks) if blocks else near[:0]
