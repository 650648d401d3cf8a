"""The character's own voice in the microphone: does it interrupt her?"""

from __future__ import annotations

import os
from functools import partial

from commands.benchmarks.figures import Figure
from commands.benchmarks.rooms import Interruptions, Room, in_each, rooms, talk_over
from config import Settings

MINUTES = "KOTODAMA_ECHO_MINUTES"
"""Environment variable: simulated minutes, 30 by default."""


def measure(settings: Settings) -> list[Figure]:
    """She talks in every room, and nobody else does; about two minutes on two cores."""
    minutes, all_rooms = float(os.environ.get(MINUTES, "30")), rooms()
    met = in_each(all_rooms, partial(_alone, minutes * 60.0 / len(all_rooms)))
    silenced = sum(len(one.silenced) for one in met)
    cancelled = sum(len(one.cancelled) for one in met)
    how = f"{minutes:g} simulated minutes in {len(all_rooms)} rooms, echo -20 to 0 dB, 20 to 100 ms"
    return [
        Figure("answers cancelled by the character's own voice", cancelled, "", how, at_most=0),
        Figure("silences by the character's own voice", silenced, "", how, at_most=0),
    ]


def _alone(seconds: float, room: Room) -> Interruptions:
    far = room.character(seconds)
    return talk_over(room.heard(far), far)
