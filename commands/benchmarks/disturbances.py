"""Noise and music at the microphone: do they interrupt the character, or count as words?"""

from __future__ import annotations

from commands.benchmarks.figures import Figure
from commands.benchmarks.noises import NOISES, at_level, music
from commands.benchmarks.rooms import (
    Interruptions,
    Room,
    in_each,
    mixed,
    rooms,
    talk_over,
    utterances,
)
from config import Settings

SECONDS = 30.0
LEVEL_DBFS = -30.0
"""As loud as quiet speech at the microphone."""
_SOUNDS = {**NOISES, "music": music}


def measure(settings: Settings) -> list[Figure]:
    """In one room of each level of echo, and in one without; about two minutes on two cores."""
    some = [room for room in rooms() if room.number % 3 == 1]
    over, silent = in_each(some, _while_she_speaks), in_each(some, _while_she_is_silent)
    return [
        figure
        for name, kinds in (("noise", tuple(NOISES)), ("music", ("music",)))
        for figure in _figures(name, kinds, over, silent)
    ]


def _figures(
    name: str,
    kinds: tuple[str, ...],
    over: list[dict[str, Interruptions]],
    silent: list[dict[str, int]],
) -> list[Figure]:
    minutes = len(over) * len(kinds) * SECONDS / 60.0
    sounds = ", ".join(kinds) if len(kinds) > 1 else "a band"
    how = f"{minutes:g} simulated minutes of {sounds} at {LEVEL_DBFS:g} dBFS"
    met = [room[kind] for room in over for kind in kinds]
    taken = sum(room[kind] for room in silent for kind in kinds)
    silenced, cancelled = (
        sum(len(one.silenced) for one in met),
        sum(len(one.cancelled) for one in met),
    )
    speaks = f"{how} over an echo of -20 to 0 dB"
    return [
        Figure(f"answers cancelled by {name}", cancelled, "", speaks, at_most=0),
        Figure(f"silences by {name}", silenced, "", speaks, at_most=0),
        Figure(f"utterances made of {name}", taken, "", f"{how}, nobody speaks", at_most=0),
    ]


def _while_she_speaks(room: Room) -> dict[str, Interruptions]:
    far = room.character(SECONDS)
    return {
        kind: talk_over(room.heard(far, at_level(make(SECONDS, room.number), LEVEL_DBFS)), far)
        for kind, make in _SOUNDS.items()
    }


def _while_she_is_silent(room: Room) -> dict[str, int]:
    found = {}
    for kind, make in _SOUNDS.items():
        sound = at_level(make(SECONDS, room.number), LEVEL_DBFS)
        found[kind] = len(utterances(mixed(sound, noise_dbfs=-60.0, seed=room.number)))
    return found
