"""Closes, widens and turns the eyes of a portrait.

An open eye is warped: the iris moves under the lids, the lids move over it. A closing upper lid is
painted as well, because the picture does not show its skin: a photo's is the skin below the brow,
stretched, and its lashes come down with it; a drawing's is the face's own colour with a line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backend.avatar.rig import Eye, PortraitRig
from backend.avatar.warps.eye_colors import EyeColors
from backend.avatar.warps.geometry import Axes, Plane, Region, ramp, sample

_QUANTA = 64
_PHOTO_REACH, _DRAWN_REACH = (0.22, 0.26), (0.15, 0.1)
"""How far the iris moves at a gaze of 1, in half widths and half heights of the eye."""


class EyeWarp:
    """One eye of one portrait.

    Args:
        picture: (size, size, 3) uint8 BGR with open eyes.
        rig: Its points.
        eye: The eye, one of the rig's two.
    """

    def __init__(self, picture: NDArray[np.uint8], rig: PortraitRig, eye: Eye) -> None:
        self._picture = picture
        self._axes = Axes.of(rig)
        self._eye = eye
        self._drawn = rig.style == "anime"
        apart = rig.eye_distance
        room = 0.1 * apart + 0.4 * eye.top
        self._region = Region.around(
            picture.shape[0],
            eye.x,
            eye.y,
            (
                1.5 * eye.half_width,
                eye.top + 1.6 * room,
                1.5 * eye.half_width,
                eye.top + 2.2 * eye.bottom + 3,
            ),
        )
        u, v = self._axes.grid(self._region, eye.x, eye.y)
        self._u, self._v = u, v
        self._soft = self._region.feather()
        across = np.abs(u / (eye.half_width * (1.06 if self._drawn else 1.0)))
        self._arch = np.sqrt(np.maximum(1 - across**2.2, 0)).astype(np.float32)
        # A drawn eye's box holds its lashes; a photo's begins below them.
        inner = 0.84 if self._drawn else 1.0
        corner = 0.15 * eye.top * (1 - self._arch)
        self._top = np.asarray(corner - inner * eye.top * self._arch, np.float32)
        self._bottom = np.asarray(corner + 0.95 * eye.bottom * self._arch, np.float32)
        self._brow = -(eye.top + room)
        self._lash = (0.26 * eye.top if self._drawn else 0.1 * eye.half_width) + 1.0
        inward = 1.0 if eye is rig.eyes[0] else -1.0
        look = EyeColors(picture, self._axes, eye)
        self._lid_color = look.skin(inward)
        self._lash_color = look.lashes()
        self._front = look.hair_in_front(self._region, u, v, self._lid_color)
        self._key: tuple[int, ...] | None = None
        self._kept: NDArray[np.uint8] = picture[self._region.slices]
        self._changed: NDArray[np.bool_] = np.zeros((*u.shape, 1), np.bool_)

    def apply(
        self, closure: float, squint: float, gaze: tuple[float, float], out: NDArray[np.uint8]
    ) -> None:
        """Paint the eye into `out`, a copy of the picture.

        Args:
            closure: -0.3 (wide) to 1 (shut).
            squint: Lower lid raised, 0 to 1.
            gaze: Right and down, -1 to 1 each.
            out: (size, size, 3) uint8 BGR.
        """
        closure = min(max(closure, -0.3), 1.0)
        squint = min(max(squint, 0.0), 1.0)
        gaze_x, gaze_y = (min(max(value, -1.0), 1.0) for value in gaze)
        key = tuple(round(value * _QUANTA) for value in (closure, squint, gaze_x, gaze_y))
        if not any(key):
            return
        if key != self._key:
            roi = self._open_eye(min(closure, 0.0), squint, gaze_x, gaze_y)
            if closure > 0:
                roi = self._lower_lid_over(roi, closure)
            changed = (roi != self._picture[self._region.slices]).any(axis=2, keepdims=True)
            self._kept, self._changed, self._key = roi, changed, key
        # The rectangle may reach into the mouth's: only what the eye changed is painted.
        np.copyto(out[self._region.slices], self._kept, where=self._changed)

    def _open_eye(
        self, closure: float, squint: float, gaze_x: float, gaze_y: float
    ) -> NDArray[np.uint8]:
        """The eye with its iris turned, widened by a negative closure, its lower lid raised."""
        source_u, source_v = self._u, self._v
        if closure < 0:
            source_v = source_v + self._widening(-closure)
        if squint > 0:
            source_v = source_v + self._squinting(squint)
        if gaze_x or gaze_y:
            source_u, source_v = self._turned(source_u, source_v, gaze_x, gaze_y)
        return self._sample(source_u, self._v + (source_v - self._v) * self._soft)

    def _turned(
        self, source_u: Plane, source_v: Plane, gaze_x: float, gaze_y: float
    ) -> tuple[Plane, Plane]:
        """The iris moved as one piece; the white between it and the corners gives way."""
        half = np.maximum((self._bottom - self._top) / 2, 1.0)
        level = np.abs(self._v - (self._top + self._bottom) / 2) / half
        across = 1.0 - ramp((np.abs(self._u / self._eye.half_width) - 0.42) / 0.45)
        # A drawn iris reaches from lid to lid: it slides along under both of them.
        core, edge = (0.78, 0.22) if self._drawn else (0.35, 0.62)
        reach_x, reach_y = _DRAWN_REACH if self._drawn else _PHOTO_REACH
        free = across * (1.0 - ramp((level - core) / edge))
        upright = across * (1.0 - ramp((level - 0.35) / 0.6))
        return (
            np.asarray(source_u - reach_x * gaze_x * self._eye.half_width * free, np.float32),
            np.asarray(source_v - reach_y * gaze_y * half * upright, np.float32),
        )

    def _widening(self, amount: float) -> Plane:
        """Upper lid raised: the opening is stretched upwards, the skin above it gives way."""
        lift = amount * 0.4 * (self._bottom - self._top)
        top = self._top - lift
        inside = np.clip((self._bottom - self._v) / np.maximum(self._bottom - top, 1.0), 0, 1)
        outside = np.clip((self._v - self._brow) / np.maximum(top - self._brow, 1.0), 0, 1)
        return np.asarray(lift * np.where(self._v > top, inside, ramp(outside)), np.float32)

    def _squinting(self, amount: float) -> Plane:
        """Lower lid raised: the cheek follows it, up to a little below the eye."""
        lift = (0.28 if self._drawn else 0.36) * amount * (self._bottom - self._top) * self._arch
        edge = self._bottom - lift
        fall = 1.3 * self._eye.bottom + 1.0
        below = np.clip((self._v - edge) / (fall + lift), 0, 1)
        above = np.clip(1.0 + (self._v - edge) / 2.0, 0, 1)
        return np.asarray(lift * np.where(self._v > edge, 1 - below, above), np.float32)

    def _lower_lid_over(self, roi: NDArray[np.uint8], closure: float) -> NDArray[np.uint8]:
        """The upper lid drawn down over an open eye."""
        edge = self._top + 0.96 * closure * (self._bottom - self._top)
        travel = edge - self._top
        covered = np.clip(edge - self._v + 0.5, 0, 1) * np.clip(travel * 0.8, 0, 1)
        if self._drawn:
            covered = covered * np.clip((self._v - (self._top - self._lash)) * 0.7, 0, 1)
            covered = covered * (1 - self._front)
            lid = roi + (self._lid_color - roi) * covered[..., None]
            line = np.clip(0.5 * self._lash * np.sqrt(self._arch) - np.abs(self._v - edge), 0, 1)
            line = line * np.clip(travel * 0.4, 0, 1) * (1 - self._front)
            lid = lid + (self._lash_color - lid) * line[..., None]
        else:
            lid = roi + (self._lid_skin(edge) - roi) * covered[..., None]
            # Darker of the two: the lashes go along, the white and the skin around them do not.
            lashes = self._sample(self._u, self._v - travel).astype(np.float32)
            above = np.clip((self._v - (edge - 1.15 * self._lash)) / 1.5, 0, 1)
            below = np.clip((edge + 0.12 * self._lash + 1.0 - self._v) / 1.5, 0, 1)
            band = (above * below * (self._arch > 0.02))[..., None]
            lid = lid + (np.minimum(lid, lashes) - lid) * band
        return np.asarray(np.clip(lid + 0.5, 0, 255), np.uint8)

    def _lid_skin(self, edge: Plane) -> NDArray[np.float32]:
        """The skin between brow and lashes, stretched down to the lid's edge."""
        start = self._top - self._lash
        stretch = (start - self._brow) / np.maximum(edge - self._lash - self._brow, 1.0)
        source = self._brow + (self._v - self._brow) * stretch
        source = np.where(self._v > self._brow, np.minimum(source, start), self._v)
        return self._sample(self._u, np.asarray(source, np.float32)).astype(np.float32)

    def _sample(self, u: Plane, v: Plane) -> NDArray[np.uint8]:
        x, y = self._axes.to_picture(u, v)
        return sample(self._picture, x + self._eye.x, y + self._eye.y)
