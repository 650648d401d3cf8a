"""The way from the loudspeaker to the microphone, learned from noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.media.echo_path import BLOCK, EchoPath

Sound = NDArray[np.int16]
SECONDS = 4


def noise(seed: int, level: float = 2_000.0) -> Sound:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(16_000 * SECONDS) * level).astype(np.int16)


def echo_of(far: Sound, gain: float) -> Sound:
    response = np.zeros(800)
    response[[320, 400, 700]] = gain, -0.5 * gain, 0.2 * gain
    return np.convolve(far, response)[: len(far)].astype(np.int16)


def played(path: EchoPath, near: Sound, far: Sound) -> Sound:
    starts = range(0, len(near) - BLOCK + 1, BLOCK)
    return np.concatenate(
        [path.process(near[at : at + BLOCK], far[at : at + BLOCK]).certain for at in starts]
    )


def decibels(sound: Sound) -> float:
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-9))


@pytest.mark.parametrize("gain", [0.1, 1.0])
def test_the_echo_is_taken_out(gain: float) -> None:
    far, path = noise(1), EchoPath()
    near = echo_of(far, gain)
    left = played(path, near, far)
    assert decibels(left[-16_000:]) < decibels(near[-16_000:]) - 25
    assert path.trusted


def test_a_user_who_sounds_over_the_echo_is_left_whole() -> None:
    far, path = noise(1), EchoPath()
    at = np.arange(len(far)) / 16_000
    user = (3_000 * np.sin(2 * np.pi * 440 * at) * (at > 3)).astype(np.int16)
    left = played(path, echo_of(far, 1.0) + user, far)
    part, late = left[-8_000:], user[-8_000 - BLOCK : -BLOCK]
    assert np.corrcoef(part, late)[0, 1] > 0.95
    assert abs(decibels(part) - decibels(late)) < 1.5


def test_what_is_to_be_understood_is_the_user_in_time_and_whole() -> None:
    far, path = noise(1), EchoPath()
    user = noise(7, 3_000.0) * (np.arange(len(far)) > 32_000)
    near = (echo_of(far, 1.0) + user).astype(np.int16)
    starts = range(0, len(near) - BLOCK + 1, BLOCK)
    sound = np.concatenate(
        [path.process(near[at : at + BLOCK], far[at : at + BLOCK]).sound for at in starts]
    )
    assert np.corrcoef(sound[-16_000:], user[-16_000:])[0, 1] > 0.98


def test_without_a_far_end_the_sound_passes_a_block_late() -> None:
    near = noise(2)
    left = played(EchoPath(), near, np.zeros_like(near))
    assert np.corrcoef(left[BLOCK:], near[:-BLOCK])[0, 1] > 0.95


def test_when_the_far_end_falls_silent_the_sound_goes_on_without_a_seam() -> None:
    far, path = noise(1), EchoPath()
    far[16_000:] = 0
    at = np.arange(len(far)) / 16_000
    user = (3_000 * np.sin(2 * np.pi * 440 * at) * (at > 1.2)).astype(np.int16)
    left = played(path, echo_of(far, 0.5) + user, far)
    assert np.abs(left[24_000:].astype(int) - user[24_000 - BLOCK : -BLOCK]).max() < 100


def test_the_last_bit_of_the_far_end_is_silence() -> None:
    near = noise(2)
    path, far = EchoPath(), np.resize(np.array([1, 0, -1, 0], np.int16), len(near))
    left = played(path, near, far)
    assert np.abs(left[8_000:].astype(int) - near[8_000 - BLOCK : -BLOCK]).max() <= 1


def test_it_follows_a_moved_loudspeaker() -> None:
    far, path = noise(1), EchoPath()
    near = np.concatenate([echo_of(far, 0.8)[:32_000], echo_of(far, -0.3)[32_000:]])
    left = played(path, near, far)
    assert decibels(left[-8_000:]) < decibels(near[-8_000:]) - 20


def test_an_echo_of_something_else_is_not_trusted() -> None:
    path = EchoPath()
    played(path, echo_of(noise(3), 1.0), noise(4))
    assert not path.trusted


def test_a_path_that_jumps_is_known_again_within_half_a_second() -> None:
    far, path = noise(1), EchoPath()
    near = echo_of(far, 0.5)
    near[32_000:] = np.concatenate([np.zeros(1_600, np.int16), near[32_000:-1_600]])
    left = played(path, near, far)
    assert decibels(left[42_000:48_000]) < decibels(near[42_000:48_000]) - 15
    assert not path.moved


def test_an_echo_that_no_one_path_explains_has_moved() -> None:
    far, path = noise(1), EchoPath()
    near = echo_of(far, 0.5)
    late = np.concatenate([np.zeros(1_200, np.int16), near[:-1_200]])
    for place in range(32_000, len(near), 6_000):
        near[place : place + 3_000] = late[place : place + 3_000]
    moved = []
    for at in range(0, len(near) - BLOCK + 1, BLOCK):
        path.process(near[at : at + BLOCK], far[at : at + BLOCK])
        moved.append(path.moved)
    assert not any(moved[100:200])
    assert any(moved[250:])


def test_a_user_is_no_moved_echo() -> None:
    far, path = noise(1), EchoPath()
    user = noise(5, 3_000.0) * (np.arange(len(far)) > 32_000)
    played(path, (echo_of(far, 0.5) + user).astype(np.int16), far)
    assert not path.moved


def test_it_is_not_trusted_before_it_knows_the_room() -> None:
    path = EchoPath()
    far = noise(1)[:8_000]
    played(path, echo_of(far, 0.5), far)
    assert not path.trusted


def test_extremes_do_not_break_it() -> None:
    path = EchoPath()
    scream = np.full(16_000, 32_767, np.int16)
    scream[::2] = -32_768
    for near, far in ((scream, scream), (np.zeros_like(scream), scream), (scream, scream * 0)):
        assert np.isfinite(played(path, near, far)).all()
    far = noise(1)
    left = played(path, echo_of(far, 0.5), far)
    assert decibels(left[-16_000:]) < decibels(echo_of(far, 0.5)[-16_000:]) - 20


@pytest.mark.parametrize("hertz", [0, 50, 1_000])
def test_a_steady_tone_makes_nobody_surer_than_sure(hertz: int) -> None:
    path = EchoPath()
    for number in range(400):
        at = (np.arange(BLOCK) + number * BLOCK) / 16_000
        far = (30_000 * np.cos(2 * np.pi * hertz * at)).astype(np.int16)
        path.process(np.zeros(BLOCK, np.int16), far)
        assert path._variance.min() >= 0.0
