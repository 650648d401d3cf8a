"""Lips for voices that do not tell their phonemes: by known text, whole or in parts, and by ear.

The foreign voices are flite's, which tell when each phone is said; flite is not a part of the
program. What whole sentences and the ear do was not fitted to it; of the alignment of parts, the
confidence and the frames before the speech were chosen while looking at these voices.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from backend.avatar.alignment import align_text
from backend.avatar.audio_lips import timeline_from_audio
from backend.avatar.coarticulation import MouthCurve
from backend.avatar.sentence_lips import SentenceLips
from backend.avatar.visemes import Viseme, VisemeTimeline, timeline_from_phonemes
from backend.engines.base import Pcm, Phoneme, SpeechChunk, SpeechRequest
from backend.media.loudness import gain_to
from backend.media.pcm import apply_gain
from backend.media.wav import read_wav
from commands.benchmarks.figures import Figure, percentile
from commands.shared import note
from config import Settings

VOICES = ("slt", "rms", "awb")
SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "It is easy to tell the depth of a well.",
    "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
    "The box was thrown beside the parked truck.",
    "Four hours of steady work faced us.",
    "A large size in stockings is hard to sell.",
    "The boy was there when the sun rose.",
)
"""From the first lists of the Harvard sentences (IEEE, 1969), which are phonetically balanced."""
_IPA = {
    "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "aw": "aʊ", "ax": "ə", "ay": "aɪ", "b": "b",
    "ch": "tʃ", "d": "d", "dh": "ð", "eh": "ɛ", "er": "ɚ", "ey": "eɪ", "f": "f", "g": "ɡ",
    "hh": "h", "ih": "ɪ", "iy": "i", "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n", "ng": "ŋ",
    "ow": "oʊ", "oy": "ɔɪ", "p": "p", "pau": "", "r": "ɹ", "s": "s", "sh": "ʃ", "t": "t", "th": "θ",
    "uh": "ʊ", "uw": "u", "v": "v", "w": "w", "y": "j", "z": "z", "zh": "ʒ",
}  # fmt: skip
_STEP_S = 0.01
PARTS_S = (0.3, 0.5, 1.0)
"""Lengths of the parts in which a server sends a sentence."""


@dataclass(frozen=True)
class Spoken:
    """A sentence of a foreign voice, and the truth about it."""

    text: str
    pcm: Pcm
    rate: int
    phonemes: tuple[Phoneme, ...]


def measure(settings: Settings) -> Iterator[Figure]:
    """Onsets by alignment, and the opening by ear."""
    if shutil.which("flite") is None:
        note("The lips are not measured: the program flite is not installed.")
        return
    with tempfile.TemporaryDirectory(prefix="kotodama-bench-") as folder:
        spoken = [[_speak(voice, text, Path(folder)) for text in SENTENCES] for voice in VOICES]
    yield from _whole(spoken)
    for seconds in PARTS_S:
        yield from _in_parts(spoken, seconds)


def _whole(spoken: Sequence[Sequence[Spoken]]) -> Iterator[Figure]:
    errors: list[float] = []
    matched = whole = 0
    for one in (one for sentences in spoken for one in sentences):
        found, count = _onset_errors(one, align_text(one.text, one.pcm, one.rate).phonemes)
        errors += found
        matched, whole = matched + len(found), whole + count
    correlations = [_correlation(sentences) for sentences in spoken]
    how = f"{len(VOICES)} voices of flite, {len(SENTENCES)} sentences each"
    yield Figure(
        "viseme onset error by alignment, median",
        round(percentile(errors, 50) * 1000, 1), "ms", how, at_most=20,
    )  # fmt: skip
    yield Figure(
        "viseme onset error by alignment, p90",
        round(percentile(errors, 90) * 1000, 1), "ms", how, at_most=70,
    )  # fmt: skip
    yield Figure("visemes that both have", round(100 * matched / whole, 1), "%", how)
    yield Figure(
        "opening by ear, least correlation with the true one",
        round(min(correlations), 3), "", how, at_least=0.65,
    )  # fmt: skip


def _in_parts(spoken: Sequence[Sequence[Spoken]], seconds: float) -> Iterator[Figure]:
    """Onsets by alignment on the way, the opening against the one by ear, and what a part costs."""
    errors: list[float] = []
    took: list[float] = []
    gains = []
    for sentences in spoken:
        true, aligned, heard = [], [], []
        for one in sentences:
            told: list[Phoneme] = []
            curve = MouthCurve(timeline_from_phonemes(one.phonemes, stops_at_burst=False))
            lips = SentenceLips(SpeechRequest(one.text))
            lips.prepare()
            for at, part in _parts(one, seconds):
                began = time.process_time()
                found = lips.of(part)
                took.append(time.process_time() - began)
                told += [Phoneme(p.start + at, p.end + at, p.ipa) for p in found.phonemes]
                by_ear = timeline_from_audio(part.pcm, part.sample_rate, whole=False)
                for into in np.arange(0.0, part.seconds, _STEP_S):
                    true.append(curve.at(at + float(into)).open)
                    aligned.append(found.curve.at(float(into)).open)
                    heard.append(by_ear.at(float(into)).open)
            errors += _onset_errors(one, tuple(told))[0]
        known, guessed = (float(np.corrcoef(true, other)[0, 1]) for other in (aligned, heard))
        gains.append((known, known - guessed))
    how = f"parts of {seconds:g} s, {len(VOICES)} voices of flite, {len(SENTENCES)} sentences each"
    yield Figure(
        f"viseme onset error in parts of {seconds:g} s, median",
        round(percentile(errors, 50) * 1000, 1), "ms", how, at_most=30,
    )  # fmt: skip
    yield Figure(
        f"viseme onset error in parts of {seconds:g} s, p90",
        round(percentile(errors, 90) * 1000, 1), "ms", how,
    )  # fmt: skip
    yield Figure(
        f"opening in parts of {seconds:g} s, least correlation with the true one",
        round(min(known for known, _gain in gains), 3), "", how, at_least=0.65,
    )  # fmt: skip
    yield Figure(
        f"the same, least that it is above that by ear in parts of {seconds:g} s",
        round(min(gain for _known, gain in gains), 3), "", how, at_least=0.0,
    )  # fmt: skip
    yield Figure(
        f"processor time for the lips of a part of {seconds:g} s, p95",
        round(percentile(took, 95) * 1000, 1), "ms", how,
    )  # fmt: skip


def _parts(spoken: Spoken, seconds: float) -> Iterator[tuple[float, SpeechChunk]]:
    """When each part begins, and the part, at the loudness that all voices have."""
    pcm = apply_gain(spoken.pcm, gain_to(spoken.pcm, spoken.rate))
    size = round(seconds * spoken.rate)
    for start in range(0, len(pcm), size):
        yield (
            start / spoken.rate,
            SpeechChunk(pcm[start : start + size], spoken.rate, whole=False),
        )


def _speak(voice: str, text: str, folder: Path) -> Spoken:
    path = folder / "spoken.wav"
    said = subprocess.run(
        ["flite", "-voice", voice, "-t", text, "-o", str(path), "-psdur"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    phonemes, start = [], 0.0
    for part in said.split():
        name, _, end = part.partition(":")
        phonemes.append(Phoneme(start, float(end), _IPA[name]))
        start = float(end)
    pcm, rate = read_wav(path)
    return Spoken(text, pcm, rate, tuple(phonemes))


def _onset_errors(spoken: Spoken, phonemes: tuple[Phoneme, ...]) -> tuple[list[float], int]:
    """Seconds by which the visemes that both timelines have differ, and how many there are."""
    truth = timeline_from_phonemes(spoken.phonemes, stops_at_burst=False)
    found = timeline_from_phonemes(phonemes)
    one, other = _shapes(truth), _shapes(found)
    matcher = SequenceMatcher(None, [s for s, _t in one], [s for s, _t in other], autojunk=False)
    pairs = [
        (one[block.a + step][1], other[block.b + step][1])
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]
    return [abs(a - b) for a, b in pairs], len(one)


def _shapes(timeline: VisemeTimeline) -> list[tuple[Viseme, float]]:
    return [
        (event.viseme, event.start) for event in timeline.events if event.viseme is not Viseme.SIL
    ]


def _correlation(spoken: Sequence[Spoken]) -> float:
    """Between the true opening of the mouth and the one that is heard, over all sentences."""
    true, heard = [], []
    for one in spoken:
        curve = MouthCurve(timeline_from_phonemes(one.phonemes, stops_at_burst=False))
        guess = timeline_from_audio(one.pcm, one.rate)
        for at in np.arange(0.0, len(one.pcm) / one.rate, _STEP_S):
            true.append(curve.at(float(at)).open)
            heard.append(guess.at(float(at)).open)
    return float(np.corrcoef(true, heard)[0, 1])
