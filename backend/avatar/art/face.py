"""The bare face: skin, jaw line, ears, nose and a breath of colour; no eyes, brows or mouth."""

from __future__ import annotations

import numpy as np

from backend.avatar.art.rig import KOTONE
from backend.avatar.art.sheet import Sheet, radial, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, bezier, ellipse, mirror, spline

_JAW_LEFT = [
    (512, 728), (492, 728), (470, 718), (448, 702),
    (404, 672), (356, 636), (338, 572),
    (328, 532), (324, 490), (326, 440),
]  # fmt: skip


def outline() -> Points:
    """The face from chin to forehead, closed."""
    left = bezier(_JAW_LEFT)
    crown = bezier([(326, 440), (328, 214), (696, 214), (698, 440)])
    right = mirror(left)[::-1]
    return np.concatenate([left, crown[1:-1], right[:-1]])


def draw(scale: float) -> Sheet:
    """The face on a sheet of its own."""
    sheet = Sheet.blank(scale)
    _ears(sheet)
    face = outline()
    sheet.fill(face, ink.SKIN)
    _shade(sheet, face)
    _colour(sheet)
    _nose(sheet)
    jaw = np.concatenate([mirror(bezier(_JAW_LEFT))[::-1], bezier(_JAW_LEFT)[1:]])
    sheet.stroke(jaw, 4.6, ink.SKIN_LINE, start=0.5, end=0.5)
    return sheet


def draw_blush(scale: float) -> Sheet:
    """The colour of full blushing, to be laid over the face."""
    sheet = Sheet.blank(scale)
    face = outline()
    for (x, y), lean in ((KOTONE.cheek_l, 1), (KOTONE.cheek_r, -1)):
        sheet.fill(ellipse((x, y), (52, 24)), ink.BLUSH, opacity=0.62, soft=13, clip=face)
        for k in (-1, 0, 1):
            top = (x + 17 * k + 6 * lean, y - 11)
            line = spline([top, (x + 17 * k - 6 * lean, y + 11)])
            sheet.stroke(line, 4.5, ink.SKIN_DEEP, start=0.4, end=0.4, opacity=0.75, clip=face)
    sheet.fill(ellipse(KOTONE.nose, (26, 9)), ink.BLUSH, opacity=0.4, soft=8, clip=face)
    return sheet


def _ears(sheet: Sheet) -> None:
    left = spline([(340, 520), (318, 498), (304, 524), (312, 576), (334, 604), (350, 590)])
    for side in (left, mirror(left)):
        sheet.fill(side, ink.SKIN_WARM)
        sheet.stroke(side, 4, ink.SKIN_LINE, start=0.2, end=0.2)


def _shade(sheet: Sheet, face: Points) -> None:
    # The light comes from the upper left: a soft turn of the cheek on the other side.
    turn = spline([
        (700, 420), (640, 520), (628, 600), (586, 668), (520, 742), (600, 760), (740, 640),
    ], closed=True)  # fmt: skip
    sheet.fill(turn, ink.SKIN_SHADE, opacity=0.34, soft=20, clip=face)
    left = spline(
        [(324, 430), (346, 540), (372, 630), (430, 694), (380, 720), (300, 600)], closed=True
    )
    sheet.fill(left, ink.SKIN_SHADE, opacity=0.22, soft=14, clip=face)
    chin = ellipse((512, 734), (58, 13))
    sheet.fill(chin, ink.SKIN_SHADE, opacity=0.4, soft=9, clip=face)
    for x, y in (KOTONE.eye_l, KOTONE.eye_r):
        socket = ellipse((x, y - 62), (64, 20))
        sheet.fill(socket, ink.SKIN_SHADE, opacity=0.3, soft=13, clip=face)


def _colour(sheet: Sheet) -> None:
    face = outline()
    for x, y in (KOTONE.cheek_l, KOTONE.cheek_r):
        warm = radial((x, y), (70, 40), [(0, ink.BLUSH), (1, ink.SKIN_WARM)])
        sheet.fill(ellipse((x, y), (44, 22)), warm, opacity=0.4, soft=13, clip=face)
    glow = ramp((430, 560), (540, 640), [(0, (255, 250, 244)), (1, ink.SKIN)])
    sheet.fill(ellipse((478, 626), (30, 40)), glow, opacity=0.35, soft=14, clip=face)


def _nose(sheet: Sheet) -> None:
    x, y = KOTONE.nose
    sheet.fill(ellipse((x + 8, y + 2), (8, 6)), ink.SKIN_SHADE, opacity=0.55, soft=3)
    tip = bezier([(x - 7, y + 7), (x - 3, y + 12), (x + 4, y + 12), (x + 8, y + 6)])
    sheet.stroke(tip, 4.0, ink.SKIN_LINE, start=0.5, end=0.5, opacity=0.85)
    sheet.fill(ellipse((x - 2, y - 7), (3.0, 5)), (255, 255, 252), opacity=0.85, soft=1.4)
