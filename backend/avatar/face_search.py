"""Finds a pair of eyes in a picture with no learned weights beyond OpenCV's Haar cascades.

Two finders: cascades for photos and paintings, and for flat drawn faces a search for two matching
holes in a region of one colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[Any]
Box = tuple[int, int, int, int]

_FACE_CASCADES = ("haarcascade_frontalface_alt2.xml", "haarcascade_frontalface_default.xml")
_EYE_CASCADES = ("haarcascade_eye.xml", "haarcascade_eye_tree_eyeglasses.xml")
_TILT = 20.0
_GOOD_PAIR = 0.3
_SURE_PAIR = 0.7
_MOST_FACES = 5
_SKIN_COLORS = 7
_HOLE_KERNELS = (3, 5, 9)
_GOOD_HOLES = 0.45
_EYE_CONTRAST = 0.3
_DARKER = 15.0


@dataclass(frozen=True, slots=True)
class EyePair:
    """Two eyes that were found.

    Attributes:
        left: Centre of the eye on the left side of the picture, pixels.
        right: Centre of the other eye.
        face: Box around the face: left, top, width, height.
        source: The finder.
        score: 0 to 1.
        boxes: Boxes around the eyes' openings, when the finder sees them.
    """

    left: tuple[float, float]
    right: tuple[float, float]
    face: Box
    source: Literal["haar", "blob"]
    score: float
    boxes: tuple[Box, Box] | None = None

    def scaled(self, factor: float) -> EyePair:
        """The same pair in a picture `factor` times as large."""

        def grow(box: Box) -> Box:
            x, y, width, height = (round(value * factor) for value in box)
            return x, y, width, height

        return replace(
            self,
            left=(self.left[0] * factor, self.left[1] * factor),
            right=(self.right[0] * factor, self.right[1] * factor),
            face=grow(self.face),
            boxes=None if self.boxes is None else (grow(self.boxes[0]), grow(self.boxes[1])),
        )


def find_eyes_by_cascade(bgr: Picture, *, tilted: bool = False) -> EyePair | None:
    """Find the eyes of a photographed or painted face.

    Args:
        bgr: (height, width, 3) uint8; about 400 pixels an edge is a good size.
        tilted: Look for faces that are tilted by about 10 to 35 degrees, not for upright ones.
    """
    gray = cv2.equalizeHist(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY))
    height, width = gray.shape
    cascades = _Cascades()
    if not tilted:
        return _search_upright(gray, cascades, _FACE_CASCADES)
    found: list[EyePair] = []
    for tilt in (-_TILT, _TILT):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
        turned = cv2.warpAffine(gray, turn, (width, height))
        pair = _search_upright(turned, cascades, _FACE_CASCADES[:1])
        if pair is not None:
            found.append(_turn_back(pair, turn, tilt))
    return max(found, key=lambda pair: pair.score, default=None)


class _Cascades:
    """The cascades that this OpenCV ships (version 4 has them, 5 does not), read when needed."""

    def __init__(self) -> None:
        self._loaded: dict[str, cv2.CascadeClassifier] = {}

    def detect(
        self, name: str, gray: Picture, step: float, neighbors: int, smallest: int
    ) -> list[Box]:
        """Boxes of what the cascade `name` finds; none when it is not there."""
        if name not in self._loaded:
            data = getattr(cv2, "data", None)
            path = Path(data.haarcascades if data is not None else "") / name
            if not path.is_file():
                return []
            self._loaded[name] = cv2.CascadeClassifier(str(path))
        found = self._loaded[name].detectMultiScale(
            gray, step, neighbors, minSize=(smallest, smallest)
        )
        return [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]


def _search_upright(gray: Picture, cascades: _Cascades, names: tuple[str, ...]) -> EyePair | None:
    smallest = max(24, min(gray.shape) // 16)
    best: tuple[float, EyePair] | None = None
    for name in names:
        faces = cascades.detect(name, gray, 1.12, 4, smallest)
        for face in sorted(faces, key=lambda box: -box[2])[:_MOST_FACES]:
            pair = _eyes_of(gray, face, cascades)
            if pair is not None and (best is None or pair.score * face[2] > best[0]):
                best = pair.score * face[2], pair
        if best is not None:
            return best[1]
    return None


def _eyes_of(gray: Picture, face: Box, cascades: _Cascades) -> EyePair | None:
    """The eyes in the part of a face box where eyes are; small faces are looked at enlarged."""
    x, y, w, h = face
    top = y + int(0.12 * h)
    region = gray[top : y + int(0.62 * h), x : x + w]
    zoom = 130.0 / w
    region = cv2.resize(region, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
    boxes: list[Box] = []
    pair: EyePair | None = None
    for name in _EYE_CASCADES:
        for a, b, c, d in cascades.detect(name, region, 1.06, 3, 14):
            boxes.append((x + int(a / zoom), top + int(b / zoom), int(c / zoom), int(d / zoom)))
        pair = _best_pair(boxes, face)
        if pair is not None and pair.score > _SURE_PAIR:
            break
    return pair


def _center(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def _best_pair(boxes: list[Box], face: Box) -> EyePair | None:
    """The two boxes that lie most like eyes: level, of one size, apart by half a face."""
    best: EyePair | None = None
    middle = face[0] + face[2] / 2
    for index, one in enumerate(boxes):
        for other in boxes[:index]:
            a, b = sorted((one, other))
            (ax, ay), (bx, by) = _center(a), _center(b)
            apart = bx - ax
            if not 0.25 * face[2] < apart < 0.65 * face[2]:
                continue
            score = (
                1.0
                - 1.6 * abs(ay - by) / apart
                - abs(a[2] - b[2]) / max(a[2], b[2])
                - abs((ax + bx) / 2 - middle) / face[2]
            )
            if score > _GOOD_PAIR and (best is None or score > best.score):
                best = EyePair((ax, ay), (bx, by), face, "haar", min(1.0, score))
    return best


def _turn_back(pair: EyePair, turn: NDArray[Any], tilt: float) -> EyePair:
    """Bring a pair that was found in a turned picture back into the picture itself."""
    back = cv2.invertAffineTransform(turn)
    left, right, middle = (
        back @ np.array([x, y, 1.0]) for x, y in (pair.left, pair.right, _center(pair.face))
    )
    width, height = pair.face[2:]
    face = (round(middle[0] - width / 2), round(middle[1] - height / 2), width, height)
    return replace(
        pair,
        left=(float(left[0]), float(left[1])),
        right=(float(right[0]), float(right[1])),
        face=face,
        score=pair.score * (1.0 - abs(tilt) / 100.0),
    )


@dataclass(frozen=True, slots=True)
class _Hole:
    """A spot in a face that is not of the face's colour."""

    box: Box
    area: float
    enclosed: float
    contrast: float


def find_eyes_by_color(bgr: Picture) -> EyePair | None:
    """Find the eyes of a flat drawn face: two matching holes in a region of one colour.

    Args:
        bgr: (height, width, 3) uint8; about 300 pixels an edge is a good size.
    """
    best: EyePair | None = None
    gray = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    for mask in _face_masks(bgr):
        for face, region in _face_regions(mask):
            for kernel in _HOLE_KERNELS:
                pair = _best_holes(gray, face, region, kernel)
                if pair is not None and (best is None or pair.score > best.score):
                    best = pair
    if best is None or best.score < _GOOD_HOLES:
        return None
    return replace(best, score=min(1.0, best.score))


def color_clusters(bgr: Picture, count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Group a picture's pixels by colour, the same way every time.

    Returns:
        Labels (height, width) int32, and the groups' colours (count, 3) float32 in Lab.
    """
    lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB).reshape(-1, 3).astype(np.float32)
    order = np.argsort(lab[:, 0], kind="stable")
    start = np.empty(len(lab), np.int32)
    start[order] = np.arange(len(lab)) * count // len(lab)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    _, labels, centers = cv2.kmeans(
        lab, count, start.reshape(-1, 1), stop, 1, cv2.KMEANS_USE_INITIAL_LABELS
    )
    return labels.reshape(bgr.shape[:2]).astype(np.int32), np.asarray(centers, np.float32)


def _face_masks(bgr: Picture) -> Iterator[Picture]:
    """Masks in which a face may be one region: skin by its usual hues, then each colour group."""
    ycrcb = cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb)
    yield cv2.inRange(ycrcb, (111, 133, 96), (255, 174, 129)) // 255
    labels, centers = color_clusters(bgr, _SKIN_COLORS)
    for index in np.argsort(-centers[:, 0])[:5]:
        yield (labels == index).astype(np.uint8)


def _face_regions(mask: Picture) -> Iterator[tuple[Box, Picture]]:
    """The large regions of a mask, nearest to the middle first: box and (height, width) mask."""
    height, width = mask.shape
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, centers = cv2.connectedComponentsWithStats(opened)
    large = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] > 0.01 * height * width]
    large = [k for k in large if stats[k, cv2.CC_STAT_WIDTH] < 0.9 * width]
    large.sort(key=lambda k: math.hypot(centers[k][0] - width / 2, centers[k][1] - height / 2))
    for k in large[:2]:
        x, y, w, h = (int(value) for value in stats[k, :4])
        h = min(h, int(1.35 * w))  # A neck of the same colour hangs below the face.
        yield (x, y, w, h), (labels[y : y + h, x : x + w] == k).astype(np.uint8)


def _best_holes(gray: Picture, face: Box, region: Picture, kernel: int) -> EyePair | None:
    x, y, w, h = face
    outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = np.zeros_like(region)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.vstack(outlines)), 1)
    holes = ((region == 0) & (hull == 1)).astype(np.uint8)
    holes[: int(0.12 * h)] = 0
    holes[int(0.82 * h) :] = 0
    holes = cv2.morphologyEx(holes, cv2.MORPH_OPEN, np.ones((kernel, kernel), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(holes)
    window = gray[y : y + h, x : x + w]
    skin = float(window[region > 0].mean())
    found: list[_Hole] = []
    for index, (a, b, c, d, area) in enumerate(stats[1:count].tolist(), start=1):
        inside = a > 1 and a + c < w - 1
        if 0.004 * w * h < area < 0.14 * w * h and inside and c > 0.5 * d:
            box = (a + x, b + y, c, d)
            hole = labels == index
            if np.percentile(window[hole], 25) > skin - _DARKER:
                continue  # A gap between bangs is as light as the skin that shows in it.
            enclosed = _enclosure(hole, region)
            found.append(_Hole(box, float(area), enclosed, _contrast(gray, box)))
    best: EyePair | None = None
    for index, one in enumerate(found):
        for other in found[:index]:
            pair = _score_holes(gray, face, one, other)
            if pair is not None and (best is None or pair.score > best.score):
                best = pair
    return best


def _enclosure(hole: Picture, region: Picture) -> float:
    """The share of a hole's border that is face, 0 to 1; half of it is the cheek below.

    Bangs may hang into an eye from above, but the gap between jaw and hair has no cheek below it.
    """
    ring = cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool) & ~hole
    rows, columns = np.nonzero(hole)
    inset = (columns.max() - columns.min()) // 5
    below = region[
        rows.max() + 1 : rows.max() + 2 + (rows.max() - rows.min()) // 4,
        columns.min() + inset : columns.max() + 1 - inset,
    ]
    if not below.size or not ring.any():
        return 0.0
    return 0.5 * float(region[ring].mean()) + 0.5 * float(below.mean())


def _score_holes(gray: Picture, face: Box, one: _Hole, other: _Hole) -> EyePair | None:
    left, right = sorted((one, other), key=lambda hole: hole.box)
    (ax, ay), (bx, by) = _center(left.box), _center(right.box)
    apart = bx - ax
    if not 0.25 * face[2] < apart < 0.75 * face[2] or abs(by - ay) > 0.4 * apart:
        return None
    if min(left.contrast, right.contrast) < _EYE_CONTRAST:
        return None  # Blushing cheeks are two matching spots as well.
    alike = min(left.area, right.area) / max(left.area, right.area)
    size = min(1.0, (left.area + right.area) / (0.05 * face[2] * face[3]))
    off_center = abs((ax + bx) / 2 - (face[0] + face[2] / 2)) / face[2]
    level = ((ay + by) / 2 - face[1]) / face[3]
    misplaced = max(0.0, level - 0.62) + 2.0 * max(0.0, 0.3 - level)
    score = (
        0.2 * alike
        + 0.2 * size
        + 0.15 * min(1.0, left.contrast + right.contrast)
        + 0.5 * (left.enclosed + right.enclosed - 1.0)
        + 0.3 * _mirror_likeness(gray, left.box, right.box)
        - 0.5 * abs(by - ay) / apart
        - 0.6 * off_center
        - misplaced
    )
    boxes = _same_size(gray, left.box, right.box)
    return EyePair(_center(boxes[0]), _center(boxes[1]), face, "blob", score, boxes)


def _same_size(gray: Picture, left: Box, right: Box) -> tuple[Box, Box]:
    """Both boxes as small as the smaller one: what stands out is hair or a brow.

    It stands out above; of the sides, the one is cut that leaves the better mirror images.
    """
    width, height = min(left[2], right[2]), min(left[3], right[3])

    def cuts(box: Box) -> list[Box]:
        x, y, w, h = box
        spare = w - width
        return [
            (x + shift, y + h - height, width, height) for shift in sorted({0, spare // 2, spare})
        ]

    pairs = [(a, b) for a in cuts(left) for b in cuts(right)]
    return max(pairs, key=lambda pair: _mirror_likeness(gray, *pair))


def _contrast(gray: Picture, box: Box) -> float:
    """How far the darkest and the lightest parts of a box are apart, 0 to 1."""
    x, y, w, h = box
    low, high = np.percentile(gray[y : y + h, x : x + w], (5, 95))
    return float(high - low) / 255.0


def _mirror_likeness(gray: Picture, left: Box, right: Box) -> float:
    """How well one eye is the other one's mirror image: correlation, 0 to 1."""
    patches = []
    for x, y, w, h in (left, right):
        patch = cv2.resize(gray[y : y + h, x : x + w], (24, 24), interpolation=cv2.INTER_AREA)
        patches.append(patch.astype(np.float32) - float(patch.mean()))
    one, other = patches[0], patches[1][:, ::-1]
    norm = math.sqrt(float((one * one).sum()) * float((other * other).sum()))
    return max(0.0, float((one * other).sum()) / norm) if norm > 0 else 0.0
