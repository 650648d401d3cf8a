"""How fast a voice or a recogniser is on this machine: the figures, and the words for them."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict

WORDS = "This is a sentence of exactly twelve words that I speak today."
"""What is spoken and heard when a model is measured: about four seconds."""
SPOKEN_S = 4.0
Verdict = Literal["good", "fair", "bad"]

_FALLS_BEHIND, _AT_EASE = 1.05, 1.5
_FIRST_GOOD_S = 1.0
_ANSWER_GOOD_S, _ANSWER_FAIR_S = 1.0, 2.5


class Pace(BaseModel):
    """How fast a model is here.

    Attributes:
        times: Seconds of speech that one second of work makes or hears.
        first_s: Seconds to the first sound of a voice; of a recogniser, from the end of a sentence
            of four seconds to its words.
        measured: Whether it ran here; else it is an estimate from its size and this machine.
        verdict: Whether that is good for a conversation.
        words: It in a few words.
    """

    model_config = ConfigDict(frozen=True)

    times: float
    first_s: float
    measured: bool
    verdict: Verdict
    words: str


def voice_pace(times: float, first_s: float, *, measured: bool) -> Pace:
    """The pace of a voice."""
    heard = f"first sound after {_seconds(first_s)}"
    if times < _FALLS_BEHIND:
        return _pace(times, first_s, measured, "bad", f"slower than speech: it stutters; {heard}")
    if times < _AT_EASE:
        return _pace(times, first_s, measured, "fair", f"hardly faster than speech; {heard}")
    verdict: Verdict = "good" if first_s <= _FIRST_GOOD_S else "fair"
    said = f"about {_times(times)} times faster than speech; {heard}"
    return _pace(times, first_s, measured, verdict, said)


def hearing_pace(answer_s: float, *, measured: bool) -> Pace:
    """The pace of a recogniser that has written a sentence of four seconds after `answer_s`."""
    verdict: Verdict = "good"
    if answer_s > _ANSWER_GOOD_S:
        verdict = "fair" if answer_s <= _ANSWER_FAIR_S else "bad"
    said = f"your words are there {_seconds(answer_s)} after you stop talking"
    said += ": too slow for a talk" if verdict == "bad" else ""
    return _pace(SPOKEN_S / answer_s, answer_s, measured, verdict, said)


def _pace(times: float, first_s: float, measured: bool, verdict: Verdict, words: str) -> Pace:
    return Pace(
        times=round(times, 2), first_s=round(first_s, 3), measured=measured, verdict=verdict,
        words=words,
    )  # fmt: skip


def _seconds(value: float) -> str:
    """Seconds upwards to a tenth: better than promised is better than the other way round."""
    if value > 9.5:
        return f"{value:.0f} s"
    return f"{math.ceil(value * 10 - 1e-6) / 10:.1f} s"


def _times(value: float) -> str:
    if value >= 20:
        return f"{round(value, -1):.0f}"
    return f"{value:.0f}" if value >= 2.5 else f"{value:.1f}"
