"""The colours of a drawn eye: the skin of its lid, its lashes, and hair that hangs before it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.rig import Eye
from backend.avatar.warps.geometry import Axes, Plane, Region, sample

Color = NDArray[np.float32]

_UNLIKE_SKIN = 60.0
_LIKE_HAIR = 34.0
_MOST_HAIR = 0.35


class EyeColors:
    """Looks at the picture around one eye.

    Args:
        picture: (size, size, 3) uint8 BGR.
        axes: The face's axes.
        eye: The eye.
    """

    def __init__(self, picture: NDArray[np.uint8], axes: Axes, eye: Eye) -> None:
        self._picture = picture
        self._axes = axes
        self._eye = eye

    def skin(self, inward: float) -> Color:
        """The skin beside the nose, where neither hair nor a blush is: (3,) float32 BGR.

        Args:
            inward: 1 when the nose is to the right of the eye, -1 when it is to the left.
        """
        eye = self._eye
        u = inward * np.linspace(1.15, 1.45, 9) * eye.half_width
        return self._median(u, np.linspace(-0.2, 0.7, 15) * eye.bottom)

    def lashes(self) -> Color:
        """The darkest colour along the upper lid: (3,) float32 BGR."""
        eye = self._eye
        patch = self._patch(
            np.linspace(-0.7, 0.7, 25) * eye.half_width, -np.linspace(0.7, 1.05, 11) * eye.top
        )
        colors = patch.reshape(-1, 3).astype(np.float32)
        order = np.argsort(colors.sum(axis=1))
        return np.asarray(colors[order[: len(order) // 10]].mean(axis=0), np.float32)

    def hair_in_front(self, region: Region, u: Plane, v: Plane, skin: Color) -> Plane:
        """Where bangs hang before the eye, so that a closing lid stays behind them.

        Hair is what has the colour of the hair above the eye and hangs together with it. Where
        that would be much of the eye, the iris has the hair's colour, and nothing is kept.

        Returns:
            (height, width) of `region`, 0 to 1.
        """
        eye = self._eye
        nothing = np.zeros(u.shape, np.float32)
        hair = self._median(
            np.linspace(-0.8, 0.8, 25) * eye.half_width, -np.linspace(1.7, 2.6, 15) * eye.top
        )
        if float(np.abs(hair - skin).sum()) < _UNLIKE_SKIN:
            return nothing
        patch = self._picture[region.slices]
        away = _chroma(patch) - _chroma(np.asarray(hair, np.uint8).reshape(1, 1, 3))
        like = (np.hypot(away[..., 0], away[..., 1]) < _LIKE_HAIR).astype(np.uint8)
        _, labels = cv2.connectedComponents(like)
        above = np.unique(labels[(v < -1.1 * eye.top) & (like > 0)])
        front = np.isin(labels, above[above > 0])
        inside = (u / eye.half_width) ** 2 + (v / max(eye.top, eye.bottom)) ** 2 < 0.8
        if not front.any() or float(front[inside].mean()) > _MOST_HAIR:
            return nothing
        grown = cv2.dilate(front.astype(np.float32), np.ones((3, 3), np.uint8))
        return np.asarray(cv2.GaussianBlur(grown, (0, 0), 0.8), np.float32)

    def _patch(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.uint8]:
        across, down = np.meshgrid(u, v)
        x, y = self._axes.to_picture(across, down)
        return sample(self._picture, x + self._eye.x, y + self._eye.y)

    def _median(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> Color:
        colors = self._patch(u, v).reshape(-1, 3)
        return np.asarray(np.median(colors, axis=0), np.float32)


def _chroma(bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)
    return np.asarray(lab[..., 1:], np.float32)
