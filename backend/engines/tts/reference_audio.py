"""Reference audio: a few seconds of one speaker that a cloning voice imitates, made fit for it.

Recordings come as people have them: too long, too quiet, with pauses and other formats. What the
voice's program gets is a short mono WAV of its own, so that it reads no other file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.engines.base import Pcm
from backend.errors import BadInputError
from backend.media.decode import decode_file
from backend.media.pcm import apply_gain, fade, peak, resample, speech_dbfs
from backend.media.vad import FRAME_SECONDS, VoiceDetector
from backend.media.wav import write_wav

REFERENCE_RATE = 32_000
"""Hz. What GPT-SoVITS works at; others take any rate."""

_LONGEST_SOURCE_S = 1800.0
_IS_SPEECH = 0.5
_LEAST_SPEECH_S = 1.0
_MARGIN_S = 0.15
"""Kept before and after the speech, so that no sound is cut at its beginning."""
_PAUSE_S = 0.2
_LEVEL_DBFS = -20.0
_HIGHEST_PEAK = 32767 * 0.9


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a reference may be, seconds."""

    shortest: float
    longest: float


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference that can be used.

    Attributes:
        path: A mono WAV, 16 bits.
        whole: All that is said in the recording is in it, so that its transcript fits.
    """

    path: Path
    whole: bool


def prepare_reference(source: Path, folder: Path, limits: Limits) -> Reference:
    """Make a recording fit to be imitated; what was made before is used again.

    Args:
        source: Any sound file.
        folder: Where the WAV is written.
        limits: How long it may be.

    Raises:
        BadInputError: It cannot be read, is too short, or nobody speaks in it.
        StorageError: The folder cannot be written.
    """
    try:
        about = source.stat()
    except OSError as error:
        raise BadInputError(f"{source.name} cannot be read: {error.strerror}.") from error
    told = f"{source.resolve()} {about.st_size} {about.st_mtime_ns} {limits}"
    stem = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    for whole in (True, False):
        made = folder / f"{stem}-{'whole' if whole else 'part'}.wav"
        if made.is_file():
            return Reference(made, whole)
    sound = decode_file(source, REFERENCE_RATE, _LONGEST_SOURCE_S).pcm
    cut, whole = cut_reference(sound, source.name, limits)
    made = folder / f"{stem}-{'whole' if whole else 'part'}.wav"
    write_wav(made, cut, REFERENCE_RATE)
    return Reference(made, whole)


def cut_reference(sound: Pcm, name: str, limits: Limits) -> tuple[Pcm, bool]:
    """Cut the part that is best imitated: the loudest speech, from pause to pause.

    Args:
        sound: (samples,) int16 at `REFERENCE_RATE`.
        name: What the recording is called in error messages.
        limits: How long the result may be.

    Returns:
        (samples,) int16 at a moderate level, and whether all the speech is in it.

    Raises:
        BadInputError: The sound is too short, or too little is said in it.
    """
    seconds = len(sound) / REFERENCE_RATE
    if seconds < limits.shortest:
        raise BadInputError(
            f"{name} is {seconds:.1f} s long; a reference has to be {limits.shortest:g} to"
            f" {limits.longest:g} s of one person speaking."
        )
    probabilities = VoiceDetector().feed(resample(sound, REFERENCE_RATE, 16_000))
    speech = np.array(probabilities) > _IS_SPEECH
    if speech.sum() * FRAME_SECONDS < _LEAST_SPEECH_S:
        raise BadInputError(
            f"Hardly any speech can be heard in {name}; choose a clear recording of one person."
        )
    first, last = (int(at) for at in np.flatnonzero(speech)[[0, -1]])
    begin = max(0.0, first * FRAME_SECONDS - _MARGIN_S)
    end = min(seconds, (last + 1) * FRAME_SECONDS + _MARGIN_S)
    whole = end - begin <= limits.longest
    if not whole:
        begin, end = _loudest_part(sound, speech, limits)
    begin, end = _widened(begin, end, seconds, limits.shortest)
    part = sound[round(begin * REFERENCE_RATE) : round(end * REFERENCE_RATE)]
    gain = 10.0 ** ((_LEVEL_DBFS - speech_dbfs(part, REFERENCE_RATE)) / 20.0)
    part = apply_gain(part, min(gain, _HIGHEST_PEAK / peak(part)))
    return fade(part, REFERENCE_RATE), whole


def _loudest_part(sound: Pcm, speech: NDArray[np.bool_], limits: Limits) -> tuple[float, float]:
    """Begin and end, seconds, of the part with the most and loudest speech."""
    size = round(FRAME_SECONDS * REFERENCE_RATE)
    frames = sound[: len(speech) * size].astype(np.float64)
    frames = np.pad(frames, (0, len(speech) * size - len(frames))).reshape(-1, size)
    loud = np.where(speech, np.sqrt(np.square(frames).mean(axis=1)), 0.0)
    heard = np.concatenate([[0.0], np.cumsum(loud)])
    pauses = _pauses(speech)
    most = int((limits.longest - 2 * _MARGIN_S) / FRAME_SECONDS)
    least = int(limits.shortest / FRAME_SECONDS)
    best, found = -1.0, (0, most)
    for start in [0, *(pause_end for _begin, pause_end in pauses)]:
        window = min(start + most, len(speech))
        ends = [begin for begin, _end in pauses if start + least <= begin <= window]
        end = ends[-1] if ends else window
        if heard[end] - heard[start] > best:
            best, found = float(heard[end] - heard[start]), (start, end)
    start, end = found
    return max(0.0, start * FRAME_SECONDS - _MARGIN_S), end * FRAME_SECONDS + _MARGIN_S


def _pauses(speech: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First frame, and the frame after the last, of each pause that lasts long enough."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], speech, [True]]).astype(np.int8)))
    pairs = [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
    return [(begin, end) for begin, end in pairs if (end - begin) * FRAME_SECONDS >= _PAUSE_S]


def _widened(begin: float, end: float, seconds: float, shortest: float) -> tuple[float, float]:
    """The same part with as much around it as makes it long enough."""
    lacking = max(0.0, shortest - (end - begin))
    begin = max(0.0, begin - lacking / 2)
    end = min(seconds, begin + max(shortest, end - begin, lacking))
    return max(0.0, min(begin, end - shortest)), end
