"""The bare face: skin, jaw line, ears, nose and a breath of colour; no eyes, brows or mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.avatar.art.sheet import Sheet, radial, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, bezier, ellipse, mirror, spline
from backend.avatar.layers.rig import FaceRig, Point


@dataclass(frozen=True)
class FaceShape:
    """What tells one bare face from another.

    Attributes:
        rig: Where its parts are.
        jaw: A chain of Beziers from the chin to the left temple.
        rouge: Colour of the cheeks at rest, 0 to 1.
    """

    rig: FaceRig
    jaw: tuple[Point, ...]
    rouge: float


def outline(shape: FaceShape) -> Points:
    """The face from chin to forehead, closed."""
    left = bezier(shape.jaw)
    x, y = shape.jaw[-1]
    crown = bezier([(x, y), (x + 2, 214), (1022 - x, 214), (1024 - x, y)])
    right = mirror(left)[::-1]
    return np.concatenate([left, crown[1:-1], right[:-1]])


def draw(scale: float, shape: FaceShape) -> Sheet:
    """The face on a sheet of its own."""
    sheet = Sheet.blank(scale)
    _ears(sheet)
    face = outline(shape)
    sheet.fill(face, ink.SKIN)
    _shade(sheet, face, shape.rig)
    _colour(sheet, shape)
    _nose(sheet, shape.rig)
    jaw = np.concatenate([mirror(bezier(shape.jaw))[::-1], bezier(shape.jaw)[1:]])
    sheet.stroke(jaw, 4.6, ink.SKIN_LINE, start=0.5, end=0.5)
    return sheet


def draw_blush(scale: float, shape: FaceShape) -> Sheet:
    """The colour of full blushing, to be laid over the face."""
    sheet = Sheet.blank(scale)
    face = outline(shape)
    for (x, y), lean in ((shape.rig.cheek_l, 1), (shape.rig.cheek_r, -1)):
        sheet.fill(ellipse((x, y), (52, 24)), ink.BLUSH, opacity=0.62, soft=13, clip=face)
        for k in (-1, 0, 1):
            top = (x + 17 * k + 6 * lean, y - 11)
            line = spline([top, (x + 17 * k - 6 * lean, y + 11)])
            sheet.stroke(line, 4.5, ink.SKIN_DEEP, start=0.4, end=0.4, opacity=0.75, clip=face)
    sheet.fill(ellipse(shape.rig.nose, (26, 9)), ink.BLUSH, opacity=0.4, soft=8, clip=face)
    return sheet


def _ears(sheet: Sheet) -> None:
    left = spline([(340, 520), (318, 498), (304, 524), (312, 576), (334, 604), (350, 590)])
    for side in (left, mirror(left)):
        sheet.fill(side, ink.SKIN_WARM)
        sheet.stroke(side, 4, ink.SKIN_LINE, start=0.2, end=0.2)


def _shade(sheet: Sheet, face: Points, rig: FaceRig) -> None:
    # The light comes from the upper left: a soft turn of the cheek on the other side.
    turn = spline([
        (700, 420), (640, 520), (628, 600), (586, 668), (520, 742), (600, 760), (740, 640),
    ], closed=True)  # fmt: skip
    sheet.fill(turn, ink.SKIN_SHADE, opacity=0.34, soft=20, clip=face)
    left = spline(
        [(324, 430), (346, 540), (372, 630), (430, 694), (380, 720), (300, 600)], closed=True
    )
    sheet.fill(left, ink.SKIN_SHADE, opacity=0.22, soft=14, clip=face)
    chin = ellipse((512, rig.chin[1] + 6), (58, 13))
    sheet.fill(chin, ink.SKIN_SHADE, opacity=0.4, soft=9, clip=face)
    for x, y in (rig.eye_l, rig.eye_r):
        socket = ellipse((x, y - 62), (64, 20))
        sheet.fill(socket, ink.SKIN_SHADE, opacity=0.3, soft=13, clip=face)


def _colour(sheet: Sheet, shape: FaceShape) -> None:
    face = outline(shape)
    for x, y in (shape.rig.cheek_l, shape.rig.cheek_r):
        warm = radial((x, y), (70, 40), [(0, ink.BLUSH), (1, ink.SKIN_WARM)])
        sheet.fill(ellipse((x, y), (44, 22)), warm, opacity=shape.rouge, soft=13, clip=face)
    glow = ramp((430, 560), (540, 640), [(0, (255, 250, 244)), (1, ink.SKIN)])
    sheet.fill(ellipse((478, 626), (30, 40)), glow, opacity=0.35, soft=14, clip=face)


def _nose(sheet: Sheet, rig: FaceRig) -> None:
    x, y = rig.nose
    sheet.fill(ellipse((x + 8, y + 2), (8, 6)), ink.SKIN_SHADE, opacity=0.55, soft=3)
    tip = bezier([(x - 7, y + 7), (x - 3, y + 12), (x + 4, y + 12), (x + 8, y + 6)])
    sheet.stroke(tip, 4.0, ink.SKIN_LINE, start=0.5, end=0.5, opacity=0.85)
    sheet.fill(ellipse((x - 2, y - 7), (3.0, 5)), (255, 255, 252), opacity=0.85, soft=1.4)
