"""Where the parts of the face are: the coordinates that the art and the renderer share."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Box = tuple[float, float, float, float]

UNITS = 1024


@dataclass(frozen=True, slots=True)
class FaceRig:
    """A face in art units (a square of 1024, y down), as drawn in the neutral pose.

    Attributes:
        eye_l: Centre of the eye on the left side of the picture.
        eye_r: Centre of the other eye.
        eye_half_width: From an eye's centre to its corners.
        brow_l: Middle of the brow on the left side of the picture.
        brow_r: Middle of the other brow.
        mouth: Middle of the closed lips.
        mouth_half_width: From there to a corner.
        nose: Tip of the nose.
        chin: Lowest point of the face.
        head: Middle of the head.
        head_radius: Half width of the head with its hair.
        pivot: Where the head turns on the neck.
        cheek_l: Middle of the cheek on the left side of the picture.
        cheek_r: Middle of the other cheek.
    """

    eye_l: Point
    eye_r: Point
    eye_half_width: float
    brow_l: Point
    brow_r: Point
    mouth: Point
    mouth_half_width: float
    nose: Point
    chin: Point
    head: Point
    head_radius: float
    pivot: Point
    cheek_l: Point
    cheek_r: Point


@dataclass(frozen=True, slots=True)
class FrameRig:
    """Where to look for the face in a rendered frame, in the neutral pose.

    Attributes:
        mouth: Centre x, centre y and half width of the closed lips, in pixels.
        eye_l: Left, top, right, bottom of the eye on the left side of the picture, in pixels.
        eye_r: The same of the other eye.
    """

    mouth: tuple[float, float, float]
    eye_l: Box
    eye_r: Box
