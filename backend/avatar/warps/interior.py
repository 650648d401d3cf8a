"""Paints what is seen in an open mouth: the cavity, the upper teeth and the tongue."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.rig import PortraitRig
from backend.avatar.warps.geometry import Plane

_ROWS, _COLUMNS = 64, 128
_DEPTH = 1.1
"""Height of the textures, in half widths of the mouth."""

_PHOTO_TEETH, _DRAWN_TEETH = (206.0, 221.0, 230.0), (255.0, 255.0, 255.0)
_PHOTO_TONGUE, _DRAWN_TONGUE = (92.0, 88.0, 178.0), (128.0, 120.0, 235.0)
_PHOTO_CAVITY = ((22.0, 14.0, 46.0), (40.0, 34.0, 96.0))
_DRAWN_CAVITY = ((66.0, 44.0, 128.0), (76.0, 52.0, 146.0))


class Interior:
    """The inside of one portrait's mouth.

    Teeth are a texture that hangs from the upper lip, the tongue one that stands on the lower lip;
    both are (rows, columns, 4) float32 BGR with alpha 0 to 1.
    """

    def __init__(self, picture: NDArray[np.uint8], rig: PortraitRig) -> None:
        self._drawn = rig.style == "anime"
        light = 1.0 if self._drawn else _face_light(picture, rig)
        self._teeth = _teeth(self._drawn, light)
        self._tongue = _tongue(self._drawn, light)
        back, front = _DRAWN_CAVITY if self._drawn else _PHOTO_CAVITY
        self._back = np.array(back, np.float32)
        self._front = np.array(front, np.float32)
        self._line = _line_color(picture, rig)
        self._rim = max(1.0, 0.055 * rig.mouth_half_width)

    def paint(
        self,
        out: NDArray[np.uint8],
        *,
        u: Plane,
        below_upper: Plane,
        above_lower: Plane,
        shape_open: float,
        tongue: float,
        half: float,
    ) -> None:
        """Paint the gap between the lips into `out`, a view of the picture.

        Args:
            out: (height, width, 3) uint8 BGR.
            u: Position across the mouth, -1 to 1 between the corners.
            below_upper: Pixels below the upper lip's edge.
            above_lower: Pixels above the lower lip's edge.
            shape_open: How far the mouth is open, 0 to about 1.
            tongue: How far the tongue is raised, 0 to 1.
            half: Half the mouth's width, pixels.
        """
        gap = np.maximum(below_upper + above_lower, 1e-3)
        cover = np.clip(below_upper + 0.5, 0, 1) * np.clip(above_lower + 0.5, 0, 1)
        cover *= np.clip(gap * 0.45 - 0.2, 0, 1) * (np.abs(u) < 1.0)
        depth = np.clip(below_upper / gap, 0, 1)[..., None]
        color = self._back + (self._front - self._back) * depth
        scale = _ROWS / (half * _DEPTH)
        columns = ((u + 1.0) * (_COLUMNS - 1) / 2).astype(np.float32)
        tongue_rows = above_lower * scale * (1.0 - 0.45 * tongue)
        color = _over(color, self._tongue, columns, tongue_rows, 1.0)
        teeth = min(1.0, 6.0 * shape_open)
        color = _over(color, self._teeth, columns, below_upper * scale, teeth)
        if not self._drawn:
            # The lips shade what lies behind them, the upper one more; the corners are dark.
            shade = 0.5 + 0.5 * np.clip(below_upper / (0.22 * half), 0, 1)
            shade *= 0.7 + 0.3 * np.clip(above_lower / (0.1 * half), 0, 1)
            shade *= np.clip(1.25 - u * u, 0.2, 1.0)
            color *= shade[..., None]
        else:
            rim = np.clip(self._rim - np.minimum(below_upper, above_lower), 0, 1)[..., None]
            color = color + (self._line - color) * rim
        out[:] = (out + (color - out) * cover[..., None] + 0.5).astype(np.uint8)


def _over(
    color: NDArray[np.float32],
    texture: NDArray[np.float32],
    columns: Plane,
    rows: Plane,
    opacity: float,
) -> NDArray[np.float32]:
    rows = np.clip(rows, -1, _ROWS - 1).astype(np.float32)
    layer = cv2.remap(texture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = layer[..., 3:] * np.float32(opacity)
    blended: NDArray[np.float32] = color + (layer[..., :3] - color) * alpha
    return blended


def _axes() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    u = np.linspace(-1, 1, _COLUMNS, dtype=np.float32)[None, :]
    v = np.linspace(0, 1, _ROWS, dtype=np.float32)[:, None]
    return u, v


def _teeth(drawn: bool, light: float) -> NDArray[np.float32]:
    u, v = _axes()
    away = np.abs(u)
    edge = (0.2 if drawn else 0.3) * (1 - 0.55 * away**2.2)
    texture = np.empty((_ROWS, _COLUMNS, 4), np.float32)
    texture[..., 3] = np.clip((edge - v) * 40, 0, 1) * np.clip((0.92 - away) * 14, 0, 1)
    texture[..., :3] = _DRAWN_TEETH if drawn else _PHOTO_TEETH
    if not drawn:
        shade = np.clip(1 - 0.55 * away**1.6, 0.25, 1) * np.clip(0.62 + 1.6 * v, 0, 1)
        # Nine teeth, narrower towards the sides, with a faint line between two.
        place = np.sign(u) * away**0.85 * 4.6
        between = np.abs((place % 1.0) - 0.5) * 2
        shade = shade * (1 - 0.2 * np.clip((between - 0.86) / 0.14, 0, 1))
        texture[..., :3] *= light * shade[..., None]
    return texture


def _tongue(drawn: bool, light: float) -> NDArray[np.float32]:
    u, v = _axes()
    texture = np.empty((_ROWS, _COLUMNS, 4), np.float32)
    inside = np.abs(u) < 0.82
    dome = (0.5 if drawn else 0.62) * (1 - (u / 0.82) ** 2)
    texture[..., 3] = 0.95 * np.clip((dome - v) * 10, 0, 1) * inside
    texture[..., :3] = _DRAWN_TONGUE if drawn else _PHOTO_TONGUE
    if not drawn:
        texture[..., :3] *= light * (0.72 + 0.5 * v * (1 - 0.4 * u * u))[..., None]
    return texture


def _face_light(picture: NDArray[np.uint8], rig: PortraitRig) -> float:
    """How brightly the face is lit, so that teeth do not glow in the dark: 0.5 to 1.08."""
    x = (rig.mouth_x + (rig.eyes[0].x + rig.eyes[1].x) / 2) / 2
    y = (rig.mouth_y + (rig.eyes[0].y + rig.eyes[1].y) / 2) / 2
    reach = 0.35 * rig.eye_distance
    left, right, top, bottom = (
        int(value) for value in (x - reach, x + reach, y - reach, y + reach)
    )
    patch = picture[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
    bright = np.percentile(patch.reshape(-1, 3), 85, axis=0)
    return float(np.clip(bright.mean() / 205.0, 0.5, 1.08))


def _line_color(picture: NDArray[np.uint8], rig: PortraitRig) -> NDArray[np.float32]:
    """The colour that a drawn mouth is outlined with: the darkest near its middle, (3,) BGR."""
    x, y, reach = int(rig.mouth_x), int(rig.mouth_y), max(2, int(0.3 * rig.mouth_half_width))
    patch = picture[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    colors = patch.reshape(-1, 3).astype(np.float32)
    darkest: NDArray[np.float32] = colors[int(np.argmin(colors.sum(axis=1)))]
    return darkest
