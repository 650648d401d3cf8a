"""Finds the rig of a portrait: eyes by `face_search`, then lids, mouth and style around them.

There is always an answer. When nothing is found it is a face in the middle of the picture with
confidence 0, for the user to drag into place.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.face_search import (
    Box,
    EyePair,
    find_eyes_by_cascade,
    find_eyes_by_color,
)
from backend.avatar.rig import Eye, PortraitRig, Style

Picture = NDArray[Any]
Vector = NDArray[Any]
_Finder = Callable[[Picture], "EyePair | None"]

_log = logging.getLogger(__name__)

_CASCADE_EDGE = 400
_SURE_DRAWING = 0.75
_COLOR_EDGE = 300
_FLAT_SHARE = 0.5
_LARGE_EYE = 0.33
_SMALLEST_CROP = 32


def find_rig(bgr: Picture) -> PortraitRig:
    """Find the eyes, the mouth and the style of the face in a picture.

    Args:
        bgr: (height, width, 3) uint8.

    Returns:
        A rig that can be used at once; its `warning` says when it should be checked by eye.
    """
    bgr = np.ascontiguousarray(bgr[:, :, :3])
    pair = _find_pair(bgr)
    if pair is None:
        rig = guess_rig((bgr.shape[1], bgr.shape[0]))
        _log.warning(rig.warning)
        return rig
    frame = _FaceFrame.between(pair.left, pair.right)
    style = _style(bgr, pair, frame)
    eyes = _eyes(bgr, pair, frame)
    frame = _FaceFrame.between((eyes[0].x, eyes[0].y), (eyes[1].x, eyes[1].y))
    mouth, half_width, clarity = _find_mouth(bgr, frame, _usual_mouth(pair, frame))
    return PortraitRig(
        size=(bgr.shape[1], bgr.shape[0]),
        eyes=eyes,
        mouth_x=float(mouth[0]),
        mouth_y=float(mouth[1]),
        mouth_half_width=half_width,
        roll_degrees=math.degrees(math.atan2(frame.across[1], frame.across[0])),
        face=pair.face,
        style=style,
        source=pair.source,
        confidence=round(min(1.0, max(0.05, 0.75 * pair.score + 0.25 * clarity)), 3),
    )


def guess_rig(size: tuple[int, int]) -> PortraitRig:
    """A face of usual proportions in the middle of a picture of (width, height) pixels."""
    width, height = size
    edge = min(width, height)
    x, y, apart = width / 2, height * 0.45, edge * 0.2
    lid = apart * 0.12
    left, right = (Eye(x + side * apart / 2, y, apart * 0.24, lid, lid) for side in (-1, 1))
    face = (x - apart, y - apart, 2 * apart, 2.6 * apart)
    return PortraitRig(
        size=size,
        eyes=(left, right),
        mouth_x=x,
        mouth_y=min(y + apart * 1.05, height - 1.0),
        mouth_half_width=max(1.0, apart * 0.35),
        roll_degrees=0.0,
        face=(round(face[0]), round(face[1]), round(face[2]), round(face[3])),
        style="photo",
        source="guess",
        confidence=0.0,
    )


def portrait_crop(rig: PortraitRig) -> tuple[int, int, int]:
    """The square of a picture that a portrait shows: left, top and edge, in pixels.

    As much of the picture as is square, unless the face would be lost in it: then head and
    shoulders, about three and a half times as wide as the face.
    """
    width, height = rig.size
    x, y, face_width, face_height = rig.face
    edge = min(width, height)
    if rig.source != "guess":
        wanted = 3.4 * max(face_width, 0.8 * face_height)
        if edge > 1.6 * wanted:
            edge = min(edge, max(_SMALLEST_CROP, round(wanted)))
    left = round(x + face_width / 2 - edge / 2)
    # The face stands a little above the middle, so that there is room for shoulders.
    top = round(y + face_height / 2 - 0.45 * edge)
    return min(max(left, 0), width - edge), min(max(top, 0), height - edge), edge


@dataclass(frozen=True, slots=True)
class _FaceFrame:
    """The face's own axes: `across` from eye to eye and `down` to the mouth, unit vectors."""

    middle: Vector
    across: Vector
    down: Vector
    apart: float

    @classmethod
    def between(cls, left: tuple[float, float], right: tuple[float, float]) -> _FaceFrame:
        """The axes of a face with these centres of the eyes."""
        a, b = np.array(left), np.array(right)
        apart = float(np.hypot(*(b - a)))
        across = (b - a) / apart
        return cls((a + b) / 2, across, np.array([-across[1], across[0]]), apart)

    def sample(self, image: Picture, origin: Vector, across: Vector, down: Vector) -> Picture:
        """The picture upright: pixel (i, j) lies at `across[j]`, `down[i]` from `origin`."""
        u, v = np.meshgrid(across, down)
        x = (origin[0] + u * self.across[0] + v * self.down[0]).astype(np.float32)
        y = (origin[1] + u * self.across[1] + v * self.down[1]).astype(np.float32)
        return np.asarray(
            cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )


def _find_pair(bgr: Picture) -> EyePair | None:
    upright = _search(bgr, _CASCADE_EDGE, find_eyes_by_cascade)
    if upright is not None and not _is_flat(bgr, upright.face):
        return upright
    # On drawn faces the cascades see brows or cheeks as eyes; matching holes are safer.
    drawn = _search(bgr, _COLOR_EDGE, find_eyes_by_color)
    if drawn is not None and drawn.score > _SURE_DRAWING:
        return drawn
    tilted = _search(bgr, _CASCADE_EDGE, partial(find_eyes_by_cascade, tilted=True))
    return upright or tilted or drawn


def _search(bgr: Picture, edge: int, finder: _Finder) -> EyePair | None:
    factor = max(bgr.shape[:2]) / edge
    if factor <= 1.0:
        return finder(bgr)
    size = (max(1, round(bgr.shape[1] / factor)), max(1, round(bgr.shape[0] / factor)))
    small = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    pair = finder(small)
    return None if pair is None else pair.scaled(bgr.shape[1] / size[0])


def _is_flat(bgr: Picture, face: Box) -> bool:
    """Whether most of a face is of even colour: a drawing is, a photo's skin never."""
    x, y, w, h = face
    cut = bgr[max(0, y) : max(1, y + h), max(0, x) : max(1, x + w)]
    small = cv2.resize(cut, (160, 160), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    slope = np.hypot(cv2.Sobel(gray, -1, 1, 0), cv2.Sobel(gray, -1, 0, 1)) / 8
    return float((slope < 0.5).mean()) > _FLAT_SHARE


def _style(bgr: Picture, pair: EyePair, frame: _FaceFrame) -> Style:
    """Even colours or eyes larger than people have mean a drawing."""
    if _is_flat(bgr, pair.face):
        return "anime"
    if pair.boxes is not None and min(box[3] for box in pair.boxes) > _LARGE_EYE * frame.apart:
        return "anime"
    return "photo"


def _eyes(bgr: Picture, pair: EyePair, frame: _FaceFrame) -> tuple[Eye, Eye]:
    if pair.boxes is None:
        gray = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
        one, other = (_measure_eye(gray, center, frame) for center in (pair.left, pair.right))
        # A rim of glasses may pass for a lid on one side; the mean of both is never far off.
        lids = {"top": (one.top + other.top) / 2, "bottom": (one.bottom + other.bottom) / 2}
        return replace(one, **lids), replace(other, **lids)
    left, right = (
        Eye(x, y, max(2.0, w / 2), max(1.0, y - top), max(1.0, top + h - y))
        for (x, y), (_, top, w, h) in zip((pair.left, pair.right), pair.boxes, strict=True)
    )
    return left, right


def _measure_eye(gray: Picture, center: tuple[float, float], frame: _FaceFrame) -> Eye:
    """Centre the eye on its iris and find the lids: the strongest edges above and below it."""
    apart = frame.apart
    unit = 64 / (0.6 * apart)  # Samples a pixel.
    axis = (np.arange(64) - 31.5) / unit
    patch = frame.sample(gray, np.array(center), axis, axis).astype(np.float32)
    smooth = cv2.GaussianBlur(patch, (0, 0), 2.5)
    distance = np.hypot(axis[None, :] * 1.2, axis[:, None])
    # An iris is dark between two whites; brows and the rims of glasses are dark all along.
    aside = cv2.copyMakeBorder(smooth, 0, 0, 17, 17, cv2.BORDER_REPLICATE)
    whites = np.minimum(aside[:, :64], aside[:, 34:])
    likeness = smooth - 0.7 * whites + 60 * (distance / (0.22 * apart)) ** 2
    row, column = divmod(int(np.argmin(likeness)), 64)
    edges = np.abs(cv2.Sobel(cv2.GaussianBlur(patch, (0, 0), 1.2), cv2.CV_32F, 0, 1))
    first, last = max(0, column - 12), min(64, column + 13)
    profile = edges[:, first:last].mean(axis=1)
    reach = np.arange(64) - row
    above = profile * np.where((reach < -4) & (reach > -19), 1.0 + reach / 40, 0.0)
    below = profile * np.where((reach > 4) & (reach < 17), 1.0 - reach / 40, 0.0)
    top = max(-reach[int(np.argmax(above))] / unit, 0.085 * apart)
    bottom = max(reach[int(np.argmax(below))] / unit, 0.075 * apart)
    point = np.array(center) + frame.across * float(axis[column]) + frame.down * float(axis[row])
    return Eye(float(point[0]), float(point[1]), 0.25 * apart, float(top), float(bottom))


def _usual_mouth(pair: EyePair, frame: _FaceFrame) -> tuple[float, float]:
    """Where a mouth is to be expected below the eyes, and how surely: eye distances.

    People are alike; a drawn mouth stands halfway between the lower lids and the chin.
    """
    if pair.boxes is None:
        return 1.06, 0.2
    middle = float(frame.middle[1])
    lids = (max(box[1] + box[3] for box in pair.boxes) - middle) / frame.apart
    chin = min(max((pair.face[1] + pair.face[3] - middle) / frame.apart, lids + 0.3), 1.5)
    return lids + 0.48 * (chin - lids), 0.05 + 0.22 * (chin - lids)


def _find_mouth(
    bgr: Picture, frame: _FaceFrame, expected: tuple[float, float]
) -> tuple[Vector, float, float]:
    """Find the line between the lips: a dark, level and reddish valley below the eyes.

    Returns:
        Its middle, its half width in pixels, and how clear it is, 0 to 1.
    """
    apart = frame.apart
    across = np.linspace(-0.55, 0.55, 64) * apart
    down = np.linspace(0.36, 1.55, 96) * apart
    patch = frame.sample(bgr, frame.middle, across, down)
    lab = cv2.cvtColor(patch, cv2.COLOR_BGR2LAB).astype(np.float32)
    light, red = lab[..., 0], lab[..., 1]
    valley = np.clip(
        cv2.GaussianBlur(light, (0, 0), 7) - cv2.GaussianBlur(light, (0, 0), 1), 0, None
    )
    redness = np.clip(red - float(np.median(red)), 0, None)
    dark = valley[:, 16:48].mean(axis=1)
    reddish = cv2.GaussianBlur(redness[:, 16:48].mean(axis=1).reshape(-1, 1), (0, 0), 3)[:, 0]
    usual, spread = expected
    prior = np.exp(-(((down / apart - usual) / spread) ** 2))
    score = prior * (
        0.65 * dark / (float(dark.max()) + 1e-3) + 0.35 * reddish / (float(reddish.max()) + 1e-3)
    )
    row = int(np.argmax(score * _same_beside(lab[:, 20:44])))
    band = valley[max(0, row - 3) : row + 4].max(axis=0)
    first, last = _extent(band)
    half_width = float(np.clip((across[last] - across[first]) / 2, 0.16 * apart, 0.42 * apart))
    middle = float(np.clip((across[last] + across[first]) / 2, -0.08 * apart, 0.08 * apart))
    point = frame.middle + frame.across * middle + frame.down * float(down[row])
    return point, half_width, float(np.clip(dark[row] / 8.0, 0.0, 1.0))


def _same_beside(lab: NDArray[np.float32]) -> Vector:
    """For every row, how alike the skin above and below it is, 0 to 1.

    There is skin on both sides of a mouth; below the line of a chin there is a neck in shadow.
    """
    rows = lab.mean(axis=1)
    reach = np.arange(8, 17)
    index = np.arange(len(rows))[:, None]
    above = rows[np.clip(index - reach, 0, len(rows) - 1)].mean(axis=1)
    below = rows[np.clip(index + reach, 0, len(rows) - 1)].mean(axis=1)
    away = np.hypot.reduce(above - below, axis=1)
    alike: Vector = np.exp(-((away / 30.0) ** 2))
    return alike


def _extent(band: NDArray[np.floating]) -> tuple[int, int]:
    """First and last sample of the dark line that runs through the middle of `band`."""
    threshold = 0.3 * float(np.percentile(band[20:44], 80))
    first = last = len(band) // 2
    while first > 0 and band[max(0, first - 2) : first + 1].max() > threshold:
        first -= 1
    while last < len(band) - 1 and band[last : last + 3].max() > threshold:
        last += 1
    return first, last
