"""How loud speech is to a listener, so that voices match: loudness by ITU-R BS.1770-4.

Sound is weighted as the head and the ear do, its power is averaged over blocks of 400 ms, and
blocks of silence and of pauses do not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.media.pcm import FULL_SCALE, Pcm

TARGET_LUFS = -18.0
"""What every voice is brought to: the middle of what streaming platforms ask for."""
SILENCE_LUFS = -120.0

_BLOCK_SECONDS, _STEP_SECONDS = 0.4, 0.1
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0
_KNEE, _CEILING = 0.7, 0.97
_ENOUGH_SECONDS = 30.0
_OFFSET = -0.691
"""The constant of BS.1770-4, equation 2: a 997 Hz sine at full scale is -3.01 LUFS."""
_DECAY_SECONDS = 0.1
"""After which the answer of the weighting's filters to a click is under -120 dB."""
_TRANSFORM = 1 << 14


def loudness(pcm: Pcm, sample_rate: int) -> float:
    """The integrated loudness of a whole sound, in LUFS.

    Args:
        pcm: (samples,) int16 mono. Less than 400 ms are taken as one block.
        sample_rate: Hz.

    Returns:
        At least -120, which is silence.
    """
    if not len(pcm):
        return SILENCE_LUFS
    power = _block_power(_weighted(pcm / np.float32(FULL_SCALE), sample_rate), sample_rate)
    gate = _power(_ABSOLUTE_GATE)
    loud = power[power > gate]
    if not len(loud):
        return SILENCE_LUFS
    loud = loud[loud > loud.mean() * 10.0 ** (_RELATIVE_GATE / 10.0)]
    return max(_OFFSET + 10.0 * math.log10(float(loud.mean())), SILENCE_LUFS)


def gain_to(pcm: Pcm, sample_rate: int, target: float = TARGET_LUFS) -> float:
    """The factor that brings a sound to a loudness in LUFS; 1 for silence."""
    found = loudness(pcm, sample_rate)
    return 10.0 ** ((target - found) / 20.0) if found > SILENCE_LUFS else 1.0


def soft_limit(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bend what is above the knee (-3 dBFS) under full scale, instead of cutting it off.

    Args:
        sound: (samples,) float32, ±1 full scale and beyond.
    """
    over = np.abs(sound) - _KNEE
    if not (over > 0).any():
        return sound
    room = _CEILING - _KNEE
    bent = np.sign(sound) * (_KNEE + room * np.tanh(over / room))
    limited: NDArray[np.float32] = np.where(over > 0, bent, sound).astype(np.float32)
    return limited


@dataclass
class VoiceLevel:
    """How loud a voice is, learned from what it says until enough of it was heard.

    One sentence is louder than another, and shall stay so: the gain is that of the voice.

    Attributes:
        seconds: How much has been heard.
        power: Mean power of it, weighted as loudness is.
    """

    seconds: float = 0.0
    power: float = 0.0

    @property
    def known(self) -> bool:
        """Whether more need not be heard."""
        return self.seconds >= _ENOUGH_SECONDS

    @property
    def gain(self) -> float:
        """The factor that brings the voice to `TARGET_LUFS`; 1 while nothing was heard."""
        return math.sqrt(_power(TARGET_LUFS) / self.power) if self.power > 0 else 1.0

    def hear(self, pcm: Pcm, sample_rate: int) -> None:
        """Take what the voice said, without any gain: (samples,) int16; silence is left out."""
        found = loudness(pcm, sample_rate)
        if found <= _ABSOLUTE_GATE:
            return
        seconds = len(pcm) / sample_rate
        whole = self.power * self.seconds + _power(found) * seconds
        self.seconds += seconds
        self.power = whole / self.seconds


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET) / 10.0))


def _block_power(sound: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Mean square of each block of 400 ms, a block starting every 100 ms."""
    size = min(round(_BLOCK_SECONDS * sample_rate), len(sound))
    step = max(1, round(_STEP_SECONDS * sample_rate))
    summed = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    starts = np.arange(0, len(sound) - size + 1, step)
    blocks: NDArray[np.float64] = (summed[starts + size] - summed[starts]) / size
    return blocks


def _weighted(sound: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """The sound after K-weighting, filtered by its spectrum a piece at a time (overlap-add)."""
    tail = round(_DECAY_SECONDS * sample_rate)
    hop = _TRANSFORM - tail
    rows = np.pad(sound, (0, -len(sound) % hop)).reshape(-1, hop)
    turn = np.exp(-2j * np.pi * np.arange(_TRANSFORM // 2 + 1) / _TRANSFORM)
    response = (_shelf(turn, sample_rate) * _high_pass(turn, sample_rate)).astype(np.complex64)
    filtered = np.fft.irfft(np.fft.rfft(rows, _TRANSFORM) * response, _TRANSFORM)
    weighted = filtered[:, :hop].astype(np.float32)
    weighted[1:, :tail] += filtered[:-1, hop:]
    return weighted.reshape(-1)[: len(sound)]


def _shelf(turn: NDArray[np.complex128], sample_rate: int) -> NDArray[np.complex128]:
    """BS.1770-4's first stage, the head: +4 dB above 1.7 kHz.

    The standard tabulates it for 48 kHz; these are the analogue values behind the table, as in
    B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement" (AES 145, 2018).
    """
    k = math.tan(math.pi * 1681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    over = (high + band * k / q + k * k, 2.0 * (k * k - high), high - band * k / q + k * k)
    under = (1.0 + k / q + k * k, 2.0 * (k * k - 1.0), 1.0 - k / q + k * k)
    return _biquad(turn, over, under)


def _high_pass(turn: NDArray[np.complex128], sample_rate: int) -> NDArray[np.complex128]:
    """Its second stage: what is under 38 Hz is not heard as loud."""
    k, q = math.tan(math.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    under = (1.0 + k / q + k * k, 2.0 * (k * k - 1.0), 1.0 - k / q + k * k)
    # The table's numerator is (1, -2, 1) over a denominator scaled to begin with 1.
    return _biquad(turn, (under[0], -2.0 * under[0], under[0]), under)


def _biquad(
    turn: NDArray[np.complex128],
    over: tuple[float, float, float],
    under: tuple[float, float, float],
) -> NDArray[np.complex128]:
    """A filter of second order at the frequencies whose unit delays are `turn`."""
    response: NDArray[np.complex128] = (over[0] + turn * (over[1] + turn * over[2])) / (
        under[0] + turn * (under[1] + turn * under[2])
    )
    return response
