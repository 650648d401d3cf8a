"""What was played lately, and which part of it belongs to the microphone's sound."""

from __future__ import annotations

import numpy as np

from backend.stage.far_end import FarEnd, SteadyCursor
from event_system import MICROPHONE_RATE, PLAYOUT_RATE

FRAME = 960


def played(seconds: float, start: float = 0.0) -> tuple[FarEnd, np.ndarray]:
    far = FarEnd()
    at = np.arange(round(seconds * PLAYOUT_RATE)) / PLAYOUT_RATE
    sound = (np.sin(2 * np.pi * 440 * at) * 10_000).astype(np.int16)
    for place in range(0, len(sound), FRAME):
        far.write(round(start * PLAYOUT_RATE) + place, sound[place : place + FRAME])
    return far, sound


def test_it_gives_back_what_was_played_at_16_khz() -> None:
    far, sound = played(0.5)
    heard = far.read(1_600, 3_200).astype(float)
    expected = sound[::3][1_600 - 8 : 4_800 - 8].astype(float)  # the filter's delay
    assert np.corrcoef(heard, expected)[0, 1] > 0.99


def test_what_was_not_played_is_silence() -> None:
    far, _sound = played(0.2, start=1.0)
    assert not far.read(0, 1_000).any()
    assert not far.read(20_000, 1_000).any()
    assert far.read(16_400, 400).any()


def test_a_flush_takes_back_what_will_not_be_heard() -> None:
    far, _sound = played(0.5)
    far.flush(round(0.25 * PLAYOUT_RATE))
    assert far.read(3_000, 900).any()
    assert not far.read(4_100, 3_000).any()


def cursor_starts(arrivals: list[float], count: int = 320) -> np.ndarray:
    cursor = SteadyCursor()
    return np.array([cursor.place(round(at * MICROPHONE_RATE) - count, count) for at in arrivals])


def test_parts_follow_each_other_however_the_frames_arrive() -> None:
    rng = np.random.default_rng(1)
    arrivals = [1.0 + 0.02 * n + 0.015 * rng.random() for n in range(200)]
    starts = cursor_starts(arrivals)
    assert (np.diff(starts) == 320).mean() > 0.98
    true = np.array([(1.0 + 0.02 * n) * MICROPHONE_RATE - 320 for n in range(200)])
    assert np.abs(starts - true).max() < 0.03 * MICROPHONE_RATE


def test_after_a_gap_it_catches_up_within_a_second() -> None:
    arrivals = [1.0 + 0.02 * n for n in range(100)] + [5.0 + 0.02 * n for n in range(100)]
    starts = cursor_starts(arrivals)
    wanted = arrivals[-1] * MICROPHONE_RATE - 320
    assert abs(starts[-1] - wanted) < 0.03 * MICROPHONE_RATE
    wanted = arrivals[160] * MICROPHONE_RATE - 320
    assert abs(starts[160] - wanted) < 0.03 * MICROPHONE_RATE


def test_where_times_are_exact_a_gap_is_followed_at_once() -> None:
    cursor = SteadyCursor(gap=1_600)
    assert cursor.place(1_000, 320) == 1_000
    assert cursor.place(1_500, 320) == 1_320
    assert cursor.place(9_000, 320) == 9_000


def test_a_piece_ends_at_its_limit_and_the_next_goes_on_there() -> None:
    cursor = SteadyCursor()
    assert cursor.place(1_000, 320, limit=1_200) == 880
    assert cursor.place(1_320, 320, limit=2_000) == 1_200
