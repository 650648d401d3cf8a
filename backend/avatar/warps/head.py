"""Turns, tilts and shifts the head of a portrait, lifts its brows and lets it breathe.

Every motion is a smooth field over the picture, kept on a coarse grid. A pose is their weighted
sum, enlarged to the picture's size: one `remap` moves everything at once.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.pose import Pose
from backend.avatar.rig import PortraitRig
from backend.avatar.warps.geometry import Axes, Plane, ramp

_GRID = 64
_STILL = 1e-3
MAX_YAW = 0.6
"""Beyond this the far cheek of a flat picture folds."""

_TURN, _NOD, _TILT = 0.34, 0.3, math.radians(8.0)
"""Shift of the nose at a yaw and a pitch of 1, in eye distances; angle at a roll of 1."""


class HeadWarp:
    """The head of one portrait.

    Args:
        size: Edge of the square picture, pixels.
        rig: Its points.
    """

    def __init__(self, size: int, rig: PortraitRig) -> None:
        self._size = size
        self._apart = rig.eye_distance
        self._axes = Axes.of(rig)
        eyes = [(eye.x, eye.y) for eye in rig.eyes]
        middle = (eyes[0][0] + eyes[1][0]) / 2, (eyes[0][1] + eyes[1][1]) / 2
        # Chibi faces have wide-set eyes close above the mouth; a head is never that flat.
        face = math.hypot(rig.mouth_x - middle[0], rig.mouth_y - middle[1])
        self._face = max(face, 0.75 * self._apart)
        self._center = (
            0.55 * middle[0] + 0.45 * rig.mouth_x,
            0.55 * middle[1] + 0.45 * rig.mouth_y,
        )
        rows, columns = np.mgrid[0:_GRID, 0:_GRID].astype(np.float32)
        self._x: Plane = (columns + 0.5) * (size / _GRID) - 0.5
        self._y: Plane = (rows + 0.5) * (size / _GRID) - 0.5
        fields = [*self._head_fields(), self._breath_field()]
        for eye, outward in zip(rig.eyes, (-1.0, 1.0), strict=True):
            fields += self._brow_fields(eye.x, eye.y, eye.half_width, eye.top, outward)
        fields.append(self._cheek_field((rig.mouth_x, rig.mouth_y)))
        self._fields = np.stack(fields).reshape(len(fields), -1).astype(np.float32)
        rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
        # Two planes rather than one of two channels: `remap` reads them a third faster.
        self._at = (np.ascontiguousarray(columns), np.ascontiguousarray(rows))
        self._maps = (np.empty_like(columns), np.empty_like(rows))
        self._out = np.empty((size, size, 3), np.uint8)

    def apply(self, picture: NDArray[np.uint8], pose: Pose) -> NDArray[np.uint8]:
        """The picture with its head moved; the picture itself when nothing moves.

        The returned array is reused by the next call.
        """
        weights = _weights(pose)
        if float(np.abs(weights).max()) < _STILL:
            return picture
        field = (weights @ self._fields).reshape(2, _GRID, _GRID)
        size = (self._size, self._size)
        for plane, at, out in zip(field, self._at, self._maps, strict=True):
            cv2.resize(plane, size, dst=out, interpolation=cv2.INTER_LINEAR)
            cv2.add(out, at, dst=out)
        cv2.remap(
            picture,
            self._maps[0],
            self._maps[1],
            cv2.INTER_LINEAR,
            dst=self._out,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return self._out

    def _head_fields(self) -> list[NDArray[np.float32]]:
        """Yaw, pitch, roll and the two shifts: where the shown pixel comes from, as an offset."""
        apart, face = self._apart, self._face
        u, v = self._axes.to_local(self._x - self._center[0], self._y - self._center[1])
        bulge = np.exp(-((u / (1.15 * apart)) ** 2) - (v / (1.25 * face)) ** 2)
        nose = 0.2 * np.exp(-((u / (0.3 * apart)) ** 2) - (v / (0.38 * face)) ** 2)
        height = np.where(v < 0, 2.6 * face, 2.0 * face)
        head = 1 - ramp((np.hypot(u / (2.1 * apart), v / height) - 0.66) / 0.55)
        chin = 1.45 * face
        head = head * (1 - ramp((v - 0.55 * chin) / (0.85 * chin))) * self._border()
        # The face comes forward and the hair goes back, so they move against each other.
        depth = (bulge + nose - 0.22) * head
        pivot = self._axes.to_picture(0.0, 1.5 * face)
        from_x = self._x - (self._center[0] + pivot[0])
        from_y = self._y - (self._center[1] + pivot[1])
        still = np.zeros_like(depth)
        return [
            np.stack([-_TURN * apart * depth, still]),
            np.stack([still, -_NOD * apart * depth]),
            np.stack([from_y * head * _TILT, -from_x * head * _TILT]),
            np.stack([-apart * head, still]),
            np.stack([still, -apart * head]),
        ]

    def _border(self) -> Plane:
        """0 at the left, upper and right edge of the picture: nothing is drawn in from outside."""
        reach = 0.07 * self._size
        inward = np.minimum(np.minimum(self._x, self._size - 1 - self._x), self._y)
        border: Plane = ramp(inward / reach).astype(np.float32)
        return border

    def _breath_field(self) -> NDArray[np.float32]:
        _, v = self._axes.to_local(self._x - self._center[0], self._y - self._center[1])
        chin = 1.45 * self._face
        chest = ramp((v - 0.8 * chin) / (0.9 * chin))
        head = (1 - chest) * self._border()
        wider = (self._x - self._center[0]) * chest * -0.008 * self._border()
        return np.stack([wider, self._apart * (0.045 * chest + 0.014 * head)])

    def _brow_fields(
        self, x: float, y: float, half: float, top: float, outward: float
    ) -> list[NDArray[np.float32]]:
        """One brow raised, and its inner end raised against its outer end."""
        u, v = self._axes.to_local(self._x - x, self._y - y)
        level = -max(1.5 * top, 0.25 * self._apart)
        # Narrow below the brow, so that the eye under it keeps its shape.
        reach = np.where(
            v > level, max(0.6 * (-level - top), 0.08 * self._apart), 0.2 * self._apart
        )
        above = np.exp(-((u / (1.45 * half)) ** 2) - ((v - level) / reach) ** 2)
        inner = np.clip(-outward * u / half, -1, 1)
        still = np.zeros_like(above)
        return [
            np.stack([still, 0.075 * self._apart * above]),
            np.stack([still, 0.065 * self._apart * above * inner]),
        ]

    def _cheek_field(self, mouth: tuple[float, float]) -> NDArray[np.float32]:
        """Both cheeks raised, as in a smile."""
        u, v = self._axes.to_local(self._x - mouth[0], self._y - mouth[1])
        reach_u, reach_v = 0.28 * self._apart, 0.22 * self._face
        lift = sum(
            np.exp(
                -(((u - side * 0.48 * self._apart) / reach_u) ** 2)
                - ((v + 0.3 * self._face) / reach_v) ** 2
            )
            for side in (-1, 1)
        )
        return np.stack([np.zeros_like(u), 0.05 * self._apart * lift])


def _weights(pose: Pose) -> NDArray[np.float32]:
    """How much of each field a pose asks for, in the order of `HeadWarp`'s fields."""

    def limit(value: float, most: float = 1.0) -> float:
        return min(max(value, -most), most)

    inner = limit(pose.brow_inner)
    return np.array(
        [
            limit(pose.yaw, MAX_YAW),
            limit(pose.pitch, MAX_YAW),
            limit(pose.roll),
            limit(pose.shift_x, 0.3),
            limit(pose.shift_y, 0.3),
            limit(pose.breath),
            limit(pose.brow_l),
            inner,
            limit(pose.brow_r),
            inner,
            max(0.0, limit(pose.smile)),
        ],
        np.float32,
    )
