"""The iris: a sprite that the renderer moves behind the eyelids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.avatar.art.sheet import Sheet, radial, ramp
from backend.avatar.layers.geometry import ellipse, spline
from backend.avatar.layers.palette import Rgb
from backend.avatar.layers.rig import Point

_CENTRE = (512.0, 512.0)


@dataclass(frozen=True)
class IrisInk:
    """The colours of an iris: rim, from top to bottom, light in it, shadow of the lid, pupil."""

    rim: Rgb
    top: Rgb
    dark: Rgb
    mid: Rgb
    glow: Rgb
    light: Rgb
    shade: Rgb
    pupil: Rgb
    pupil_glow: Rgb


def draw_iris(scale: float, radii: Point, ink: IrisInk) -> Sheet:
    """An iris in the middle of a sheet; the highlights are drawn apart, they do not mirror."""
    sheet = Sheet.blank(scale)
    (x, y), (rx, ry) = _CENTRE, radii
    disc = ellipse(_CENTRE, (rx, ry), 96)
    sheet.fill(disc, ink.rim)
    body = ramp((x, y - ry), (x, y + ry), [
        (0.0, ink.top), (0.3, ink.dark), (0.62, ink.mid), (0.92, ink.glow),
    ])  # fmt: skip
    sheet.fill(ellipse(_CENTRE, (rx - 4.5, ry - 4.5), 96), body, soft=0.8, clip=disc)
    glow = radial((x, y + ry * 0.62), (rx * 0.8, ry * 0.5), [(0, ink.light), (1, ink.mid)])
    sheet.fill(
        ellipse((x, y + ry * 0.56), (rx * 0.62, ry * 0.3)), glow, opacity=0.85, soft=5, clip=disc
    )
    for angle in np.linspace(0.12 * np.pi, 0.88 * np.pi, 15):
        ray = np.array([np.cos(angle) * rx, np.sin(angle) * ry])
        line = spline([(x, y) + ray * 0.48, (x, y) + ray * 0.88])
        sheet.stroke(line, 3.0, ink.light, opacity=0.4, clip=disc)
    shade = ellipse((x, y - ry * 0.72), (rx * 1.2, ry * 0.66))
    sheet.fill(shade, ink.shade, opacity=0.6, soft=7, clip=disc)
    sheet.fill(ellipse((x, y + 1), (rx * 0.45, ry * 0.46)), ink.pupil, soft=0.8)
    sheet.fill(
        ellipse((x, y + ry * 0.26), (rx * 0.22, ry * 0.14)), ink.pupil_glow, opacity=0.7, soft=3
    )
    return sheet


def draw_highlights(scale: float, radii: Point) -> Sheet:
    """The lights in an eye, in the middle of a sheet; the same in both eyes, one window."""
    sheet = Sheet.blank(scale)
    (x, y), (rx, ry) = _CENTRE, radii
    white = (255, 255, 255)
    sheet.fill(ellipse((x - rx * 0.36, y - ry * 0.42), (rx * 0.33, ry * 0.25)), white)
    sheet.fill(ellipse((x + rx * 0.42, y + ry * 0.36), (rx * 0.16, ry * 0.13)), white, opacity=0.95)
    sheet.fill(ellipse((x + rx * 0.36, y - ry * 0.5), (rx * 0.09, ry * 0.07)), white, opacity=0.9)
    sheet.fill(
        ellipse((x - rx * 0.1, y + ry * 0.72), (rx * 0.4, ry * 0.1)), white, opacity=0.35, soft=2.5
    )
    return sheet
