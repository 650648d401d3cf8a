"""The portrait puppet: brings one picture of a face to life with no learned weights.

The lips, the eyes and the cheeks are warped where they stand in the picture, and then the whole
picture is warped once by the motion of the head.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.pose import POSE_CHANNELS, Mouth, Pose
from backend.avatar.puppet import Frame
from backend.avatar.rig import PortraitRig
from backend.avatar.rigging import portrait_crop
from backend.avatar.warps.cheeks import CheekTint
from backend.avatar.warps.eyes import EyeWarp
from backend.avatar.warps.head import HeadWarp
from backend.avatar.warps.mouth import MouthWarp

BACKGROUND = (240, 226, 214)
"""Behind a picture with transparency, BGR."""


class PortraitPuppet:
    """A picture of a face that can be posed.

    Args:
        image: (height, width, 3) BGR or (height, width, 4) BGRA; mouth closed and eyes open.
        rig: Its points, in its own pixels.
        size: Edge of the frames, pixels.
        background: BGR, shows through a transparent picture.
    """

    def __init__(
        self,
        image: Frame,
        rig: PortraitRig,
        size: int = 512,
        *,
        background: tuple[int, int, int] = BACKGROUND,
    ) -> None:
        self._size = size
        self._picture, self._rig = _fit(image, rig, size, background)
        self._work = self._picture.copy()
        self._mouth = MouthWarp(self._picture, self._rig)
        self._eyes = [EyeWarp(self._picture, self._rig, eye) for eye in self._rig.eyes]
        self._cheeks = CheekTint(size, self._rig)
        self._head = HeadWarp(size, self._rig)

    @property
    def size(self) -> int:
        """Edge of the frames, pixels."""
        return self._size

    @property
    def rig(self) -> PortraitRig:
        """The rig in pixels of the frames."""
        return self._rig

    def render(self, pose: Pose) -> Frame:
        """Draw a pose: (size, size, 3) BGR. The array is reused by the next call."""
        pose = _as_floats(pose)
        work = self._work
        np.copyto(work, self._picture)
        self._mouth.apply(pose.mouth, pose.smile, work)
        for warp, closure in zip(self._eyes, (pose.blink_l, pose.blink_r), strict=True):
            warp.apply(closure, pose.squint, (pose.gaze_x, pose.gaze_y), work)
        self._cheeks.apply(pose.blush, work)
        return self._head.apply(work, pose)


def _as_floats(pose: Pose) -> Pose:
    """The pose in plain finite floats.

    A numpy float64 would turn every map into float64, which `cv2.remap` refuses.
    """

    def plain(value: float) -> float:
        value = float(value)
        return value if math.isfinite(value) else 0.0

    mouth = Mouth(*(plain(getattr(pose.mouth, field.name)) for field in fields(Mouth)))
    channels = {name: plain(getattr(pose, name)) for name in POSE_CHANNELS}
    return replace(pose, mouth=mouth, **channels)


def _fit(
    image: Frame, rig: PortraitRig, size: int, background: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], PortraitRig]:
    """The picture square, opaque and `size` pixels wide, with its rig."""
    left, top, edge = portrait_crop(rig)
    square = image[top : top + edge, left : left + edge]
    if edge != size:
        method = cv2.INTER_AREA if edge > size else cv2.INTER_CUBIC
        square = np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)
    if square.shape[2] == 4:
        alpha = square[..., 3:].astype(np.float32) / 255.0
        mixed = square[..., :3] * alpha + np.array(background, np.float32) * (1 - alpha)
        square = (mixed + 0.5).astype(np.uint8)
    fitted = rig.transformed(size / edge, left, top)
    return np.ascontiguousarray(square), replace(fitted, size=(size, size))
