"""Users who speak over the character's voice: are they noticed, how soon, and understood?"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from backend.conversation.self_hearing import words_of
from backend.engines.stt.pocketsphinx import PocketsphinxRecogniser
from backend.media.microphone import MicrophoneFilter
from commands.benchmarks.figures import Figure, percentile
from commands.benchmarks.rooms import (
    Room,
    Sound,
    in_each,
    rooms,
    silence,
    spoken,
    steps,
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
UNDERSTOOD_IN = 3
"""One of so many rooms is listened to for words, which takes long: one of each level."""


@dataclass(frozen=True)
class _Met:
    """What a room gave.

    Attributes:
        delays: Voice to silence of those interruptions that were noticed, seconds.
        cancelled: How many of them cancelled the answer by sound alone.
        understood: Words that the embedded recogniser understood over the echo.
        plain: Words that it understands of the same without an echo.
    """

    delays: list[float]
    cancelled: int
    understood: int
    plain: int


def measure(settings: Settings) -> list[Figure]:
    """In the rooms of `echo`; about two minutes on two cores."""
    found = in_each(rooms(), _in_room)
    said = len(found) * len(SENTENCES)
    delays = [delay * 1000 for one in found for delay in one.delays]
    cancelled = sum(one.cancelled for one in found)
    how = f"{said} sentences over the echo in {len(found)} rooms, echo -20 to 0 dB"
    share, stopped = 100 * len(delays) / said, 100 * cancelled / said
    words = 100 * sum(one.understood for one in found) / sum(one.plain for one in found)
    return [
        Figure("real interruptions noticed", round(share, 1), "%", how, at_least=95),
        Figure("voice to silence, p50", round(percentile(delays, 50)), "ms", how, at_most=400),
        Figure("voice to silence, p90", round(percentile(delays, 90)), "ms", how),
        Figure("answers cancelled by the user's voice alone", round(stopped, 1), "%", how),
        Figure(
            "words understood over her voice",
            round(words),
            "%",
            f"of without it; {how}",
            at_least=80,
        ),
    ]


def _in_room(room: Room) -> _Met:
    far = room.character(USERS_S)
    user, times = _interruptions(room.user, len(far))
    heard = room.heard(far, user)
    met = talk_over(heard, far)
    firsts = [[at - began for at in met.silenced if began <= at <= end] for began, end in times]
    cancelled = sum(any(began <= at <= end + 0.5 for at in met.cancelled) for began, end in times)
    met_at = [hits[0] for hits in firsts if hits]
    if room.number % UNDERSTOOD_IN:
        return _Met(met_at, cancelled, 0, 0)
    understood = _understood(_filtered(heard, far), times)
    return _Met(met_at, cancelled, understood, _understood(user, times))


def _filtered(heard: Sound, far: Sound) -> Sound:
    """What a recogniser gets of the microphone's sound."""
    filter_ = MicrophoneFilter()
    return np.concatenate([filter_.process(heard[part], far[part]).sound for part in steps(heard)])


def _understood(sound: Sound, times: list[tuple[float, float]]) -> int:
    """How many words of the sentences the embedded recogniser understands, in order."""
    recogniser = PocketsphinxRecogniser()
    recogniser.load()
    count = 0
    for text, (began, end) in zip(SENTENCES, times, strict=True):
        stream = recogniser.open_stream("en")
        stream.feed(silence(0.2))
        stream.feed(sound[round((began - 0.1) * MICROPHONE_RATE) : round(end * MICROPHONE_RATE)])
        stream.feed(silence(0.3))
        words = words_of(stream.finalize().text)
        blocks = SequenceMatcher(None, words_of(text), words, autojunk=False).get_matching_blocks()
        count += sum(block.size for block in blocks)
    recogniser.unload()
    return count


def _interruptions(voice: str, length: int) -> tuple[Sound, list[tuple[float, float]]]:
    """A user as loud as the character at 0 dB, and when each sentence begins and ends."""
    user = np.zeros(length, np.int16)
    times = []
    for number, text in enumerate(SENTENCES):
        sound, at = spoken(text, voice), EVERY_S * (number + 1) - 1
        user[at * MICROPHONE_RATE :][: len(sound)] = sound
        times.append((float(at), at + len(sound) / MICROPHONE_RATE + 0.1))
    return user, times
