"""The motion of a living character: alive, repeatable, never jittery."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.avatar.chance import Drift, EventTable, Spring
from backend.avatar.emotion import EMOTIONS
from backend.avatar.motion import (
    BLINK_CLOSE,
    BLINK_HOLD,
    BLINK_OPEN,
    Performer,
    blink_curve,
)
from backend.avatar.pose import POSE_CHANNELS, Mouth, Pose

CLOSED = Mouth()
HEAD = ("yaw", "pitch", "roll", "shift_x", "shift_y")


def _idle(seed: int, seconds: float, fps: float = 60.0) -> list[Pose]:
    performer = Performer(seed)
    return [
        performer.pose(index / fps, CLOSED, speaking=False) for index in range(int(seconds * fps))
    ]


def _talk(seed: int, seconds: float, fps: float = 60.0) -> list[Pose]:
    """Idle, speech with stressed syllables and feelings, and silence again, in thirds."""
    performer = Performer(seed)
    poses = []
    for index in range(int(seconds * fps)):
        t = index / fps
        speaking = seconds / 3 <= t < 2 * seconds / 3
        poses.append(
            performer.pose(
                t,
                Mouth(open=0.5),
                speaking=speaking,
                energy=0.5 + 0.5 * math.sin(9 * t),
                emphasis=1.0 if t % 0.7 < 0.15 else 0.0,
                emotion="happy" if speaking else "neutral",
            )
        )
    return poses


def _channel(poses: list[Pose], name: str) -> NDArray[np.float64]:
    return np.array([getattr(pose, name) for pose in poses])


def _onsets(closure: NDArray[np.float64]) -> NDArray[np.int64]:
    shut = closure > 0.7
    return np.nonzero(shut[1:] & ~shut[:-1])[0]


def test_the_lips_are_passed_through() -> None:
    mouth = Mouth(open=0.3, tongue=0.2)
    assert Performer(1).pose(0.0, mouth, speaking=True).mouth is mouth


@pytest.mark.parametrize("fps", [24.0, 30.0, 120.0])
def test_the_same_seed_moves_alike_at_every_frame_rate(fps: float) -> None:
    fine = _idle(5, 8.0, 360.0)
    coarse = _idle(5, 8.0, fps)
    for index, pose in enumerate(coarse):
        other = fine[round(index * 360.0 / fps)]
        for name in POSE_CHANNELS:
            assert getattr(pose, name) == pytest.approx(getattr(other, name), abs=0.01), name


def test_another_seed_moves_otherwise() -> None:
    assert not np.allclose(_channel(_idle(1, 10), "yaw"), _channel(_idle(2, 10), "yaw"), atol=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_it_blinks_as_often_as_people_do(seed: int) -> None:
    closure = _channel(_idle(seed, 120, 30.0), "blink_l")
    per_minute = len(_onsets(closure)) / 2
    assert 10 <= per_minute <= 26
    gaps = np.diff(_onsets(closure)) / 30.0
    assert gaps.max() < 6.5
    assert gaps.std() > 0.5
    assert closure.max() == pytest.approx(1.0)


def test_a_blink_closes_faster_than_it_opens() -> None:
    assert 0.15 <= BLINK_CLOSE + BLINK_HOLD + BLINK_OPEN <= 0.2
    assert BLINK_CLOSE < BLINK_OPEN
    t = np.linspace(-0.05, 0.3, 351)
    curve = np.array([blink_curve(value) for value in t])
    assert curve.min() == 0
    assert curve.max() == 1
    assert curve[t < 0].max() == 0
    assert curve[t > 0.2].max() == 0
    half = np.nonzero(curve > 0.5)[0]
    assert 0.08 < t[half[-1]] - t[half[0]] < 0.14


def test_every_blink_is_seen_at_thirty_frames_a_second() -> None:
    # The last half second is left out: a blink may begin between the last two coarse frames.
    fine = _onsets(_channel(_idle(3, 40, 150.0), "blink_l")) / 150
    seen = _onsets(_channel(_idle(3, 40, 30.0), "blink_l")) / 30
    assert (seen < 39.5).sum() == (fine < 39.5).sum() > 8


def test_it_blinks_when_it_falls_silent() -> None:
    for seed in range(5):
        performer = Performer(seed)
        for index in range(60):
            performer.pose(index / 60, CLOSED, speaking=True)
        after = [performer.pose(1 + i / 60, CLOSED, speaking=False) for i in range(30)]
        assert max(pose.blink_l for pose in after) > 0.9


def test_gaze_rests_and_jumps() -> None:
    gaze = _channel(_idle(2, 60, 100.0), "gaze_x")
    speed = np.abs(np.diff(gaze)) * 100
    assert np.median(speed) < 0.02
    assert (speed > 1.0).mean() < 0.08
    assert speed.max() > 3
    assert np.abs(gaze).max() < 0.75
    assert (np.abs(gaze) < 0.12).mean() > 0.4


def test_breath_is_slow_and_full() -> None:
    breath = _channel(_idle(4, 60), "breath")
    assert breath.min() < 0.05
    assert breath.max() > 0.95
    middle = breath - 0.5
    breaths = ((middle[1:] > 0) & (middle[:-1] <= 0)).sum() / 60
    assert 0.18 < breaths < 0.32


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("perform", [_idle, _talk])
def test_the_head_never_jerks(seed: int, perform: object) -> None:
    poses = perform(seed, 30, 60.0)  # type: ignore[operator]
    for name, speed, push in (
        ("yaw", 1.2, 16.0),
        ("pitch", 2.2, 70.0),
        ("roll", 1.6, 20.0),
        ("shift_x", 0.3, 5.0),
        ("shift_y", 0.3, 5.0),
    ):
        velocity = np.diff(_channel(poses, name)) * 60
        assert np.abs(velocity).max() < speed, name
        assert np.abs(np.diff(velocity)).max() * 60 < push, name


def test_it_moves_more_while_speaking() -> None:
    poses = _talk(6, 90, 30.0)
    still, spoken = poses[:900], poses[950:1800]
    assert _channel(spoken, "pitch").std() > 1.3 * _channel(still, "pitch").std()
    assert np.abs(_channel(still, "yaw")).max() > 0.05


def test_a_stressed_syllable_nods_and_raises_the_brows() -> None:
    plain, stressed = Performer(1), Performer(1)
    deepest = highest = 0.0
    for index in range(60):
        t = index / 60
        one = plain.pose(t, CLOSED, speaking=True)
        other = stressed.pose(t, CLOSED, speaking=True, emphasis=1.0 if 0.2 < t < 0.4 else 0.0)
        deepest = max(deepest, other.pitch - one.pitch)
        highest = max(highest, other.brow_l - one.brow_l)
    assert deepest > 0.08
    assert highest > 0.08


def test_a_nod_goes_down_twice_and_ends() -> None:
    plain, nodding = Performer(1), Performer(1)
    plain.pose(0.0, CLOSED, speaking=False)
    nodding.pose(0.0, CLOSED, speaking=False)
    nodding.nod(0.5)
    depth = np.array(
        [
            nodding.pose(t, CLOSED, speaking=False).pitch
            - plain.pose(t, CLOSED, speaking=False).pitch
            for t in np.arange(1, 120) / 60
        ]
    )
    assert depth[:30].max() < 0.01, "not before it is asked for"
    first, second = depth[30:57].max(), depth[57:84].max()
    assert first > 1.5 * second > 0.1
    assert np.abs(depth[85:]).max() < 1e-6


def test_a_question_tilts_the_head() -> None:
    plain, asking = Performer(1), Performer(1)
    for index in range(60):
        one = plain.pose(index / 60, CLOSED, speaking=True)
        other = asking.pose(index / 60, CLOSED, speaking=True, question=1.0)
    assert other.roll - one.roll > 0.2


def test_an_emotion_comes_fast_and_goes_slowly() -> None:
    performer = Performer(3, liveliness=0.0)
    smiles = [
        performer.pose(
            i / 60, CLOSED, speaking=False, emotion="happy" if 60 <= i < 240 else ""
        ).smile
        for i in range(480)
    ]
    full = max(smiles)
    assert full > 0.5
    assert abs(smiles[59]) < 0.02
    assert smiles[60 + 18] > 0.8 * full
    assert smiles[240 + 18] > 0.4 * full
    assert smiles[240 + 80] < 0.1 * full


@pytest.mark.parametrize("first", EMOTIONS)
@pytest.mark.parametrize("second", EMOTIONS)
def test_changing_emotions_never_overdoes_the_face(first: str, second: str) -> None:
    performer = Performer(3)
    for index in range(90):
        emotion = first if index < 30 else second
        pose = performer.pose(index / 30, CLOSED, speaking=False, emotion=emotion)
        assert abs(pose.smile) <= 1
        assert abs(pose.brow_inner) <= 1
        assert -0.3 <= pose.blink_l <= 1


def test_attention_is_seen() -> None:
    faces = {}
    for mode in ("idle", "listening", "thinking"):
        performer = Performer(7)
        performer.attend(mode)  # type: ignore[arg-type]
        poses = [performer.pose(i / 30, CLOSED, speaking=False) for i in range(300)]
        faces[mode] = {name: _channel(poses[60:], name).mean() for name in POSE_CHANNELS}
    assert faces["thinking"]["gaze_y"] < faces["idle"]["gaze_y"] - 0.2
    assert faces["thinking"]["gaze_x"] > faces["idle"]["gaze_x"] + 0.2
    assert faces["listening"]["roll"] > faces["idle"]["roll"] + 0.1


def test_an_unknown_attention_is_refused() -> None:
    with pytest.raises(ValueError, match="daydreaming"):
        Performer(1).attend("daydreaming")  # type: ignore[arg-type]


def test_without_liveliness_it_still_blinks_and_breathes() -> None:
    performer = Performer(2, liveliness=0.0)
    poses = [performer.pose(i / 60, CLOSED, speaking=i > 600, energy=1.0) for i in range(1200)]
    assert np.ptp(_channel(poses, "yaw")) < 0.01
    assert _channel(poses, "blink_l").max() > 0.9
    assert np.ptp(_channel(poses, "breath")) > 0.9


def test_time_may_jump_or_stand_still() -> None:
    performer = Performer(1)
    for t in (0.0, 0.0, 5.0, 4.0, 90_000.0, 1e7):
        pose = performer.pose(t, CLOSED, speaking=False, emotion="sad", energy=9.0)
        for name in HEAD:
            assert math.isfinite(getattr(pose, name))
            assert abs(getattr(pose, name)) <= 1


def test_events_keep_their_distance() -> None:
    table = EventTable(9, "blink", 4.0, 1.5)
    times = sorted({table.latest(t / 10)[1] for t in range(100, 10_000)})
    gaps = np.diff(times)
    assert gaps.min() >= 2.5
    assert gaps.max() <= 5.5
    assert all(start <= t for t in np.linspace(0, 99, 500) for start in [table.latest(t)[1]])


def test_a_drift_stays_in_bounds_and_wanders() -> None:
    values = np.array([Drift(4, "yaw", slowest=0.07, fastest=0.4).at(t / 10) for t in range(6000)])
    assert np.abs(values).max() <= 1
    assert values.max() > 0.6
    assert values.min() < -0.6


def test_a_spring_step_does_not_depend_on_its_length() -> None:
    once, often = Spring(0.0), Spring(0.0)
    once.step(1.0, 6.0, 0.5)
    for _ in range(50):
        often.step(1.0, 6.0, 0.01)
    assert once.value == pytest.approx(often.value)
    assert once.velocity == pytest.approx(often.velocity)
    assert 0.75 < once.value < 1.0


def test_a_pose_costs_far_less_than_a_frame() -> None:
    performer = Performer(1)
    best = math.inf
    for batch in range(10):
        start = time.process_time()
        for index in range(100):
            performer.pose(batch + index / 100, CLOSED, speaking=True, emotion="happy")
        best = min(best, (time.process_time() - start) / 100)
    assert best < 0.001
