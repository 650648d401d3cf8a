"""What is done to the microphone's sound before anybody listens: echo, noise, rumble, level.

WebRTC's audio processing (AEC3, noise suppression, high-pass, automatic gain) by `pywebrtc-audio`,
in blocks of 10 ms. The far end is what the loudspeaker is playing at that time: without it the
character would hear itself.

The canceller presumes an echo. With headphones there is none, and it would swallow most of what
the user says meanwhile; so it is measured whether there is one, and where there is none the sound
goes around the canceller. And it swallows much of a user who speaks over the character even where
there is an echo; so that they are noticed and understood, what an echo path leaves is listened to
as soon as that explains the echo. A microphone that is clean is listened to without suppression
while the loudspeaker is silent.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.media.echo_path import EchoPath
from backend.media.noise_meter import NoiseMeter

RATE = 16_000
BLOCK = RATE // 100
BLOCK_SECONDS = BLOCK / RATE
LEARNING_S = 1.2
"""How long the far end has to sound until the canceller knows the room (measured in simulated
rooms with delays up to 140 ms; see `python main.py bench interruptions`)."""
MOST_LEARNING_S = 3.0
"""How long at most, where no path explains what is heard: headphones that leak, or noise."""
_FAR_DBFS = -45.0
_NO_ECHO_DB = -34.0
_REACH = 25
"""Blocks by which an echo may lag behind the far end, and reverberate."""
_JUDGED = 300
_PERCENTILE = 30.0
_GATE_DB = -30.0
_GATED = 0.05
_FADE_IN = np.linspace(0.0, 1.0, BLOCK, dtype=np.float32)


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


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """Sound of a microphone, filtered for two uses.

    Attributes:
        sound: (samples,) int16 at 16,000 Hz, to be transcribed.
        over_echo: (samples,) the same, to detect voices over the character's.
    """

    sound: NDArray[np.int16]
    over_echo: NDArray[np.int16]


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

        def processor(echo: bool, noise: bool = noise) -> AudioProcessor:
            return AudioProcessor(
                sample_rate=RATE,
                echo_cancellation=echo,
                noise_suppression=noise,
                high_pass_filter=True,
                auto_gain_control=gain,
                stream_delay_ms=delay_ms,
            )

        self._plain = processor(False)
        self._bare = processor(False, noise=False) if noise else None
        self._canceller = processor(True) if echo else None
        self._after = processor(False)
        self._echo_path = EchoPath()
        self._meter = EchoMeter()
        self._noise = NoiseMeter()
        self._silent = _REACH
        self._way = ""
        self._level = -120.0

    @property
    def learning(self) -> bool:
        """Whether the canceller does not know the room yet: what it gives may be the far end."""
        if self._canceller is None:
            return False
        known = self._echo_path.trusted or not self._meter.echo
        return self._meter.sounded * BLOCK_SECONDS < (LEARNING_S if known else MOST_LEARNING_S)

    def process(self, near: NDArray[np.int16], far: NDArray[np.int16]) -> Filtered:
        """Filter sound.

        Args:
            near: (samples,) int16 mono at 16,000 Hz from the microphone, whole blocks of 10 ms.
            far: (samples,) what the loudspeaker plays meanwhile; as long as `near`.

        Returns:
            Sound as long as `near`.
        """
        sound, over_echo = np.zeros_like(near), np.zeros_like(near)
        for start in range(0, len(near) - BLOCK + 1, BLOCK):
            part = slice(start, start + BLOCK)
            sound[part], over_echo[part] = self._block(near[part], far[part])
        return Filtered(sound, over_echo)

    def _block(
        self, near: NDArray[np.int16], far: NDArray[np.int16]
    ) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        plain: NDArray[np.int16] = self._plain.process(near, far)
        bare: NDArray[np.int16] = self._bare.process(near, far) if self._bare else plain
        far_db = _dbfs(far)
        self._silent = 0 if far_db > _FAR_DBFS else self._silent + 1
        alone = self._silent > _REACH
        if alone:
            self._noise.measure(_dbfs(bare))
        clean = self._noise.clean
        if self._canceller is None:
            return self._chosen("bare" if clean else "plain", plain=plain, bare=bare), plain
        cancelled: NDArray[np.int16] = self._canceller.process(near, far)
        path, left = self._echo_path, self._echo_path.process(near, far)
        rest: NDArray[np.int16] = self._after.process(left.sound, far)
        level = _dbfs(plain)
        self._meter.measure(level, far_db)
        if self._meter.echo:
            name = "rest" if path.trusted and not path.moved else "cancelled"
            over_echo = cancelled if path.moved else left.certain
        else:
            # What leaks out of headphones is quiet beside what is played in them.
            self._level = max(level, self._level - 1.0)
            if self._level < self._meter.far_db + _GATE_DB and self._meter.far_db > _FAR_DBFS:
                plain, bare = _gated(plain), _gated(bare)
            name, over_echo = "plain", plain
        if clean and (alone or not self._meter.echo):
            name = "bare"
        return self._chosen(name, plain=plain, bare=bare, cancelled=cancelled, rest=rest), over_echo

    def _chosen(self, name: str, **ways: NDArray[np.int16]) -> NDArray[np.int16]:
        """The block that came one way; where another begins, it is faded in."""
        before, self._way = self._way, name
        if before == name or before not in ways:
            return ways[name]
        mixed: NDArray[np.int16] = (
            ways[before] + (ways[name] - ways[before].astype(np.float32)) * _FADE_IN
        ).astype(np.int16)
        return mixed


def _gated(block: NDArray[np.int16]) -> NDArray[np.int16]:
    quiet: NDArray[np.int16] = (block * _GATED).astype(np.int16)
    return quiet


def _dbfs(block: NDArray[np.int16]) -> float:
    sound = block.astype(np.float32)
    return 10.0 * math.log10(float(np.dot(sound, sound)) / len(block) / 32768.0**2 + 1e-12)
