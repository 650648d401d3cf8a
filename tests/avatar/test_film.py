"""Filming: the pictures stand in their order, whoever rendered them, and a fault leaves no file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.avatar.film import LEAD_OUT_S, RUN, film
from backend.avatar.motion import Performer
from backend.avatar.pose import Mouth, Pose
from backend.avatar.puppet import Frame
from backend.media.mp4 import iter_frames

RATE = 48_000
FPS = 30
SECONDS = 2.0
EDGE = 64


class ShadePuppet:
    """Paints the whole frame as bright as the mouth is open, always into the same array."""

    def __init__(self) -> None:
        self.size = EDGE
        self._frame = np.zeros((EDGE, EDGE, 3), np.uint8)

    def render(self, pose: Pose) -> Frame:
        self._frame[:] = round(255 * pose.mouth.open)
        return self._frame


class BrokenPuppet(ShadePuppet):
    """Fails in the second run of pictures, which another thread renders."""

    def render(self, pose: Pose) -> Frame:
        if pose.mouth.open > (RUN + 1) / FPS / SECONDS:
            raise ValueError("no such pose")
        return super().render(pose)


def test_pictures_come_in_order_and_fill_the_sound(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    pcm = np.zeros(round(SECONDS * RATE), np.int16)
    done = list(
        film(out, ShadePuppet(), Performer(1), pcm, RATE, lambda t: Mouth(open=min(t / 2, 1.0)))
    )
    count = round((SECONDS + LEAD_OUT_S) * FPS)
    assert done == [(index + 1) / count for index in range(count)]
    times, shades = zip(*((at, float(one.mean())) for at, one in iter_frames(out)), strict=True)
    assert np.allclose(np.diff(times), 1 / FPS, atol=1e-3)
    wanted = [255 * min((index + 0.5) / FPS / 2, 1.0) for index in range(count)]
    assert np.abs(np.array(shades) - wanted).max() < 4


def test_a_fault_in_a_thread_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    pcm = np.zeros(round(SECONDS * RATE), np.int16)
    steps = film(out, BrokenPuppet(), Performer(1), pcm, RATE, lambda t: Mouth(open=t / SECONDS))
    with pytest.raises(ValueError, match="no such pose"):
        list(steps)
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    pcm = np.zeros(RATE, np.int16)
    steps = film(tmp_path / "a.mp4", ShadePuppet(), Performer(1), pcm, RATE, lambda t: Mouth())
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []
