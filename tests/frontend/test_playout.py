"""The jitter buffer, with a made-up clock."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest

from frontend.playout import FADE_SAMPLES, LEAST_DELAY_S, MediaClock, PlayoutBuffer

FRAME = 960
BLOCK = 480
RATE = 48_000


def sound(value: int, samples: int = FRAME) -> bytes:
    return array("h", [value] * samples).tobytes()


def values(block: bytes) -> array[int]:
    return array("h", block)


def play(buffer: PlayoutBuffer, start: float, blocks: int) -> array[int]:
    """Read blocks as a device does, from a time on."""
    out = array("h")
    for index in range(blocks):
        out.extend(values(buffer.read(BLOCK, start + index * BLOCK / RATE)))
    return out


def filled(frames: int, pts_us: int = 0, arrived: float = 100.0) -> PlayoutBuffer:
    buffer = PlayoutBuffer()
    for index in range(frames):
        buffer.push(pts_us + index * 20_000, sound(index + 1), arrived + index * 0.02)
    return buffer


def test_the_clock_follows_the_fastest_frames() -> None:
    clock = MediaClock()
    for index, jitter in enumerate((0.03, 0.001, 0.05, 0.02)):
        clock.observe(index * 20_000, 50.0 + index * 0.02 + jitter)
    assert clock.offset == pytest.approx(50.001)


def test_the_clock_forgets_an_offset_that_no_longer_holds() -> None:
    clock = MediaClock()
    clock.observe(0, 50.0)
    for index in range(1, 800):
        clock.observe(index * 20_000, 50.0 + index * 0.02 + 0.1)
    assert clock.offset == pytest.approx(50.1)


def test_sound_is_heard_at_its_time_plus_the_delay() -> None:
    buffer = filled(5)
    heard = play(buffer, 100.0, 20)
    first = next(index for index, value in enumerate(heard) if value)
    assert first / RATE == pytest.approx(LEAST_DELAY_S, abs=1 / RATE)
    assert buffer.started_at == pytest.approx(100.0 + LEAST_DELAY_S)
    assert [value for value in heard if value] == [v for v in range(1, 6) for _ in range(FRAME)]


def test_nothing_waits_after_the_sound_ended() -> None:
    buffer = filled(2)
    play(buffer, 100.0, 20)
    assert not buffer.waiting
    assert not any(play(buffer, 101.0, 4))


def test_a_pause_between_sentences_keeps_its_length() -> None:
    buffer = filled(2)
    buffer.push(100_000, sound(9), 100.04)
    heard = play(buffer, 100.0, 30)
    start = heard.index(1)
    assert heard.index(9) - start == int(0.1 * RATE)
    assert not any(heard[start + 2 * FRAME : start + int(0.1 * RATE)])
    assert buffer.underruns == 0


def test_the_position_is_what_is_heard_now() -> None:
    buffer = filled(5)
    play(buffer, 100.0, 8)
    now = 100.0 + LEAST_DELAY_S + 0.015
    assert buffer.position_us(now) == pytest.approx(15_000, abs=100)


def test_late_sound_keeps_pictures_in_step_with_it() -> None:
    buffer = filled(5)
    late = 100.0 + LEAST_DELAY_S + 0.03
    play(buffer, late, 2)
    assert buffer.position_us(late + 0.01) == pytest.approx(10_000, abs=100)


def test_running_dry_makes_the_delay_longer() -> None:
    buffer = filled(1)
    play(buffer, 100.0, 14)
    assert not buffer.waiting
    before = buffer.delay
    buffer.push(20_000, sound(2), 100.14)
    assert buffer.underruns == 1
    assert buffer.delay > before


def test_a_flush_fades_within_5_ms_and_drops_the_rest() -> None:
    buffer = PlayoutBuffer()
    for index in range(10):
        buffer.push(index * 20_000, sound(10_000), 100.0 + index * 0.02)
    play(buffer, 100.0 + LEAST_DELAY_S, 4)
    buffer.flush()
    block = values(buffer.read(BLOCK, 100.2))
    assert block[0] > 9_000
    assert all(a >= b for a, b in pairwise(block))
    assert not any(block[FADE_SAMPLES:])
    assert not buffer.waiting
    assert buffer.silent_at == pytest.approx(100.2 + FADE_SAMPLES / RATE)


def test_a_flush_before_the_first_sound_plays_nothing() -> None:
    buffer = filled(5)
    buffer.flush()
    assert not any(play(buffer, 100.0, 30))


def test_the_device_latency_is_part_of_the_delay() -> None:
    buffer = PlayoutBuffer()
    buffer.set_latency(0.1)
    assert buffer.delay > 0.1


def test_without_a_frame_there_is_no_position() -> None:
    assert PlayoutBuffer().position_us(1.0) is None
