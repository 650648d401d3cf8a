"""Filler: what bridges the wait when the first word of an answer is late.

A breath, a thought said aloud, or a nod. It is no part of the answer: it stands neither in the
chat nor in what was heard, and gives way when the answer has begun.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.visemes import timeline_from_phonemes
from backend.conversation.waterfall import Waterfall
from backend.engines.base import Phoneme
from backend.errors import KotodamaError
from backend.stage.playout import Segment
from config import Filler
from event_system import PLAYOUT_RATE

BREATH_S = 0.55
BREATH_PEAK = 900.0
"""About 30 dB below speech: a breath in front of a microphone, not a gust."""
BREATH_BAND_HZ = (400.0, 3_000.0)
"""Where the noise of air drawn in through the mouth lies."""
THOUGHTS = {"de": "Hm.", "es": "Eh.", "fr": "Euh.", "it": "Eh.", "ja": "ええと。", "zh": "嗯。"}
"""What people say while they think, where it is not "Hmm"."""

log = logging.getLogger("kotodama.filler")


class Stage(Protocol):
    """What a filler needs of the stage."""

    def add(self, segment: Segment) -> None:
        """Queue sound."""
        ...

    def nod(self) -> None:
        """Nod once."""
        ...


class Speaker(Protocol):
    """What a filler needs of the turn that it bridges."""

    waterfall: Waterfall

    def aside(self, text: str) -> AsyncIterator[Segment]:
        """Speech that belongs to no turn."""
        ...


async def fill_in(turn: Speaker, stage: Stage, kind: Filler, after: float, language: str) -> None:
    """Wait for the first word, and bridge the wait for it once if it is late.

    Args:
        turn: The turn whose answer is awaited.
        stage: Where the filler is heard or seen.
        kind: How the character fills in; "off" does nothing.
        after: Seconds after which the first word is late, counted from the turn's beginning.
        language: BCP 47 tag of the voice.
    """
    if kind == "off":
        return
    await asyncio.sleep(max(0.0, after - turn.waterfall.elapsed))
    if turn.waterfall.reached("first_token"):
        return
    if kind == "nod":
        stage.nod()
    elif kind == "breathe":
        stage.add(breath())
    else:
        await _think_aloud(turn, stage, language)


async def _think_aloud(turn: Speaker, stage: Stage, language: str) -> None:
    thought = THOUGHTS.get(language.replace("_", "-").split("-")[0].lower(), "Hmm.")
    try:
        async for segment in turn.aside(thought):
            if turn.waterfall.reached("first_audio"):
                return
            stage.add(segment)
    except KotodamaError as error:
        # The answer itself tells what is wrong with the voice.
        log.warning("no filler: %s", error.message)


def breath() -> Segment:
    """Air drawn in through parted lips."""
    pcm = _breath_noise()
    lips = timeline_from_phonemes((Phoneme(0.0, BREATH_S, "h"),))
    return Segment("", "", pcm, MouthCurve(lips), opens_sentence=False)


def _breath_noise() -> NDArray[np.int16]:
    """(samples,) int16 at `PLAYOUT_RATE`: noise in the breath's band that swells and ends."""
    count = round(BREATH_S * PLAYOUT_RATE)
    # The same breath each time: it is heard too rarely to be recognised.
    spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1.0 / PLAYOUT_RATE)
    low, high = BREATH_BAND_HZ
    spectrum *= 1.0 / (1.0 + (low / np.maximum(hertz, 1.0)) ** 4 + (hertz / high) ** 4)
    at = np.arange(count) / count
    noise = np.fft.irfft(spectrum, count) * np.sin(np.pi * at**0.7) ** 2
    pcm: NDArray[np.int16] = (noise / np.abs(noise).max() * BREATH_PEAK).astype(np.int16)
    return pcm
