"""The portrait puppet: what each part of a pose changes, and what it leaves alone."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from backend.avatar.portrait import PortraitPuppet
from backend.avatar.pose import POSE_CHANNELS, Mouth, Pose
from backend.avatar.rig import PortraitRig
from backend.avatar.rigging import find_rig, guess_rig
from tests.support.portraits import DARK_SKIN, Portrait, anime_face, photo_face

SIZE = 384
STYLES = ("photo", "anime", "dark")


@cache
def _face(style: str) -> tuple[Portrait, PortraitRig]:
    if style == "anime":
        face = anime_face(SIZE)
    else:
        face = photo_face(SIZE, skin=DARK_SKIN) if style == "dark" else photo_face(SIZE)
    return face, find_rig(face.image)


def _puppet(style: str) -> PortraitPuppet:
    face, rig = _face(style)
    return PortraitPuppet(face.image, rig, SIZE)


def _moved(style: str, pose: Pose) -> NDArray[np.float64]:
    """How much each pixel differs from the picture, 0 to 255."""
    face, _ = _face(style)
    frame = _puppet(style).render(pose).astype(float)
    return np.abs(frame - face.image).max(axis=2)


def _around(x: float, y: float, reach_x: float, reach_y: float) -> tuple[slice, slice]:
    return (
        slice(max(0, int(y - reach_y)), int(y + reach_y) + 1),
        slice(max(0, int(x - reach_x)), int(x + reach_x) + 1),
    )


@pytest.mark.parametrize("style", STYLES)
def test_the_neutral_pose_is_the_picture(style: str) -> None:
    face, _ = _face(style)
    frame = _puppet(style).render(Pose())
    assert frame.dtype == np.uint8
    assert np.array_equal(frame, face.image)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("opening", [0.3, 1.0])
def test_an_open_mouth_changes_only_the_mouth(style: str, opening: float) -> None:
    face, rig = _face(style)
    frame = _puppet(style).render(Pose(mouth=Mouth(open=opening))).copy()
    lips = _around(rig.mouth_x, rig.mouth_y + 8, rig.mouth_half_width, 14)
    assert np.abs(frame[lips].astype(float) - face.image[lips]).max() > 40
    chin = rig.mouth_y - (rig.eyes[0].y + rig.eyes[1].y) / 2
    mouth = _around(rig.mouth_x, rig.mouth_y + 0.3 * chin, 2 * rig.mouth_half_width, chin)
    frame[mouth] = face.image[mouth]
    assert cv2.PSNR(frame, face.image) > 38


@pytest.mark.parametrize("style", STYLES)
def test_a_wider_opening_shows_more_of_the_inside(style: str) -> None:
    _, rig = _face(style)
    area = _around(rig.mouth_x, rig.mouth_y + 10, rig.mouth_half_width, 24)
    changed = [
        int((_moved(style, Pose(mouth=Mouth(open=opening)))[area] > 25).sum())
        for opening in (0.0, 0.25, 0.6, 1.0)
    ]
    assert changed == sorted(changed)
    assert len(set(changed)) == 4


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("press", [0.9, 1.0])
def test_pressed_lips_have_no_gap_whatever_opening_is_asked(style: str, press: float) -> None:
    puppet = _puppet(style)
    closed = puppet.render(Pose(mouth=Mouth(press=press))).copy()
    asked = puppet.render(Pose(mouth=Mouth(open=1.0, press=press))).copy()
    assert np.array_equal(closed, asked)


def test_widened_and_rounded_mouths_differ_in_width() -> None:
    _, rig = _face("photo")

    def width(mouth: Mouth) -> int:
        moved = _moved("photo", Pose(mouth=mouth))
        row = moved[_around(rig.mouth_x, rig.mouth_y + 2, 2 * rig.mouth_half_width, 3)] > 30
        columns = np.nonzero(row.any(axis=0))[0]
        return int(columns[-1] - columns[0])

    spread, tight = Mouth(open=0.4, width=1.0), Mouth(open=0.4, round=1.0)
    assert width(spread) > 1.1 * width(tight)


@pytest.mark.parametrize("style", STYLES)
def test_a_blink_covers_the_eye_and_leaves_the_other_open(style: str) -> None:
    face, rig = _face(style)
    frame = _puppet(style).render(Pose(blink_l=1.0))
    left, right = rig.eyes
    # The opening's detail is gone: an iris has far more contrast than a lid.
    core = _around(left.x, left.y - 0.15 * left.top, 0.4 * left.half_width, 0.3 * left.top)
    assert frame[core][..., 1].std() < 0.5 * face.image[core][..., 1].std()
    other = _around(right.x, right.y, right.half_width, right.top)
    assert np.array_equal(frame[other], face.image[other])


@pytest.mark.parametrize("style", STYLES)
def test_the_eyes_look_where_they_are_told(style: str) -> None:
    face, rig = _face(style)
    eye = rig.eyes[1]
    area = _around(eye.x, eye.y, 0.75 * eye.half_width, 0.45 * min(eye.top, eye.bottom))

    def darkness(picture: NDArray[np.uint8]) -> float:
        """Centre of the dark pixels across the eye."""
        gray = cv2.cvtColor(np.ascontiguousarray(picture[area]), cv2.COLOR_BGR2GRAY)
        dark = np.clip(150.0 - gray, 0, None).sum(axis=0)
        return float((dark * np.arange(len(dark))).sum() / dark.sum())

    puppet = _puppet(style)
    left = darkness(puppet.render(Pose(gaze_x=-1.0)))
    right = darkness(puppet.render(Pose(gaze_x=1.0)))
    assert left < darkness(face.image) - 0.4
    assert right > darkness(face.image) + 0.4


def _find(frame: NDArray[np.uint8], patch: NDArray[np.uint8]) -> tuple[int, int]:
    match = cv2.matchTemplate(frame, patch, cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(match)
    return x, y


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("pose", "direction"),
    [
        (Pose(yaw=0.6), (1, 0)),
        (Pose(yaw=-0.6), (-1, 0)),
        (Pose(pitch=0.6), (0, 1)),
        (Pose(pitch=-0.6), (0, -1)),
        (Pose(shift_x=0.2), (1, 0)),
        (Pose(roll=1.0), (1, 0)),
    ],
)
def test_the_head_moves_the_right_way(style: str, pose: Pose, direction: tuple[int, int]) -> None:
    face, rig = _face(style)
    middle_x = (rig.eyes[0].x + rig.eyes[1].x) / 2
    middle_y = (rig.eyes[0].y + rig.eyes[1].y) / 2
    area = _around(middle_x, middle_y, 0.8 * rig.eye_distance, 0.35 * rig.eye_distance)
    patch = face.image[area]
    x, y = _find(_puppet(style).render(pose), patch)
    moved = (x - area[1].start, y - area[0].start)
    along = moved[0] * direction[0] + moved[1] * direction[1]
    assert along >= 3


@pytest.mark.parametrize("pose", [Pose(yaw=1.0, roll=1.0), Pose(pitch=-1.0), Pose(breath=1.0)])
def test_the_corners_of_the_picture_stay(pose: Pose) -> None:
    moved = _moved("photo", pose)
    for rows in (slice(0, 12), slice(0, 12)):
        for columns in (slice(0, 12), slice(-12, None)):
            assert moved[rows, columns].mean() < 4


def test_yaw_is_limited() -> None:
    puppet = _puppet("photo")
    limit = puppet.render(Pose(yaw=0.6)).copy()
    assert np.array_equal(puppet.render(Pose(yaw=5.0)), limit)


@pytest.mark.parametrize("channel", POSE_CHANNELS)
def test_every_channel_shows_and_none_raises(channel: str) -> None:
    puppet = _puppet("photo")
    still = puppet.render(Pose()).copy()
    assert not np.array_equal(puppet.render(Pose(**{channel: 0.5})), still)
    for wild in (99.0, -99.0, float("nan"), float("inf"), np.float64(0.3)):
        frame = puppet.render(Pose(**{channel: wild}))
        assert frame.shape == (SIZE, SIZE, 3)


@pytest.mark.parametrize("style", STYLES)
def test_moving_eyes_leave_an_open_mouth_alone(style: str) -> None:
    _, rig = _face(style)
    puppet = _puppet(style)
    mouth = Mouth(open=0.5)
    lips = _around(rig.mouth_x, rig.mouth_y + 6, 1.2 * rig.mouth_half_width, 16)
    alone = puppet.render(Pose(mouth=mouth))[lips].copy()
    eyes = Pose(mouth=mouth, blink_l=0.6, blink_r=-0.3, squint=0.5, gaze_x=0.7)
    assert np.array_equal(puppet.render(eyes)[lips], alone)


def test_blush_reddens_the_cheeks() -> None:
    face, _ = _face("photo")
    frame = _puppet("photo").render(Pose(blush=1.0)).astype(int)
    more_red = (frame[..., 2] - frame[..., 1]) - (
        face.image[..., 2].astype(int) - face.image[..., 1]
    )
    assert more_red.max() > 20
    assert (more_red > 5).mean() < 0.15


def test_frames_depend_on_the_pose_alone() -> None:
    poses = [
        Pose(mouth=Mouth(open=0.7, round=0.4), blink_l=0.6, yaw=0.3),
        Pose(smile=0.5, gaze_x=-0.5, blush=0.4),
        Pose(),
    ]
    puppet = _puppet("photo")
    first = [puppet.render(pose).copy() for pose in poses]
    again = [puppet.render(pose).copy() for pose in reversed(poses)]
    for one, other in zip(first, reversed(again), strict=True):
        assert np.array_equal(one, other)


def test_transparency_shows_the_background() -> None:
    face = anime_face(SIZE, transparent=True)
    rig = find_rig(face.image)
    frame = PortraitPuppet(face.image, rig, SIZE, background=(10, 200, 30)).render(Pose())
    assert tuple(frame[2, 2]) == (10, 200, 30)


def test_another_size_and_shape_of_picture_fits() -> None:
    face, rig = _face("photo")
    wide = cv2.copyMakeBorder(face.image, 0, 0, 100, 60, cv2.BORDER_REPLICATE)
    puppet = PortraitPuppet(wide, rig.transformed(1.0, left=-100), 256)
    assert puppet.render(Pose(mouth=Mouth(open=1.0))).shape == (256, 256, 3)
    assert puppet.size == 256
    assert puppet.rig.size == (256, 256)
    assert puppet.rig.eye_distance == pytest.approx(rig.eye_distance * 256 / SIZE, rel=0.01)


def test_a_guessed_rig_can_be_rendered() -> None:
    flat = np.full((200, 200, 3), 128, np.uint8)
    puppet = PortraitPuppet(flat, guess_rig((200, 200)), 256)
    pose = Pose(mouth=Mouth(open=1.0), blink_l=1.0, blink_r=0.5, yaw=0.5, gaze_x=0.5)
    assert puppet.render(pose).shape == (256, 256, 3)
