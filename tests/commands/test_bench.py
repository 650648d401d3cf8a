"""The benchmarks' names, and the sounds that they are made of."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module

import numpy as np
import pytest

from backend.errors import BadInputError
from commands.bench import GROUPS, SUBJECTS, run
from commands.benchmarks.noises import NOISES, at_level, music
from commands.benchmarks.rooms import ECHO_DB, Room, echo_of, rooms
from config import Settings


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_subject_can_be_measured(name: str) -> None:
    assert callable(import_module(f"commands.benchmarks.{name}").measure)


def test_groups_are_made_of_subjects() -> None:
    assert {part for parts in GROUPS.values() for part in parts} <= set(SUBJECTS)
    assert not set(GROUPS) & set(SUBJECTS)


def test_an_unknown_name_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(BadInputError, match="listen"):
        run(Namespace(names=["bus", "lisen"], json=False), Settings())


@pytest.mark.parametrize("kind", [*NOISES, "music"])
def test_noises_are_as_loud_as_wanted_and_the_same_every_time(kind: str) -> None:
    make = {**NOISES, "music": music}[kind]
    sound = at_level(make(3.0, 5), -30.0)
    level = 10 * np.log10(np.mean(np.square(sound)) / 32768.0**2)
    assert abs(level + 30.0) < 0.01
    assert np.array_equal(sound, at_level(make(3.0, 5), -30.0))


@pytest.mark.parametrize("level", ECHO_DB)
def test_an_echo_is_as_loud_and_as_late_as_its_room_says(level: float) -> None:
    far = (np.random.default_rng(1).standard_normal(32_000) * 2_000).astype(np.int16)
    echo = echo_of(far, level, 0.06, 3)
    late = echo[960 + 2_400 :]
    loss = 10 * np.log10(np.mean(late**2) / np.mean(np.square(far, dtype=np.float64)))
    assert abs(loss - level) < 1.0
    assert np.abs(echo[:960]).max() < 1.0


def test_there_is_a_room_of_every_level_and_delay() -> None:
    assert len({(room.level_db, room.delay_s) for room in rooms()}) == 15
    assert Room(0.0, 0.1, 3).user != Room(0.0, 0.1, 2).user
