"""The built-in character: what a pose asks for is what the frame shows."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.avatar.casting import built_in_avatars
from backend.avatar.layered import LayeredPuppet
from backend.avatar.layers.assets import AvatarAssetsError
from backend.avatar.layers.mouth import lips
from backend.avatar.layers.rig import UNITS
from backend.avatar.pose import POSE_CHANNELS, Mouth, Pose

SIZE = 512

VISEMES = {
    "sil": Mouth(),
    "PP": Mouth(press=1.0),
    "FF": Mouth(0.07, 0.1, tuck=1.0),
    "TH": Mouth(0.16, 0.1, tongue=0.9),
    "DD": Mouth(0.16, 0.15, tongue=0.4),
    "kk": Mouth(0.22, 0.05),
    "CH": Mouth(0.16, -0.1, 0.55),
    "SS": Mouth(0.10, 0.45),
    "nn": Mouth(0.16, 0.1, tongue=0.5),
    "RR": Mouth(0.20, -0.1, 0.35, tongue=0.2),
    "aa": Mouth(0.85, 0.1),
    "E": Mouth(0.48, 0.45),
    "I": Mouth(0.26, 0.75),
    "O": Mouth(0.50, -0.15, 0.75),
    "U": Mouth(0.22, -0.35, 1.0),
}


@pytest.fixture(scope="module", params=sorted(built_in_avatars()))
def puppet(request: pytest.FixtureRequest) -> LayeredPuppet:
    return LayeredPuppet(SIZE, built_in_avatars()[request.param])


def shot(puppet: LayeredPuppet, pose: Pose) -> np.ndarray:
    return puppet.render(pose).copy().astype(np.int16)


def mouth_of(puppet: LayeredPuppet, frame: np.ndarray) -> np.ndarray:
    x, y, half = puppet.rig.mouth
    left, top, reach = int(x - 2 * half), int(y - 1.2 * half), int(4 * half)
    return frame[top : top + reach, left : left + reach]


def eye_of(box: tuple[float, float, float, float], frame: np.ndarray) -> np.ndarray:
    left, top, right, bottom = (round(v) for v in box)
    return frame[top:bottom, left:right]


def iris_of(opened: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Where a picture has the colour, amber or blue, that the open eye has most of."""
    blueness = opened[..., 0] - opened[..., 2]
    if (blueness < -120).sum() > (blueness > 40).sum():
        return picture[..., 2] - picture[..., 0] > 120
    return picture[..., 0] - picture[..., 2] > 40


def test_frames_have_the_size_and_repeat_exactly(puppet: LayeredPuppet) -> None:
    pose = Pose(Mouth(open=0.4), yaw=0.3, blink_l=0.5)
    first = shot(puppet, pose)
    shot(puppet, Pose(Mouth(open=1.0), roll=1.0, blush=1.0))
    assert first.shape == (SIZE, SIZE, 3)
    assert np.array_equal(first, shot(puppet, pose))


@pytest.mark.parametrize("channel", POSE_CHANNELS)
def test_every_channel_changes_the_picture(puppet: LayeredPuppet, channel: str) -> None:
    neutral = shot(puppet, Pose())
    moved = shot(puppet, replace(Pose(), **{channel: 0.8}))
    assert np.abs(moved - neutral).max() > 30


@pytest.mark.parametrize(("one", "other"), list(combinations(VISEMES, 2)))
def test_visemes_differ(puppet: LayeredPuppet, one: str, other: str) -> None:
    pictures = [mouth_of(puppet, shot(puppet, Pose(VISEMES[v]))) for v in (one, other)]
    strong = (np.abs(pictures[0] - pictures[1]).max(axis=2) > 24).sum()
    # "d" and "n" are one shape but for the tongue; every other pair is easy to tell.
    assert strong > (4 if {one, other} == {"DD", "nn"} else 25)


def test_gap_grows_with_open_and_press_closes_it() -> None:
    for base in VISEMES.values():
        gaps = [lips(replace(base, open=o, press=0.0), 0.0, 40).gap for o in np.linspace(0, 1, 21)]
        assert all(b > a for a, b in pairwise(gaps))
        assert lips(replace(base, open=1.0, press=0.9), 0.0, 40).gap == 0.0


def test_lips_never_cross() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        o, w, r, t, p, n, s = rng.uniform(-1.5, 1.5, 7)
        edges = lips(Mouth(o, w, r, t, p, n), s, 40)
        assert (edges.lower >= edges.upper - 1e-9).all()
        assert np.isfinite(edges.x).all()


def test_pressed_lips_show_no_gap(puppet: LayeredPuppet) -> None:
    pressed = mouth_of(puppet, shot(puppet, Pose(Mouth(open=0.8, press=1.0))))
    closed = mouth_of(puppet, shot(puppet, Pose(Mouth(press=1.0))))
    opened = mouth_of(puppet, shot(puppet, Pose(Mouth(open=0.8))))
    assert np.abs(pressed - closed).mean() < 0.02 * np.abs(opened - closed).mean() + 0.2


def test_chin_drops_with_open(puppet: LayeredPuppet) -> None:
    x, y, half = puppet.rig.mouth

    def chin(jaw: float) -> int:
        frame = shot(puppet, Pose(Mouth(open=jaw)))
        column = frame[int(y) : int(y + 3.2 * half), int(x), 1]
        return int(np.flatnonzero(column < 120).max())

    levels = [chin(jaw) for jaw in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert levels == sorted(levels)
    assert levels[-1] >= levels[0] + 6


def test_a_shut_eye_hides_the_white_and_the_iris(puppet: LayeredPuppet) -> None:
    rig = puppet.rig
    opened = eye_of(rig.eye_l, shot(puppet, Pose()))
    frame = shot(puppet, Pose(blink_l=1.0))
    shut = eye_of(rig.eye_l, frame)
    other = eye_of(rig.eye_r, frame)

    assert iris_of(opened, opened).sum() > 250
    assert iris_of(opened, shut).sum() == 0
    assert iris_of(opened, other).sum() > 250


def test_gaze_moves_the_iris(puppet: LayeredPuppet) -> None:
    def pupil(gaze: float) -> float:
        eye = eye_of(puppet.rig.eye_l, shot(puppet, Pose(gaze_x=gaze)))
        return float(np.nonzero(iris_of(eye, eye))[1].mean())

    assert pupil(-1.0) < pupil(0.0) - 3
    assert pupil(1.0) > pupil(0.0) + 3


def test_small_steps_make_small_changes(puppet: LayeredPuppet) -> None:
    names = [n for n in POSE_CHANNELS if n not in ("blush",)]
    for name in names:
        frames = [shot(puppet, replace(Pose(), **{name: v})) for v in (0.50, 0.52)]
        assert np.abs(frames[1] - frames[0]).mean() < 4, name
    mouths = [shot(puppet, Pose(Mouth(open=v, press=0.45))) for v in np.linspace(0, 0.2, 21)]
    steps = [np.abs(b - a).mean() for a, b in pairwise(mouths)]
    assert max(steps) < 0.2


def test_out_of_range_and_float64_values_are_clamped(puppet: LayeredPuppet) -> None:
    wild = {name: np.float64(9.0) for name in POSE_CHANNELS}
    frame = puppet.render(Pose(Mouth(*(np.float64(9.0),) * 6), **wild))
    assert frame.dtype == np.uint8
    assert frame.shape == (SIZE, SIZE, 3)


def test_transparent_render_matches_the_opaque_one(puppet: LayeredPuppet) -> None:
    pose = Pose(Mouth(open=0.5), yaw=-0.5, roll=0.4)
    cut_out = puppet.render_rgba(pose).astype(np.float32)
    alpha = cut_out[..., 3:] / 255
    assert cut_out.shape == (SIZE, SIZE, 4)
    assert alpha[0, 0, 0] == 0
    assert alpha[300, 256, 0] == 1
    backdrop = puppet.render(replace(pose)).copy().astype(np.float32)
    inside = alpha[..., 0] == 1
    assert np.abs(cut_out[..., :3][inside] - backdrop[inside]).max() <= 3


@pytest.mark.parametrize("yaw", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("pitch", [-1.0, 0.0, 1.0])
def test_no_gap_behind_a_turned_head(puppet: LayeredPuppet, yaw: float, pitch: float) -> None:
    alpha = puppet.render_rgba(Pose(Mouth(open=1.0), yaw=yaw, pitch=pitch))[..., 3]
    assert alpha[100:350, 190:322].min() >= 250


def test_rig_points_at_mouth_and_eyes(puppet: LayeredPuppet) -> None:
    neutral = shot(puppet, Pose())
    changed = np.abs(shot(puppet, Pose(Mouth(open=0.6))) - neutral).max(axis=2) > 60
    x, y, half = puppet.rig.mouth
    rows, columns = np.nonzero(changed[: int(y + 2 * half)])
    assert abs(columns.mean() - x) < 0.3 * half
    assert y - half < rows.mean() < y + 1.5 * half


def test_the_rig_follows_the_size() -> None:
    half, whole = LayeredPuppet(256).rig, LayeredPuppet(SIZE).rig
    assert half.mouth == pytest.approx(tuple(v / 2 for v in whole.mouth))
    assert SIZE < UNITS


@pytest.mark.parametrize("size", [250, 720])
def test_other_sizes(size: int) -> None:
    frame = LayeredPuppet(size).render(Pose(yaw=1.0, roll=1.0))
    assert frame.shape == (size, size, 3)
    small = cv2.resize(frame, (32, 32), interpolation=cv2.INTER_AREA).astype(int)
    half = LayeredPuppet(SIZE).render(Pose(yaw=1.0, roll=1.0))
    reference = cv2.resize(half, (32, 32), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(small - reference).mean() < 3


def test_missing_or_damaged_assets_are_told(tmp_path: Path) -> None:
    with pytest.raises(AvatarAssetsError, match=r"rig\.json"):
        LayeredPuppet(64, tmp_path)
    (tmp_path / "rig.json").write_text("[]", encoding="utf-8")
    with pytest.raises(AvatarAssetsError, match=r"rig\.json"):
        LayeredPuppet(64, tmp_path)
