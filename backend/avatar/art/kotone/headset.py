"""Kotone's headset: band, cups with a glowing sound wave, and a microphone."""

from __future__ import annotations

from backend.avatar.art.kotone import palette as own
from backend.avatar.art.sheet import Sheet, radial, ramp
from backend.avatar.layers import palette as ink
from backend.avatar.layers.geometry import bezier, ellipse, mirror, ribbon, shifted, spline

_CUP = (262.0, 520.0)


def draw(scale: float) -> Sheet:
    """The headset, seen from the front, over the hair."""
    sheet = Sheet.blank(scale)
    _band(sheet)
    _cup(sheet, 1)
    _cup(sheet, -1)
    _microphone(sheet)
    return sheet


def _band(sheet: Sheet) -> None:
    arc = bezier(
        [(256, 480), (254, 286), (352, 126), (512, 122), (672, 126), (770, 286), (768, 480)]
    )
    sheet.fill(ribbon(arc, 34.0), own.CLOTH_LINE)
    body = ribbon(arc, 26.0)
    sheet.fill(body, ramp((512, 110), (512, 420), [(0, own.CREAM), (1, own.CREAM_SHADE)]))
    sheet.fill(ribbon(shifted(arc, 0, 8), 9.0), own.CREAM_DEEP, opacity=0.8, clip=body)
    top = arc[8:42]
    sheet.stroke(shifted(top, 0, -4), 7, (255, 255, 255), start=0.3, end=0.3)
    pad = arc[14:36]
    sheet.stroke(shifted(pad, 0, 3), 13, own.CORAL, start=0.06, end=0.06)
    sheet.stroke(pad, 4, (255, 190, 198), start=0.3, end=0.3)


def _cup(sheet: Sheet, side: int) -> None:
    def place(x: float, y: float) -> tuple[float, float]:
        return (x if side > 0 else 1024 - x), y

    x, y = place(*_CUP)
    lean = 1.0 if side > 0 else -1.0
    cushion = ellipse((x + 14 * lean, y), (42, 66))
    sheet.fill(ellipse((x + 14 * lean, y), (46, 70)), own.CLOTH_LINE)
    sheet.fill(cushion, ramp((x, y - 60), (x, y + 60), [(0, own.NAVY_LIGHT), (1, own.NAVY_DEEP)]))
    sheet.fill(ellipse((x, y), (44, 62)), own.CLOTH_LINE)
    shell = ellipse((x, y), (39, 57))
    sheet.fill(shell, ramp((x, y - 57), (x, y + 57), [(0, own.CREAM), (1, own.CREAM_SHADE)]))
    sheet.fill(
        ellipse((x + 8 * lean, y + 12), (34, 48)), own.CREAM_DEEP, opacity=0.35, soft=5, clip=shell
    )
    ring = ellipse((x - 2 * lean, y), (29, 44))
    sheet.fill(ring, own.CORAL)
    sheet.fill(ellipse((x - 2 * lean, y), (24, 38)), own.NAVY_DEEP)
    glow = radial((x, y), (26, 40), [(0, ink.rgb("1f6f8f")), (1, own.NAVY_DEEP)])
    sheet.fill(ellipse((x - 2 * lean, y), (23, 37)), glow)
    for k, height in enumerate((14, 34, 50, 26)):
        bar = x - 2 * lean + (k - 1.5) * 9.2
        line = spline([(bar, y - height / 2), (bar, y + height / 2)])
        sheet.stroke(line, 12, own.GLOW, start=0.1, end=0.1, opacity=0.4, soft=4, clip=ring)
        sheet.fill(ribbon(line, 4.6), own.GLOW_LIGHT)
    sheet.fill(ellipse((x - 16, y - 34), (7, 12)), (255, 255, 255), opacity=0.85, soft=2)


def _microphone(sheet: Sheet) -> None:
    arm = mirror(bezier([(268, 578), (276, 650), (318, 706), (392, 716)]))
    sheet.stroke(arm, 13, own.CLOTH_LINE, start=0.02, end=0.02)
    sheet.stroke(arm, 7.5, own.CREAM, start=0.02, end=0.02)
    x, y = float(arm[-1, 0]), float(arm[-1, 1])
    foam = ellipse((x - 4, y), (25, 16))
    sheet.fill(ellipse((x - 4, y), (28, 19)), own.CLOTH_LINE)
    sheet.fill(foam, ramp((x, y - 16), (x, y + 16), [(0, own.NAVY_LIGHT), (1, own.NAVY_DEEP)]))
    sheet.fill(ellipse((x - 10, y - 6), (10, 4)), (190, 196, 255), opacity=0.7, soft=2)
    sheet.fill(ellipse((x + 16, y), (4, 9)), own.GLOW)
