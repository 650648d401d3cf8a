"""Users who speak over the character's voice: are they noticed, and how soon?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commands.benchmarks.figures import Figure, percentile
from commands.benchmarks.rooms import (
    Room,
    Sound,
    in_each,
    rooms,
    spoken,
    talk_over,
)
from config import Settings
from event_system import MICROPHONE_RATE

SENTENCES = (
    "Wait, stop, I want to say something.",
    "Hold on a moment please.",
    "No, that is not what I meant.",
    "Can you tell me something else?",
    "Actually I have a question.",
    "Stop talking for a second.",
)
EVERY_S = 7
USERS_S = 50.0


@dataclass(frozen=True)
class _Met:
    """What a room gave.

    Attributes:
        delays: Voice to silence of those interruptions that were noticed, seconds.
        cancelled: How many of them cancelled the answer by sound alone.
    """

    delays: list[float]
    cancelled: int


def measure(settings: Settings) -> list[Figure]:
    """In the rooms of `echo`; about a minute on two cores."""
    found = in_each(rooms(), _in_room)
    said = len(found) * len(SENTENCES)
    delays = [delay * 1000 for one in found for delay in one.delays]
    cancelled = sum(one.cancelled for one in found)
    how = f"{said} sentences over the echo in {len(found)} rooms, echo -20 to 0 dB"
    share, stopped = 100 * len(delays) / said, 100 * cancelled / said
    return [
        Figure("real interruptions noticed", round(share, 1), "%", how, at_least=95),
        Figure("voice to silence, p50", round(percentile(delays, 50)), "ms", how, at_most=400),
        Figure("voice to silence, p90", round(percentile(delays, 90)), "ms", how),
        Figure("answers cancelled by the user's voice alone", round(stopped, 1), "%", how),
    ]


def _in_room(room: Room) -> _Met:
    far = room.character(USERS_S)
    user, times = _interruptions(room.user, len(far))
    met = talk_over(room.heard(far, user), far)
    firsts = [[at - began for at in met.silenced if began <= at <= end] for began, end in times]
    cancelled = sum(any(began <= at <= end + 0.5 for at in met.cancelled) for began, end in times)
    return _Met([hits[0] for hits in firsts if hits], cancelled)


def _interruptions(voice: str, length: int) -> tuple[Sound, list[tuple[float, float]]]:
    """A user as loud as the character at 0 dB, and when each sentence begins and ends."""
    user = np.zeros(length, np.int16)
    times = []
    for number, text in enumerate(SENTENCES):
        sound, at = spoken(text, voice), EVERY_S * (number + 1) - 1
        user[at * MICROPHONE_RATE :][: len(sound)] = sound
        times.append((float(at), at + len(sound) / MICROPHONE_RATE + 0.1))
    return user, times
