"""The rig: reading one, and finding one in a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from backend.avatar.rig import PortraitRig
from backend.avatar.rigging import find_rig, guess_rig, portrait_crop
from backend.errors import BadInputError
from tests.support.portraits import (
    DARK_SKIN,
    Portrait,
    anime_face,
    landscape,
    photo_face,
)

AVATAR = Path(__file__).parents[2] / "backend/avatar/assets/kotone/avatar.png"

FACES: dict[str, Callable[[], Portrait]] = {
    "photo": lambda: photo_face(768),
    "dark skin": lambda: photo_face(768, skin=DARK_SKIN),
    "glasses": lambda: photo_face(768, glasses=True),
    "dark skin, glasses, tilted": lambda: photo_face(1024, skin=DARK_SKIN, glasses=True, roll=8),
    "tilted": lambda: photo_face(768, roll=15),
    "tilted far": lambda: photo_face(768, roll=-25),
    "small in the picture": lambda: photo_face(1024, scale=0.3, center=(0.7, 0.35)),
    "few pixels": lambda: photo_face(200),
    "anime": lambda: anime_face(768),
    "anime, blond": lambda: anime_face(768, hair=(150.0, 210.0, 240.0)),
    "anime, tilted": lambda: anime_face(768, roll=10),
}


@pytest.mark.parametrize("name", FACES)
def test_points_are_found(name: str) -> None:
    face = FACES[name]()
    rig = find_rig(face.image)
    apart = face.eye_distance
    for eye, truth in zip(rig.eyes, face.eyes, strict=True):
        assert math.dist((eye.x, eye.y), truth) < 0.06 * apart
    assert math.dist((rig.mouth_x, rig.mouth_y), face.mouth) < 0.06 * apart
    assert rig.mouth_half_width == pytest.approx(face.mouth_half_width, rel=0.2)
    left, right = face.eyes
    roll = math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
    assert rig.roll_degrees == pytest.approx(roll, abs=3)
    assert rig.style == ("anime" if name.startswith("anime") else "photo")
    assert rig.confidence > 0.5
    assert rig.warning == ""


def test_the_lids_of_a_photo_are_measured() -> None:
    face = photo_face(1024)
    for eye in find_rig(face.image).eyes:
        assert eye.top == pytest.approx(26, abs=8)  # 13 units of 512 above the iris.
        assert eye.bottom == pytest.approx(20, abs=8)


def test_the_built_in_avatar_is_found() -> None:
    if not AVATAR.is_file():
        pytest.skip("the avatar has not been drawn")
    picture = cv2.imread(str(AVATAR))
    rig = find_rig(picture)
    assert rig.source != "guess"
    assert rig.style == "anime"
    size = picture.shape[0]
    assert 0.15 < rig.eye_distance / size < 0.35
    assert rig.eyes[0].y < rig.mouth_y < 0.8 * size


def test_no_face_gives_a_usable_guess_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    rig = find_rig(landscape(512))
    assert rig.source == "guess"
    assert rig.confidence == 0
    assert "by hand" in rig.warning
    assert rig.warning in caplog.text
    assert PortraitRig.from_json(rig.to_json()) == rig


@pytest.mark.parametrize("size", [(64, 64), (300, 60), (60, 300), (33, 2000)])
def test_odd_sizes_have_valid_rigs(size: tuple[int, int]) -> None:
    flat = np.full((size[1], size[0], 3), 128, np.uint8)
    rig = find_rig(flat)
    assert PortraitRig.from_json(rig.to_json()) == rig


def test_finding_is_repeatable() -> None:
    picture = anime_face(400).image
    assert find_rig(picture) == find_rig(picture)


def test_a_rig_survives_json() -> None:
    rig = find_rig(photo_face(400).image)
    assert PortraitRig.from_json(rig.to_json()) == rig
    assert PortraitRig.from_json(json.loads(rig.to_json())) == rig


def test_a_transformed_rig_fits_the_transformed_picture() -> None:
    rig = guess_rig((400, 300))
    moved = rig.transformed(2.0, left=50, top=10)
    assert moved.mouth_x == (rig.mouth_x - 50) * 2
    assert moved.eyes[1].top == rig.eyes[1].top * 2
    assert moved.eye_distance == pytest.approx(rig.eye_distance * 2)


def _with(**changes: Any) -> dict[str, Any]:
    return {**json.loads(guess_rig((400, 400)).to_json()), **changes}


BAD_EYE = {"x": 160, "y": 180, "half_width": 0.1, "top": 5, "bottom": 5}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("{", "not valid JSON"),
        ("[]", "must be a JSON object"),
        (_with(eyes=[]), "two eyes"),
        (_with(eyes=[1, 2]), "JSON object"),
        (_with(eyes=[BAD_EYE, BAD_EYE]), "at least one pixel"),
        (_with(mouth_x="left"), "must be a number"),
        (_with(mouth_x=True), "must be a number"),
        (_with(mouth_x=float("nan")), "out of range"),
        (_with(mouth_x=-5), "outside the picture"),
        (_with(mouth_y=10), "below the eyes"),
        (_with(size=[400]), "list of 2 numbers"),
        (_with(size=[400, 0]), "pixels wide and high"),
        (_with(style="oil"), "one of: photo, anime"),
        (_with(confidence=2), "from 0 to 1"),
    ],
)
def test_a_bad_rig_is_refused_with_one_sentence(data: Any, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence) as caught:
        PortraitRig.from_json(data)
    assert caught.value.message.endswith(".")


def test_eyes_in_the_wrong_order_are_refused() -> None:
    data = _with()
    data["eyes"].reverse()
    with pytest.raises(BadInputError, match="left of the second"):
        PortraitRig.from_json(data)


def test_the_crop_keeps_the_face_and_stays_inside() -> None:
    small = find_rig(photo_face(1024, scale=0.3, center=(0.7, 0.35)).image)
    left, top, edge = portrait_crop(small)
    assert edge < 700
    assert left >= 0
    assert top >= 0
    assert left + edge <= 1024
    assert left < small.mouth_x < left + edge
    large = find_rig(photo_face(512).image)
    assert portrait_crop(large) == (0, 0, 512)
