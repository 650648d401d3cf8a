"""How long a character pauses, by what it feels: at commas, between sentences, in every voice.

The silences that a voice makes are stretched or shortened in its sound, before lips are made for
it, so that these stay in step. A neutral character pauses as its voice does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from backend.engines.base import Phoneme, SpeechChunk
from backend.media.pcm import FULL_SCALE, Pcm, fade

QUIET_DBFS = -45.0
"""A voice at -18 LUFS is louder wherever it is heard."""
LEAST_S = 0.1
"""A shorter silence is the closure of a plosive, not a pause."""
SHORTEST_S = 0.06

_FRAME_S = 0.01
_FADE_S = 0.005


@dataclass(frozen=True, slots=True)
class PauseManner:
    """How an emotion changes pauses.

    Attributes:
        factor: On the length of every pause within what is said.
        between: Seconds that are added between two sentences.
    """

    factor: float = 1.0
    between: float = 0.0


MANNERS: Mapping[str, PauseManner] = {
    "happy": PauseManner(0.8),
    "sad": PauseManner(1.5, 0.25),
    "angry": PauseManner(0.7),
    "surprised": PauseManner(0.75),
    "shy": PauseManner(1.25, 0.12),
    "smug": PauseManner(1.2, 0.1),
    "scared": PauseManner(0.6),
    "tired": PauseManner(1.6, 0.35),
}
"""The directions follow Scherer, "Vocal communication of emotion" (Speech Communication 40, 2003):
pauses grow in sadness and shrink with arousal."""


def manner_of(emotion: str) -> PauseManner:
    """How pauses change; an unknown emotion changes nothing."""
    return MANNERS.get(emotion, PauseManner())


def with_pauses(chunk: SpeechChunk, factor: float) -> SpeechChunk:
    """A chunk whose pauses last `factor` times as long.

    Silence before the first sound is never stretched: nobody waits longer for a voice to begin.
    """
    found = [
        (start, end, length)
        for start, end in silences(chunk.pcm, chunk.sample_rate)
        if (length := _wanted(start, end, chunk.sample_rate, factor)) != end - start
    ]
    if factor == 1.0 or not found:
        return chunk
    parts: list[Pcm] = []
    old, new = [0], [0]
    for start, end, length in found:
        parts += [chunk.pcm[old[-1] : start], _resized(chunk.pcm[start:end], length, chunk)]
        new += [new[-1] + start - old[-1], new[-1] + start - old[-1] + length]
        old += [start, end]
    parts.append(chunk.pcm[old[-1] :])
    new.append(new[-1] + len(chunk.pcm) - old[-1])
    old.append(len(chunk.pcm))
    before, after = (np.array(places) / chunk.sample_rate for places in (old, new))
    phonemes = tuple(
        Phoneme(
            float(np.interp(one.start, before, after)),
            float(np.interp(one.end, before, after)),
            one.ipa,
        )
        for one in chunk.phonemes
    )
    return replace(chunk, pcm=np.concatenate(parts).astype(np.int16), phonemes=phonemes)


def silences(pcm: Pcm, sample_rate: int) -> list[tuple[int, int]]:
    """Where a sound is silent for at least `LEAST_S`: the first sample and the one after."""
    size = max(1, round(_FRAME_S * sample_rate))
    whole = len(pcm) // size * size
    frames = np.abs(pcm[:whole].reshape(-1, size).astype(np.int32)).max(axis=1, initial=0)
    quiet = frames < FULL_SCALE * 10.0 ** (QUIET_DBFS / 20.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    return [
        (int(start) * size, int(end) * size)
        for start, end in runs
        if (end - start) * _FRAME_S >= LEAST_S
    ]


def _wanted(start: int, end: int, sample_rate: int, factor: float) -> int:
    """How many samples a silence shall have."""
    length = end - start
    if factor > 1.0 and start == 0:
        return length
    shortest = min(length, round(SHORTEST_S * sample_rate))
    return max(round(length * factor), shortest)


def _resized(silence: Pcm, length: int, chunk: SpeechChunk) -> NDArray[np.int16]:
    """A silence at another length: its middle is taken out, or digital silence put there."""
    rate = chunk.sample_rate
    kept = min(len(silence), length) // 2
    head, tail = silence[:kept], silence[len(silence) - kept :]
    gap = np.zeros(length - 2 * kept, np.int16)
    # Even what is under -45 dBFS would click if it were cut.
    return np.concatenate([fade(head, rate, 0.0, _FADE_S), gap, fade(tail, rate, _FADE_S, 0.0)])
