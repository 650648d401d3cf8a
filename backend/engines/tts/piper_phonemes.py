"""From the symbols that a Piper network read, and how long each lasted, to phonemes with times.

Piper reads characters: a stress mark, a length mark and each half of a diphthong are symbols of
their own. Marks go to the sound that they belong to, and what is no sound becomes a pause.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.engines.base import Phoneme
from backend.engines.tts.piper_files import BEGIN, END, PAD

_STRESS = frozenset("ˈˌ")
_AFFRICATES = frozenset({"tʃ", "dʒ", "tɕ", "dʑ", "tʂ", "dʐ"})
_VOICELESS_STOPS = frozenset({"p", "t", "k", "ʈ", "c", "q"})
_BURST = 0.5
"""Where in a stop's time its burst is: closure and release last about the same (D. Byrd, "54,000
American stops", UCLA Working Papers in Phonetics 83, 1993)."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One phoneme of a sentence, in frames of its network; a pause has an empty `ipa`."""

    start: int
    end: int
    ipa: str


def sounds_of(
    symbols: Sequence[str], lasting: NDArray[np.int64], ids: Mapping[str, Sequence[int]]
) -> list[Sound]:
    """Lay out a sentence's phonemes.

    Args:
        symbols: What was read, without the marks of beginning and end.
        lasting: (ids,) frames that each id lasts, in the order that `piper.phoneme_ids` makes:
            every symbol followed by a pad, except for the last.
        ids: The voice's table of phonemes.

    Returns:
        The phonemes, without gaps; none when `lasting` does not fit the symbols.
    """
    known = [BEGIN, *(symbol for symbol in symbols if symbol in ids), END]
    counts = [len(ids[symbol]) + len(ids[PAD]) for symbol in known]
    counts[-1] -= len(ids[PAD])
    if sum(counts) != len(lasting):
        return []
    ends = np.cumsum(lasting)[np.cumsum(counts) - 1]
    return _merged(known, [0, *ends.tolist()])


def _merged(symbols: Sequence[str], edges: Sequence[int]) -> list[Sound]:
    sounds: list[Sound] = []
    mark, marked_at = "", 0
    for symbol, start, end in zip(symbols, edges[:-1], edges[1:], strict=True):
        if symbol in _STRESS:
            mark, marked_at = symbol, start
            continue
        last = sounds[-1] if sounds else None
        ipa = symbol if _is_sound(symbol) else ""
        if last and not mark and _belongs_to(last.ipa, symbol, ipa):
            joined = last.ipa + (symbol if last.ipa else "")
            sounds[-1] = Sound(last.start, end, joined)
            continue
        sounds.append(Sound(marked_at if mark else start, end, mark + ipa if ipa else ""))
        mark = ""
    return sounds


def _is_sound(symbol: str) -> bool:
    """Whether a symbol is a sound of its own; marks, tones and punctuation are not."""
    return unicodedata.category(symbol[0]) in ("Ll", "Lo", "Lu") and symbol not in (BEGIN, END)


def _belongs_to(last: str, symbol: str, ipa: str) -> bool:
    """Whether a symbol continues the phoneme before it: a mark, a second half, or more silence."""
    if not last:
        return not ipa
    if not ipa:
        return unicodedata.category(symbol[0])[0] in "LMNS" and symbol not in (BEGIN, END)
    return last.lstrip("ˈˌ") + ipa in _AFFRICATES


def phonemes_between(
    sounds: Sequence[Sound], start: float, end: float, frame_seconds: float
) -> tuple[Phoneme, ...]:
    """The phonemes of a part of a sentence, in seconds from the part's start.

    A voiceless stop starts at its burst, as everywhere in this program; the phoneme before it
    lasts until there.

    Args:
        sounds: The sentence's.
        start: Where the part begins, in frames.
        end: Where it ends.
        frame_seconds: Length of a frame as it is heard.
    """
    heard: list[Phoneme] = []
    for sound in sounds:
        first, last = max(sound.start, start), min(sound.end, end)
        if last <= first:
            continue
        begins = (first - start) * frame_seconds
        ends = (last - start) * frame_seconds
        if sound.ipa.lstrip("ˈˌ") in _VOICELESS_STOPS and first == sound.start and heard:
            begins += (ends - begins) * _BURST
            heard[-1] = Phoneme(heard[-1].start, begins, heard[-1].ipa)
        heard.append(Phoneme(begins, ends, sound.ipa))
    return tuple(heard)
