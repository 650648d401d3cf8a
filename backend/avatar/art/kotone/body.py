"""Shoulders, neck and jacket."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.avatar.art.kotone import palette as own
from backend.avatar.art.sheet import Sheet, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, bezier, ellipse, mirror, ribbon, shifted, spline


def draw(scale: float) -> Sheet:
    """Everything below the head."""
    sheet = Sheet.blank(scale)
    _hood(sheet)
    _neck(sheet)
    _shirt(sheet)
    _jacket(sheet)
    _collar(sheet)
    _emblem(sheet)
    return sheet


def _half_to_whole(left: Points) -> Points:
    return np.concatenate([left, mirror(left)[::-1]])


def _hood(sheet: Sheet) -> None:
    left = bezier([
        (512, 800), (440, 790), (356, 800), (316, 850), (290, 884), (300, 930), (330, 960),
        (380, 1000), (450, 1000), (512, 1000),
    ])  # fmt: skip
    hood = _half_to_whole(left)
    sheet.fill(hood, ramp((512, 780), (512, 960), [(0, own.NAVY), (1, own.NAVY_DEEP)]))
    rim = left[:40]
    for edge in (rim, mirror(rim)):
        sheet.stroke(edge, 5, own.CLOTH_LINE)


def _neck(sheet: Sheet) -> None:
    left = bezier([
        (466, 690), (468, 760), (468, 800), (450, 836), (440, 856), (420, 866), (392, 880),
        (420, 940), (480, 960), (512, 964),
    ])  # fmt: skip
    neck = _half_to_whole(left)
    sheet.fill(neck, ramp((512, 700), (512, 930), [(0, ink.SKIN_WARM), (1, ink.SKIN)]))
    shadow = bezier([
        (440, 690), (446, 760), (480, 800), (524, 808), (560, 806), (576, 770), (586, 690),
        (540, 680), (480, 680), (440, 690),
    ])  # fmt: skip
    sheet.fill(shadow, ink.rgb("e28f90"), opacity=0.75, soft=2, clip=neck)
    side = bezier([
        (548, 700), (546, 790), (560, 836), (600, 870), (640, 850), (600, 760), (590, 700),
        (580, 690), (560, 690), (548, 700),
    ])  # fmt: skip
    sheet.fill(side, ink.SKIN_SHADE, opacity=0.6, soft=6, clip=neck)
    for edge in (left[8:48], mirror(left[8:48])):
        sheet.stroke(edge, 4.2, ink.SKIN_LINE, start=0.3, end=0.5)
    bone = bezier([(438, 872), (462, 872), (482, 884), (494, 898)])
    for line in (bone, mirror(bone)):
        sheet.stroke(line, 3.4, ink.SKIN_DEEP, start=0.5, end=0.6, opacity=0.8)


def _shirt(sheet: Sheet) -> None:
    left = bezier([
        (404, 872), (440, 920), (470, 938), (512, 940), (512, 980), (512, 1010), (512, 1040),
        (440, 1040), (380, 1040), (340, 1040), (350, 960), (370, 910), (404, 872),
    ])  # fmt: skip
    sheet.fill_many(
        [left, mirror(left)], ramp((512, 880), (512, 1024), [(0, own.NAVY_LIGHT), (1, own.NAVY)])
    )
    neckline = bezier(
        [(404, 872), (440, 920), (470, 938), (512, 940), (554, 938), (584, 920), (620, 872)]
    )
    sheet.stroke(neckline, 14, own.NAVY_DEEP, start=0.05, end=0.05)
    sheet.stroke(shifted(neckline, 0, 1), 5, own.GLOW, start=0.1, end=0.1, opacity=0.9)


def _jacket(sheet: Sheet) -> None:
    left = bezier([
        (402, 866), (350, 888), (250, 896), (196, 924), (140, 952), (108, 1000), (96, 1050),
        (240, 1050), (380, 1050), (452, 1050), (446, 980), (424, 920), (402, 866),
    ])  # fmt: skip
    for side, shape in ((1, left), (-1, mirror(left))):
        cloth = ramp((300, 870), (330, 1040), [(0, own.CREAM), (1, ink.rgb("ece6f8"))])
        sheet.fill(shape, cloth)
        _folds(sheet, shape, side)
        edge = shape[:72]
        sheet.stroke(edge, 5.4, own.CLOTH_LINE, start=0.15, end=0.2)
        opening = shape[-24:]
        sheet.stroke(opening, 15, own.CORAL_SHADE, start=0.02, end=0.02)
        sheet.stroke(opening, 9, own.CORAL, start=0.02, end=0.02)
        sheet.stroke(shifted(opening, -7 * side, 0), 3, own.CLOTH_LINE, start=0.1, end=0.1)


def _folds(sheet: Sheet, shape: Points, side: int) -> None:
    def put(points: Sequence[tuple[float, float]]) -> Points:
        curve = bezier(points)
        return curve if side > 0 else mirror(curve)

    yoke = put([
        (120, 958), (200, 920), (270, 930), (318, 1060), (240, 1060), (150, 1060), (80, 1060),
        (80, 1000), (100, 970), (120, 958),
    ])  # fmt: skip
    sheet.fill(
        yoke, ramp((512, 920), (512, 1030), [(0, own.NAVY_LIGHT), (1, own.NAVY)]), clip=shape
    )
    seam = put([(120, 958), (200, 920), (270, 930), (318, 1060)])
    sheet.stroke(seam, 12, own.CORAL, start=0.02, end=0.02, clip=shape)
    sheet.stroke(seam, 3, own.CLOTH_LINE, start=0.1, end=0.1, clip=shape, opacity=0.8)
    shade = put([
        (402, 866), (370, 930), (380, 980), (404, 1050), (440, 1050), (460, 1050),
        (470, 1050), (450, 980), (430, 920), (402, 866),
    ])  # fmt: skip
    sheet.fill(shade, own.CREAM_SHADE, opacity=0.7, soft=3, clip=shape)
    under = put(
        [(300, 880), (330, 900), (380, 890), (402, 866), (380, 860), (330, 870), (300, 880)]
    )
    sheet.fill(under, own.CREAM_SHADE, opacity=0.9, soft=3, clip=shape)
    for fold in (
        [(330, 900), (350, 930), (356, 970), (352, 1010)],
        [(290, 914), (306, 940), (318, 960), (322, 990)],
    ):
        sheet.stroke(put(fold), 4, own.CREAM_DEEP, start=0.3, end=0.7, clip=shape)


def _collar(sheet: Sheet) -> None:
    """The hood's edge, lying on the shoulders, and its cords."""
    left = bezier([
        (420, 838), (372, 846), (330, 860), (318, 884), (330, 908), (372, 926), (424, 968),
        (428, 930), (418, 886), (420, 838),
    ])  # fmt: skip
    for side in (1, -1):
        shape = left if side > 0 else mirror(left)
        sheet.fill(shape, ramp((330, 840), (400, 960), [(0, own.CREAM), (1, own.CREAM_SHADE)]))
        fold = shape[36:72]
        sheet.stroke(fold, 30, own.CREAM_SHADE, opacity=0.6, soft=5, clip=shape)
        sheet.stroke(shape, 5, own.CLOTH_LINE, start=0.1, end=0.1)
        cord = bezier([(420, 946), (414, 970), (420, 990), (416, 1018)])
        cord = cord if side > 0 else mirror(cord)
        sheet.stroke(cord, 9, own.CLOTH_LINE, start=0.05, end=0.02)
        sheet.stroke(cord, 5.5, own.CREAM, start=0.05, end=0.02)
        tip = ribbon(cord[-8:], 10.0)
        sheet.fill(tip, own.GLOW)


def _emblem(sheet: Sheet) -> None:
    """A sound wave on the shirt, in light."""
    heights = [10, 22, 40, 26, 52, 30, 18]
    for k, height in enumerate(heights):
        x = 512 + (k - 3) * 13.0
        bar = np.array([(x, 988 - height / 2), (x, 988 + height / 2)])
        line = spline(bar)
        sheet.stroke(line, 16, own.GLOW, start=0.1, end=0.1, opacity=0.3, soft=5)
        sheet.fill_many([ribbon(line, 6.5), ellipse((x, 988 - height / 2), (3.25, 3.25)),
                         ellipse((x, 988 + height / 2), (3.25, 3.25))], own.GLOW_LIGHT)  # fmt: skip
