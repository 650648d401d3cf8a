"""How much sound Whisper's encoder is given, and what is made of its answer.

The model was trained on windows of 30 s, filled up with silence. Its encoder takes most of the
time and runs on a shorter window just as well, as long as some silence follows the speech; with
too little of it the decoder repeats itself, which the guards notice, and the full window is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.engines.base import Transcript
from backend.engines.stt.whisper_guards import SAMPLE_RATE, Decoded, has_sound, is_believable
from backend.media.pcm import FULL_SCALE, Pcm

Mel = NDArray[np.float32]
"""A log-mel spectrogram: (mel bands, frames) float32, 100 frames a second."""

FRAMES_PER_SECOND = 100
FULL_SECONDS = 30.0
LONGEST_SECONDS = 28.0
"""Longer utterances are decoded in pieces."""

_CUT_SEARCH_SECONDS = 8.0
_TOKENS_PER_SECOND, _SPARE_TOKENS = 8, 10
_MEL_PADDING = 400
_MEL_FLOOR = (-10.0 + 4.0) / 4.0
_MEL_RANGE = 8.0 / 4.0


@dataclass(frozen=True, slots=True)
class Window:
    """How long the encoder's window is.

    Attributes:
        short: Whether it may be shorter than 30 s.
        least: Its shortest length, seconds.
        margin: Silence after the speech, seconds.
    """

    short: bool = True
    least: float = 10.0
    margin: float = 2.0

    def seconds(self, samples: int) -> float:
        """The window for so many samples at 16,000 Hz."""
        if not self.short:
            return FULL_SECONDS
        return min(FULL_SECONDS, max(self.least, samples / SAMPLE_RATE + self.margin))


@dataclass(frozen=True, slots=True)
class Recognition:
    """A transcript, and whether the same sound would give no better one."""

    transcript: Transcript
    settled: bool


def recognise(
    pcm: Pcm,
    window: Window,
    run: Callable[[Pcm, float], Decoded],
    *,
    language: str,
    patient: bool,
) -> Recognition:
    """Run the model on a short window, then on the full one if the result is doubtful.

    Args:
        pcm: (samples,) int16 at 16,000 Hz, at most 30 s.
        window: How long the first window is.
        run: Decodes the sound in a window of so many seconds.
        language: What stands in the transcript when nothing was heard.
        patient: Whether the full window may be tried; it takes three times as long.
    """
    if not has_sound(pcm):
        return Recognition(Transcript("", language), settled=True)
    seconds = window.seconds(len(pcm))
    decoded = run(pcm, seconds)
    doubtful = decoded.doubtful and seconds < FULL_SECONDS
    if doubtful and patient:
        decoded = run(pcm, FULL_SECONDS)
    # The cap on tokens may cut a character in two.
    text = decoded.text.rstrip("\ufffd").strip() if is_believable(decoded, pcm) else ""
    confidence = float(np.exp(min(decoded.logprob, 0.0))) if text else None
    transcript = Transcript(text, decoded.language or language, confidence)
    return Recognition(transcript, settled=patient or not doubtful)


def most_tokens(samples: int) -> int:
    """More tokens than anybody speaks in so many samples at 16,000 Hz."""
    return int(samples / SAMPLE_RATE * _TOKENS_PER_SECOND) + _SPARE_TOKENS


def log_mel(pcm: Pcm, seconds: float, extract: Callable[[NDArray[np.float32]], Mel]) -> Mel:
    """The spectrogram of a sound in a window of silence.

    Only the sound itself is transformed: the frames of silence after it all have the floor value,
    which lies 80 dB under the loudest value, but not under the clipping at 1e-10.

    Args:
        pcm: (samples,) int16 at 16,000 Hz, at most `seconds` long.
        seconds: Length of the window.
        extract: Whisper's log-mel transform of ±1 floats.

    Returns:
        (mel bands, 100 * seconds), the number of frames rounded to even.
    """
    frames = round(seconds * FRAMES_PER_SECOND / 2) * 2
    sound = np.zeros(len(pcm) + _MEL_PADDING, np.float32)
    sound[: len(pcm)] = pcm / np.float32(FULL_SCALE)
    found = extract(sound)[:, :frames]
    floor = max(_MEL_FLOOR, float(found.max()) - _MEL_RANGE)
    mel = np.full((found.shape[0], frames), floor, np.float32)
    mel[:, : found.shape[1]] = found
    return mel


def quiet_cut(pcm: Pcm) -> int:
    """Where to cut a sound that is longer than `LONGEST_SECONDS`: its quietest 200 ms near there.

    Returns:
        An index into (samples,) int16 at 16,000 Hz.
    """
    size = SAMPLE_RATE // 5
    end = int(LONGEST_SECONDS * SAMPLE_RATE)
    start = end - int(_CUT_SEARCH_SECONDS * SAMPLE_RATE)
    frames = pcm[start:end].reshape(-1, size).astype(np.float32)
    return start + int(frames.var(axis=1).argmin()) * size + size // 2
