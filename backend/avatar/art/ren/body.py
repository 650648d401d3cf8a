"""Turtleneck, headphones around the neck, and the pin."""

from __future__ import annotations

import numpy as np

from backend.avatar.art.ren import palette as own
from backend.avatar.art.sheet import Sheet, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import Points, bezier, ellipse, mirror, ribbon, shifted, spline


def draw(scale: float) -> Sheet:
    """Everything below the head."""
    sheet = Sheet.blank(scale)
    _neck(sheet)
    _shoulders(sheet)
    _headphone_band(sheet)
    _collar(sheet)
    for side in (1, -1):
        _cup(sheet, side)
    _pin(sheet)
    return sheet


def _whole(left: Points) -> Points:
    return np.concatenate([left, mirror(left)[::-1]])


def _neck(sheet: Sheet) -> None:
    neck = _whole(bezier([(444, 690), (448, 760), (448, 800), (444, 880), (470, 884), (490, 886),
                          (512, 886)]))  # fmt: skip
    sheet.fill(neck, ramp((512, 720), (512, 860), [(0, ink.SKIN_SHADE), (1, ink.SKIN_WARM)]))
    shadow = spline([(440, 690), (450, 770), (500, 816), (560, 812), (584, 760), (590, 690)],
                    closed=True)  # fmt: skip
    sheet.fill(shadow, ink.rgb("cf7f88"), opacity=0.75, soft=3, clip=neck)


def _shoulders(sheet: Sheet) -> None:
    left = bezier([
        (512, 850), (470, 850), (430, 856), (404, 872),
        (340, 900), (240, 912), (176, 944),
        (112, 972), (82, 1010), (66, 1050),
        (240, 1050), (400, 1050), (512, 1050),
    ])  # fmt: skip
    shape = _whole(left)
    cloth = ramp((380, 850), (430, 1050), [(0, own.KNIT_LIGHT), (0.5, own.KNIT), (1, own.KNIT)])
    sheet.fill(shape, cloth)
    _drape(sheet, shape)
    edge = left[16:74]
    for line, colour, opacity in (
        (edge, own.KNIT_RIM, 0.75),
        (mirror(edge), own.RIM_WARM, 0.85),
    ):
        sheet.stroke(shifted(line, 0, 5), 8, colour, opacity=opacity, soft=1.6, clip=shape)
        sheet.stroke(line, 5, own.KNIT_LINE, start=0.15, end=0.2)


def _drape(sheet: Sheet, shape: Points) -> None:
    """Folds of soft wool, and the light that falls on the chest."""
    for centre, radii, opacity in (((350, 960), (120, 46), 0.5), ((690, 970), (90, 40), 0.28)):
        sheet.fill(ellipse(centre, radii), own.KNIT_LIGHT, opacity=opacity, soft=28, clip=shape)
    for side in (1, -1):
        for curve, width in (
            ([(300, 1040), (292, 1000), (304, 960), (336, 930)], 9.0),
            ([(238, 1040), (222, 1006), (230, 980), (256, 952)], 7.0),
            ([(392, 926), (410, 960), (442, 980), (492, 990)], 7.0),
        ):
            fold = bezier(curve)
            fold = fold if side > 0 else mirror(fold)
            sheet.stroke(fold, width, own.KNIT_DEEP, start=0.3, end=0.6, soft=1.5, clip=shape)
            sheet.stroke(
                shifted(fold, -6, 2), 3, own.KNIT_LIGHT, start=0.4, end=0.7, opacity=0.8, clip=shape
            )


def _collar(sheet: Sheet) -> None:
    """The rolled collar: a tube of ribbed wool, folded over once."""
    left = bezier([
        (512, 800), (476, 800), (450, 792), (430, 774),
        (420, 800), (414, 836), (408, 872),
        (430, 896), (470, 908), (512, 910),
    ])  # fmt: skip
    shape = _whole(left)
    sheet.fill(shifted(shape, 0, 9), own.KNIT_DEEP, opacity=0.8, soft=5)
    tube = ramp((408, 0), (616, 0), [
        (0, own.KNIT), (0.25, own.KNIT_LIGHT), (0.6, own.KNIT), (0.9, own.KNIT_DEEP),
        (1, own.KNIT_LIGHT),
    ])  # fmt: skip
    sheet.fill(shape, tube)
    for k in np.linspace(-0.92, 0.92, 19):
        top = (512 + 84 * k, 802 - 26 * k * k)
        middle = (512 + 96 * k, 850)
        low = (512 + 104 * k, 910 - 30 * k * k)
        sheet.stroke(spline([top, middle, low]), 3.2, own.KNIT_DEEP, opacity=0.75, start=0.2,
                     end=0.2, clip=shape)  # fmt: skip
    rim = left[:25]
    brim = np.concatenate([rim[::-1], mirror(rim)[1:]])
    sheet.stroke(shifted(brim, 0, 5), 8, own.KNIT_RIM, opacity=0.5, soft=1.2, clip=shape)
    sheet.stroke(brim, 4.6, own.KNIT_LINE, start=0.2, end=0.2)
    sides = left[24:49]
    sheet.stroke(sides, 4.6, own.KNIT_LINE, start=0.2, end=0.2)
    sheet.stroke(mirror(sides), 4.6, own.KNIT_LINE, start=0.2, end=0.2)
    sheet.stroke(shifted(mirror(sides), -6, 0), 6, own.RIM_WARM, opacity=0.6, soft=1.5, clip=shape)
    sheet.stroke(left[48:], 4, own.KNIT_LINE, start=0.2, end=0.0)
    sheet.stroke(mirror(left[48:]), 4, own.KNIT_LINE, start=0.2, end=0.0)


def _headphone_band(sheet: Sheet) -> None:
    """The band, seen behind the neck."""
    arc = bezier([
        (350, 900), (336, 838), (404, 792), (512, 792), (620, 792), (688, 838), (674, 900),
    ])  # fmt: skip
    behind = Sheet.blank(sheet.scale)
    behind.fill(ribbon(arc, 30.0), own.KNIT_LINE)
    body = ribbon(arc, 22.0)
    behind.fill(body, ramp((512, 790), (512, 900), [(0, own.SHELL_DEEP), (1, own.STEEL_SHADE)]))
    behind.stroke(shifted(arc, -3, -4), 4, own.STEEL, start=0.3, end=0.3, clip=body)
    behind.put(sheet)
    sheet.pixels[:] = behind.pixels


def _cup(sheet: Sheet, side: int) -> None:
    """One ear cup, resting on the collar bone, turned up."""

    def put(points: Points) -> Points:
        return points if side > 0 else mirror(points)

    x, y = 366.0, 912.0
    turn = np.radians(24)
    matrix = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])

    def disc(radii: tuple[float, float], dx: float = 0.0, dy: float = 0.0) -> Points:
        return put((ellipse((dx, dy), radii)) @ matrix + (x, y))

    sheet.fill(disc((46, 62), 4, 10), own.KNIT_LINE, opacity=0.7, soft=6)
    sheet.fill(disc((46, 62), 10, 0), own.KNIT_LINE)
    sheet.fill(disc((42, 58), 10, 0), own.SHELL_DEEP)
    sheet.fill(disc((42, 56), -4, 0), own.KNIT_LINE)
    shell = disc((38, 52), -4, 0)
    sheet.fill(shell, ramp((x, y - 50), (x, y + 50), [(0, own.STEEL), (1, own.STEEL_SHADE)]))
    sheet.fill(disc((30, 43), -5, 0), own.SHELL)
    inner = disc((26, 38), -5, 0)
    sheet.fill(inner, ramp((x, y - 40), (x, y + 40), [(0, own.SHELL), (1, own.SHELL_DEEP)]))
    sheet.stroke(disc((28.5, 41), -5, 0), 2.6, own.GLOW, start=0.0, end=0.0, opacity=0.9)
    for k, height in enumerate((12, 30, 44, 22)):
        bar = (k - 1.5) * 8.6 - 5
        line = put(np.array([(bar, -height / 2), (bar, height / 2)]) @ matrix + (x, y))
        line = spline(line)
        sheet.stroke(line, 11, own.GLOW, start=0.1, end=0.1, opacity=0.4, soft=4, clip=inner)
        sheet.fill(ribbon(line, 4.2), own.GLOW_LIGHT)
    shine = (ellipse((-20, -30), (6, 11))) @ matrix + (x, y)
    sheet.fill(put(shine), (255, 255, 255), opacity=0.8, soft=2)


def _pin(sheet: Sheet) -> None:
    """A sound wave in silver, where others wear a brooch."""
    for k, height in enumerate((10, 24, 40, 16, 30, 12)):
        x = 596 + (k - 2.5) * 9.6
        line = spline(np.array([(x, 984 - height / 2), (x, 984 + height / 2)]))
        sheet.fill(ribbon(shifted(line, 1.5, 2.5), 7.0), own.KNIT_LINE)
        steel = [(0.0, own.STEEL), (0.5, (255, 255, 255)), (1.0, own.STEEL_SHADE)]
        sheet.fill(ribbon(line, 5.6), ramp((x, 960), (x, 1008), steel))
