"""From phonemes to visemes: which mouth shape belongs to which moment of speech.

The fifteen shapes are those of the Oculus lip-sync set. Times are the phonemes' own, with the
corrections that lips need: a plosive is seen (lips shut) before it is heard (the burst), a
diphthong is two shapes, and a short pause is not worth closing the mouth for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from backend.engines.base import Phoneme


class Viseme(str, Enum):
    """A mouth shape, by its Oculus name."""

    SIL = "sil"
    PP = "PP"
    FF = "FF"
    TH = "TH"
    DD = "DD"
    KK = "kk"
    CH = "CH"
    SS = "SS"
    NN = "nn"
    RR = "RR"
    AA = "aa"
    E = "E"
    I = "I"  # noqa: E741 -- the set's own name
    O = "O"  # noqa: E741
    U = "U"


VOWELS = frozenset({Viseme.AA, Viseme.E, Viseme.I, Viseme.O, Viseme.U})


@dataclass(frozen=True, slots=True)
class VisemeEvent:
    """A shape and when it is held.

    Attributes:
        start: Seconds.
        end: Seconds.
        viseme: The shape.
        stress: How far the shape is carried out: 1 plain, more on a stressed vowel, less for a
            silence that only relaxes the mouth.
    """

    start: float
    end: float
    viseme: Viseme
    stress: float = 1.0


@dataclass(frozen=True, slots=True)
class VisemeTimeline:
    """The shapes of one piece of speech, in order and without overlap.

    Attributes:
        events: The shapes; between two events the mouth is on its way.
        source: Where the times come from: "phonemes", "alignment" or "audio".
        confidence: 0 to 1: how far the times can be trusted.
    """

    events: tuple[VisemeEvent, ...]
    source: str = "phonemes"
    confidence: float = 1.0

    @property
    def end(self) -> float:
        """When the last shape ends, in seconds."""
        return self.events[-1].end if self.events else 0.0


_SYMBOLS: dict[Viseme, str] = {
    Viseme.PP: "p b m ɓ ʙ ɸ β",
    Viseme.FF: "f v ɱ ʋ pf ⱱ",
    Viseme.TH: "θ ð",
    Viseme.DD: "t d ɾ ʈ ɖ ɗ ʔ",
    Viseme.KK: "k ɡ g ŋ x ɣ χ q ɢ ɴ h ɦ ħ ʕ ç ʝ c ɟ ɠ ɰ ʛ ɧ",
    Viseme.CH: "tʃ dʒ ʃ ʒ ɕ ʑ tɕ dʑ ʂ ʐ tʂ dʐ",
    Viseme.SS: "s z ts dz",
    Viseme.NN: "n l ɫ ɲ ɳ ʎ ʟ ɬ ɮ ɭ ɺ",
    Viseme.RR: "r ɹ ʁ ɻ ʀ ɽ",
    Viseme.AA: "a ɑ æ ʌ ɐ ɒ ɶ",
    Viseme.E: "e ɛ ə ɘ ɜ ɞ ɚ ɝ",
    Viseme.I: "i ɪ ɨ j ɯ ᵻ",
    Viseme.O: "o ɔ ɵ ɤ œ",
    Viseme.U: "u ʊ w ʉ ø y ʏ ɥ ʍ ᵿ",
}
_VISEME_OF = {symbol: shape for shape, line in _SYMBOLS.items() for symbol in line.split()}
_LONGEST = max(map(len, _VISEME_OF))

_VOICELESS_STOPS = frozenset(("p", "t", "k", "ʈ", "c", "q"))
_VOICED_STOPS = frozenset(("b", "d", "ɡ", "g", "ɓ", "ɖ", "ɗ", "ɟ", "ɠ"))

CLOSURE_SECONDS = 0.040
"""How long espeak-ng keeps a voiceless stop shut before its burst; measured on its output."""

_VOICED_CLOSURE_PART = 0.65
_STRESSED = 1.15
_HOLD_PAUSE, _RELAX_PAUSE = 0.120, 0.350
_RELAXED = 0.5


def split_symbols(ipa: str) -> list[str]:
    """The sounds in a phoneme name that have a shape: "ˈaɪ" is "a" and "ɪ"; "tʃ" is one.

    Stress, length, tone and diacritics carry no shape and are left out, as is what is not IPA.
    """
    plain = "".join(
        character
        for character in unicodedata.normalize("NFD", ipa)
        if not unicodedata.combining(character)
    )
    symbols = []
    at = 0
    while at < len(plain):
        for length in range(min(_LONGEST, len(plain) - at), 0, -1):
            if plain[at : at + length] in _VISEME_OF:
                symbols.append(plain[at : at + length])
                at += length
                break
        else:
            at += 1
    return symbols


def timeline_from_phonemes(
    phonemes: Sequence[Phoneme], *, stops_at_burst: bool = True, source: str = "phonemes",
    confidence: float = 1.0,
) -> VisemeTimeline:  # fmt: skip
    """Lay out the shapes of spoken phonemes.

    Args:
        phonemes: In order, in seconds.
        stops_at_burst: Whether a voiceless stop starts at its burst, as espeak-ng stamps it, so
            that its closure lies before its start. Otherwise it starts with its closure.
        source: Where the times come from.
        confidence: How far they can be trusted, 0 to 1.

    Returns:
        The timeline; empty for no phonemes.
    """
    events: list[VisemeEvent] = []
    for phoneme in phonemes:
        symbols = split_symbols(phoneme.ipa)
        if not phoneme.ipa:
            _add_pause(events, phoneme.start, phoneme.end)
        elif not symbols:
            # A modifier that stands alone, such as a palatalisation: the mouth is on its way.
            continue
        elif len(symbols) == 1 and symbols[0] in _VOICELESS_STOPS:
            _add_voiceless_stop(events, phoneme, symbols[0], stops_at_burst)
        else:
            _add_sounds(events, phoneme, symbols)
    return VisemeTimeline(_settle_pauses(events), source, confidence)


def _add_pause(events: list[VisemeEvent], start: float, end: float) -> None:
    """Append silence, or lengthen the one that stands last."""
    if end <= start:
        return
    if events and events[-1].viseme is Viseme.SIL:
        events[-1] = replace(events[-1], end=end)
    else:
        events.append(VisemeEvent(start, end, Viseme.SIL))


def _add_voiceless_stop(
    events: list[VisemeEvent], phoneme: Phoneme, symbol: str, stops_at_burst: bool
) -> None:
    """Append the closure of a voiceless stop; at the burst the lips are already opening."""
    shape = _VISEME_OF[symbol]
    if not stops_at_burst:
        span = phoneme.end - phoneme.start
        burst = phoneme.start + min(span, max(CLOSURE_SECONDS, span * _VOICED_CLOSURE_PART))
        events.append(VisemeEvent(phoneme.start, burst, shape))
        return
    start = max(0.0, phoneme.start - CLOSURE_SECONDS)
    while events and events[-1].start >= start:
        # A sound shorter than the closure gives up half of itself, not all.
        if events[-1].viseme is not Viseme.SIL:
            start = (events[-1].start + phoneme.start) / 2.0
            break
        events.pop()
    if events:
        events[-1] = replace(events[-1], end=min(events[-1].end, start))
    # The tongue stays near its place through the aspiration; the lips do not.
    end = phoneme.start if shape is Viseme.PP else phoneme.end
    events.append(VisemeEvent(start, end, shape))


def _add_sounds(events: list[VisemeEvent], phoneme: Phoneme, symbols: list[str]) -> None:
    """Append one shape a symbol, dividing the phoneme's time among them."""
    stress = _STRESSED if "ˈ" in phoneme.ipa else 1.0
    span = phoneme.end - phoneme.start
    at = phoneme.start
    for symbol, share in zip(symbols, _shares(symbols), strict=True):
        shape = _VISEME_OF[symbol]
        end = at + span * share
        held = end
        if symbol in _VOICED_STOPS:
            held = at + min(end - at, max(CLOSURE_SECONDS, (end - at) * _VOICED_CLOSURE_PART))
        events.append(VisemeEvent(at, held, shape, stress if shape in VOWELS else 1.0))
        at = end


def _shares(symbols: list[str]) -> list[float]:
    """How a phoneme's time is divided: 60/40 in a diphthong, the first vowel being the longer."""
    first_is_vowel = _VISEME_OF[symbols[0]] in VOWELS
    if len(symbols) == 2 and first_is_vowel:
        return [0.6, 0.4]
    if len(symbols) == 3 and first_is_vowel:
        return [0.45, 0.3, 0.25]
    return [1.0 / len(symbols)] * len(symbols)


def _settle_pauses(events: list[VisemeEvent]) -> tuple[VisemeEvent, ...]:
    """A pause under 120 ms holds the shapes beside it, one under 350 ms only relaxes them."""
    settled = []
    for index, event in enumerate(events):
        inside = 0 < index < len(events) - 1
        span = event.end - event.start
        if event.viseme is Viseme.SIL and inside:
            if span < _HOLD_PAUSE:
                continue
            if span < _RELAX_PAUSE:
                event = replace(event, stress=_RELAXED)
        settled.append(event)
    return tuple(settled)
