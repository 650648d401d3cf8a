"""The rig of a portrait: where its eyes and mouth are, in pixels of the picture.

A rig is found by `backend.avatar.rigging` or placed by hand, kept as JSON beside the picture,
and read by the puppet that moves it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from backend.errors import BadInputError

Style = Literal["photo", "anime"]
Source = Literal["haar", "blob", "manual", "guess"]

MAX_EDGE = 16_384
TRUSTED_CONFIDENCE = 0.4


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye, open.

    Attributes:
        x: Centre of the opening, pixels from the left of the picture.
        y: Centre of the opening, pixels from the top.
        half_width: From the centre to a corner, along the line between the eyes.
        top: From the centre up to the edge of the upper lid.
        bottom: From the centre down to the edge of the lower lid.
    """

    x: float
    y: float
    half_width: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PortraitRig:
    """The points of a face in a picture.

    Attributes:
        size: Width and height of the picture that the points belong to.
        eyes: The eye on the left side of the picture, then the one on the right.
        mouth_x: Middle of the line between the lips.
        mouth_y: Likewise, pixels from the top.
        mouth_half_width: From the middle of the mouth to a corner.
        roll_degrees: Tilt of the face, clockwise in the picture.
        face: Left, top, width and height of a box around the face.
        style: How it is drawn; a photo gets shaded teeth, an anime face flat ones.
        source: How the points were found.
        confidence: 0 (a guess) to 1.
    """

    size: tuple[int, int]
    eyes: tuple[Eye, Eye]
    mouth_x: float
    mouth_y: float
    mouth_half_width: float
    roll_degrees: float
    face: tuple[int, int, int, int]
    style: Style
    source: Source
    confidence: float

    @property
    def eye_distance(self) -> float:
        """Distance between the centres of the eyes, pixels."""
        left, right = self.eyes
        return math.hypot(right.x - left.x, right.y - left.y)

    @property
    def warning(self) -> str:
        """What the user should know about the fit; empty when it can be trusted."""
        if self.source == "guess":
            return "No face was found in the picture: place the eyes and the mouth by hand."
        if self.source != "manual" and self.confidence < TRUSTED_CONFIDENCE:
            return "The face was hard to find: check the places of the eyes and the mouth."
        return ""

    def transformed(self, scale: float, left: float = 0.0, top: float = 0.0) -> PortraitRig:
        """The rig of the same picture after a crop at (left, top) and then a scaling.

        `size` is scaled too; a crop that also cuts the right or the bottom keeps valid points.
        """
        x, y, width, height = self.face
        return PortraitRig(
            size=(
                max(1, round((self.size[0] - left) * scale)),
                max(1, round((self.size[1] - top) * scale)),
            ),
            eyes=cast(
                tuple[Eye, Eye],
                tuple(
                    Eye(
                        (eye.x - left) * scale,
                        (eye.y - top) * scale,
                        eye.half_width * scale,
                        eye.top * scale,
                        eye.bottom * scale,
                    )
                    for eye in self.eyes
                ),
            ),
            mouth_x=(self.mouth_x - left) * scale,
            mouth_y=(self.mouth_y - top) * scale,
            mouth_half_width=self.mouth_half_width * scale,
            roll_degrees=self.roll_degrees,
            face=(
                round((x - left) * scale),
                round((y - top) * scale),
                round(width * scale),
                round(height * scale),
            ),
            style=self.style,
            source=self.source,
            confidence=self.confidence,
        )

    def to_json(self) -> str:
        """The rig as a JSON object, for `from_json`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, data: str | bytes | Mapping[str, Any]) -> PortraitRig:
        """Read a rig, checking every value.

        Args:
            data: JSON text, or the object that was read from it.

        Raises:
            BadInputError: Something is missing, not a number, or no face could look like that.
        """
        if not isinstance(data, Mapping):
            try:
                data = json.loads(data)
            except (ValueError, RecursionError) as error:
                raise BadInputError("The rig is not valid JSON.") from error
        if not isinstance(data, Mapping):
            raise BadInputError("The rig must be a JSON object.")
        rig = _read_rig(data)
        _check_rig(rig)
        return rig


def _read_rig(data: Mapping[str, Any]) -> PortraitRig:
    width, height = (round(value) for value in _numbers(data, "size", 2))
    x, y, face_width, face_height = (round(value) for value in _numbers(data, "face", 4))
    eyes = data.get("eyes")
    if not isinstance(eyes, (list, tuple)) or len(eyes) != 2:
        raise BadInputError("The rig's “eyes” must be a list of two eyes.")
    return PortraitRig(
        size=(width, height),
        eyes=(_read_eye(eyes[0]), _read_eye(eyes[1])),
        mouth_x=_number(data, "mouth_x"),
        mouth_y=_number(data, "mouth_y"),
        mouth_half_width=_number(data, "mouth_half_width"),
        roll_degrees=_number(data, "roll_degrees"),
        face=(x, y, face_width, face_height),
        style=cast(Style, _choice(data, "style", get_args(Style))),
        source=cast(Source, _choice(data, "source", get_args(Source))),
        confidence=_number(data, "confidence"),
    )


def _read_eye(data: Any) -> Eye:
    if not isinstance(data, Mapping):
        raise BadInputError("Each eye of the rig must be a JSON object.")
    return Eye(*(_number(data, key) for key in ("x", "y", "half_width", "top", "bottom")))


def _number(data: Mapping[str, Any], key: str) -> float:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInputError(f"The rig's “{key}” must be a number.")
    if not abs(value) <= 1e6:
        raise BadInputError(f"The rig's “{key}” is out of range.")
    return float(value)


def _numbers(data: Mapping[str, Any], key: str, count: int) -> list[float]:
    values = data.get(key)
    if not isinstance(values, (list, tuple)) or len(values) != count:
        raise BadInputError(f"The rig's “{key}” must be a list of {count} numbers.")
    return [_number({key: value}, key) for value in values]


def _choice(data: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = data.get(key)
    if value not in allowed:
        raise BadInputError(f"The rig's “{key}” must be one of: {', '.join(allowed)}.")
    return str(value)


def _check_rig(rig: PortraitRig) -> None:
    """Refuse what no puppet could move.

    Raises:
        BadInputError: With the first thing that is wrong.
    """
    width, height = rig.size
    if not (1 <= width <= MAX_EDGE and 1 <= height <= MAX_EDGE):
        raise BadInputError(f"The rig's picture must be 1 to {MAX_EDGE} pixels wide and high.")
    if not 0.0 <= rig.confidence <= 1.0:
        raise BadInputError("The rig's “confidence” must be from 0 to 1.")
    points = [("an eye", eye.x, eye.y) for eye in rig.eyes]
    points.append(("the mouth", rig.mouth_x, rig.mouth_y))
    for name, x, y in points:
        if not (0 <= x <= width and 0 <= y <= height):
            raise BadInputError(f"The rig puts {name} outside the picture.")
    lengths = [rig.mouth_half_width]
    for eye in rig.eyes:
        lengths += [eye.half_width, eye.top + eye.bottom]
    if min(lengths) < 1.0 or min(min(eye.top, eye.bottom) for eye in rig.eyes) < 0.0:
        raise BadInputError("The rig's eyes and mouth must be at least one pixel in size.")
    if rig.eyes[1].x - rig.eyes[0].x < 4.0:
        raise BadInputError("The rig's first eye must be to the left of the second.")
    mid_x = (rig.eyes[0].x + rig.eyes[1].x) / 2
    mid_y = (rig.eyes[0].y + rig.eyes[1].y) / 2
    angle = math.radians(rig.roll_degrees)
    if (rig.mouth_y - mid_y) * math.cos(angle) - (rig.mouth_x - mid_x) * math.sin(angle) < 2.0:
        raise BadInputError("The rig's mouth must be below the eyes.")
