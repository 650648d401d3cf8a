"""The way from the loudspeaker to the microphone, learned while the character speaks.

An echo canceller made for calls takes the echo out so thoroughly that it takes much of a user who
speaks at the same time along. To notice and to understand such a user, less is better: what the
loudspeaker can have caused is predicted by a linear model that goes on learning while both speak.
What is left is the user, whole, and a little echo. To look for voices in it, of that only what is
more than the model's own uncertainty explains is kept.

Sounds that were not played before surprise such a model, and a path that moves more so. So four
times a second the path that fits best to the last half second is computed; where it explains a lot
of what the model left, it is the model from then on. That also tells users from echoes: no path
explains a user.

The model is the partitioned frequency-domain Kalman filter of F. Kuech, E. Mabande and G. Enzner,
"State-Space Architecture of the Partitioned-Block-Based Acoustic Echo Controller" (ICASSP 2014);
the rest is weighted as by Wiener, with the uncertain part of the prediction as the noise.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.media.echo_fit import convolved, fit

BLOCK = 160
"""Samples a block at 16,000 Hz: 10 ms."""
REACH_BLOCKS = 25
"""Blocks by which an echo may lag behind the far end, its reverberation included."""
_WINDOW = 2 * BLOCK
_BINS = BLOCK + 1
_FIRST_VARIANCE = 0.5
"""What a coefficient may be, squared, before anything is known: much, or it learns slowly."""
_KEEPING = 0.998
"""How much of the path is the same a block later: it moves within some 5 s, which keeps up with a
changed volume and with clocks that drift by 50 ppm."""
_NEAR_KEEPING = 0.5
_TURNS = 5
"""In so many blocks each part of the path is constrained once."""
_CAUTION = 4.0
"""The uncertain part is taken for this many times as strong: a Wiener filter's usual 6 dB."""
_LEAST_GAIN = 0.03
_LINGERING = 5
"""Blocks for which what was uncertain stays so: reverberation outlasts its cause."""
_RUMBLE_BINS = 2
"""Bins of 50 Hz at the bottom that hold no voice."""
_JUDGED = 1_000
_JUDGED_LEAST = 200
_USUAL_DB = 9.0
"""More than this over what is expected is usually left only where the model does not fit."""
_QUIET = 1e-9
_FIT_BLOCKS = 51
_FIT_EVERY = 25
_FIT_DB = 6.0
"""A fit that explains so much more is better than the model."""
_TRUSTED_DB = 10.0
"""A model that takes out so much explains the echo, however short it has learned."""
_FITTED_DB = 18.0
"""Where the model takes so much out, it needs no fit."""
_ECHO_DB = 4.5
"""What a path explains by so much is an echo: of a user it explains up to 3 dB by chance, of one
who just began a little more."""
_MOVED_DB = 6.0
"""Where the model takes less out than this, what a path explains is an echo that moved."""
_PLAYED = 1e-6
_FIT_SAMPLES = (_FIT_BLOCKS + REACH_BLOCKS) * BLOCK - 1


class Left(NamedTuple):
    """What of a block the loudspeaker did not cause, (160,) int16 each.

    Attributes:
        sound: The block without the echo that the model predicts: to be understood.
        certain: The block before, of each frequency only what is more than the model's
            uncertainty explains: to look for voices in.
    """

    sound: NDArray[np.int16]
    certain: NDArray[np.int16]


class EchoPath:
    """Follows one loudspeaker and one microphone; not thread-safe.

    Attributes:
        trusted: Whether the model explains the echo here. It does not at first, nor where the
            clocks of microphone and loudspeaker drift apart fast.
        moved: Whether what it left lately was echo all the same, because the path has changed.
    """

    def __init__(self) -> None:
        self.trusted = self.moved = False
        self._heard_lately: deque[NDArray[np.float32]] = deque(maxlen=_FIT_BLOCKS)
        self._played_lately: deque[NDArray[np.float32]] = deque(maxlen=_FIT_BLOCKS + REACH_BLOCKS)
        self._far: NDArray[np.complex64] = np.zeros((REACH_BLOCKS, _BINS), np.complex64)
        self._path: NDArray[np.complex64] = np.zeros((REACH_BLOCKS, _BINS), np.complex64)
        self._variance = np.full((REACH_BLOCKS, _BINS), _FIRST_VARIANCE, np.float32)
        self._near_power: NDArray[np.float32] = np.full(_BINS, 1e-3, np.float32)
        self._uncertain: deque[NDArray[np.float32]] = deque(maxlen=_LINGERING)
        self._excess: deque[float] = deque(maxlen=_JUDGED)
        self._blocks = self._quiet = 0
        self._last_far: NDArray[np.float32] = np.zeros(BLOCK, np.float32)
        self._last_rest: NDArray[np.float32] = np.zeros(BLOCK, np.float32)
        self._tail: NDArray[np.float32] = np.zeros(BLOCK, np.float32)
        # Applied before and after, it adds up to one at an overlap of half.
        self._window = np.sin(np.pi * (np.arange(_WINDOW) + 0.5) / _WINDOW).astype(np.float32)
        self._fading: NDArray[np.float32] = self._window[BLOCK:] ** 2

    def process(self, near: NDArray[np.int16], far: NDArray[np.int16]) -> Left:
        """What of the next block the loudspeaker did not cause.

        Args:
            near: (160,) int16 mono at 16,000 Hz from the microphone.
            far: (160,) what the loudspeaker plays meanwhile.
        """
        heard = near.astype(np.float32) / 32768.0
        self._quiet = self._quiet + 1 if _is_silent(far) else 0
        if self._quiet > REACH_BLOCKS + _LINGERING:
            self._last_far[:] = 0.0
            self._heard_lately.clear()
            self._played_lately.clear()
            return Left(near, _pcm(self._pass(heard)))
        played = far.astype(np.float32) / 32768.0
        rest = self._predict(heard, played)
        self._heard_lately.append(heard)
        self._played_lately.append(played)
        if self._blocks % _FIT_EVERY == 0 and len(self._played_lately) > _FIT_BLOCKS:
            self._fit()
        certain = self._weigh(rest, np.max(self._uncertain, axis=0))
        return Left(_pcm(rest), _pcm(certain))

    def _pass(self, heard: NDArray[np.float32]) -> NDArray[np.float32]:
        """The block before, rumble included: what `_weigh` gives where nothing is uncertain."""
        block = self._last_rest
        self._last_rest = heard
        self._tail = heard * self._fading
        return block

    def _predict(self, heard: NDArray[np.float32], far: NDArray[np.float32]) -> NDArray[np.float32]:
        """The block less the echo that the model predicts; the model learns from it."""
        self._far[1:] = self._far[:-1]
        self._far[0] = np.fft.rfft(np.concatenate([self._last_far, far]))
        self._last_far = far
        echo = np.fft.irfft((self._path * self._far).sum(0))[BLOCK:]
        rest = (heard - echo).astype(np.float32)
        spectrum = np.fft.rfft(np.concatenate([np.zeros(BLOCK, np.float32), rest]))
        power = _power(self._far)
        self._near_power += (1.0 - _NEAR_KEEPING) * (_power(spectrum) - self._near_power)
        uncertain = 0.5 * (power * self._variance).sum(0)
        gain = self._variance / (uncertain + self._near_power + _QUIET)
        self._path += gain * (self._far.conj() * spectrum)
        self._path *= np.float32(_KEEPING)
        self._constrain()
        keeping = np.float32(_KEEPING**2)
        gain *= power
        gain *= np.float32(-0.5) * keeping
        gain += keeping
        self._variance *= gain
        self._variance += (np.float32(1.0) - keeping) * _power(self._path)
        # Rounding leaves less than nothing where one tone alone was played.
        np.maximum(self._variance, 0.0, out=self._variance)
        self._uncertain.append(uncertain)
        self._judge(rest, uncertain)
        return rest

    def _fit(self) -> None:
        """Take the path that fits best to the last sound, if it explains what the model left."""
        heard, lately = np.concatenate(self._heard_lately), np.concatenate(self._played_lately)
        played = np.zeros(_FIT_SAMPLES, np.float32)
        played[-len(lately) :] = lately[-_FIT_SAMPLES:]
        if float(np.dot(played, played)) < _PLAYED * len(played):
            return
        path = np.fft.irfft(self._path, axis=1)[:, :BLOCK].reshape(-1).astype(np.float32)
        left = heard - convolved(path, played)
        taken = _decibels(heard) - _decibels(left)
        if taken > _TRUSTED_DB:
            self.trusted = True
        if taken > _FITTED_DB:
            self.moved = False
            return
        found = fit(left, played)
        self.moved = found.gain_db > _ECHO_DB and taken < _MOVED_DB
        if found.gain_db > _FIT_DB:
            parts = found.path.reshape(REACH_BLOCKS, BLOCK)
            self._path += np.fft.rfft(parts, _WINDOW, axis=1)
            self._excess.clear()

    def _constrain(self) -> None:
        """Hold some parts of the path to what a block can do, in turn: the second half is none."""
        parts = slice(self._blocks % _TURNS, None, _TURNS)
        response = np.fft.irfft(self._path[parts], axis=1)
        response[:, BLOCK:] = 0.0
        self._path[parts] = np.fft.rfft(response, axis=1)

    def _weigh(
        self, rest: NDArray[np.float32], uncertain: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The block before, of each frequency only what is not uncertain."""
        spectrum = np.fft.rfft(np.concatenate([self._last_rest, rest]) * self._window)
        self._last_rest = rest
        doubt = _CAUTION * uncertain / (_power(spectrum) + _QUIET)
        spectrum *= np.maximum(_LEAST_GAIN, 1.0 - doubt)
        spectrum[:_RUMBLE_BINS] = 0.0
        sound = (np.fft.irfft(spectrum) * self._window).astype(np.float32)
        block = sound[:BLOCK] + self._tail
        self._tail = sound[BLOCK:]
        return block

    def _judge(self, rest: NDArray[np.float32], uncertain: NDArray[np.float32]) -> None:
        """Compare what is usually left with what should be: users speak over it only at times."""
        expected = float(uncertain.sum()) / (_WINDOW * BLOCK)
        left = float(np.dot(rest, rest)) / BLOCK
        self._excess.append(10.0 * np.log10((left + 1e-10) / (expected + 1e-7)))
        self._blocks += 1
        if self._blocks % 10 == 0 and len(self._excess) >= _JUDGED_LEAST:
            self.trusted = bool(np.median(self._excess) < _USUAL_DB)


def _is_silent(block: NDArray[np.int16]) -> bool:
    """Whether nothing sounds but the last bit."""
    return int(block.max()) <= 1 and int(block.min()) >= -1


def _decibels(sound: NDArray[np.float32]) -> float:
    return 10.0 * float(np.log10(np.dot(sound, sound) / len(sound) + 1e-12))


def _power(spectrum: NDArray[np.complexfloating]) -> NDArray[np.float32]:
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def _pcm(block: NDArray[np.float32]) -> NDArray[np.int16]:
    return (np.clip(block, -1.0, 1.0) * 32767.0).astype(np.int16)
