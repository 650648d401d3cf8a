"""Draws faces to test with, shaded like a photo or flat like anime, and knows their points.

No photo of anybody is needed: a face finder looks for dark eyes under brows, a bright nose and a
mouth, and those can be painted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Color = tuple[float, float, float]

UNIT = 512
LIGHT_SKIN: Color = (150.0, 178.0, 222.0)
DARK_SKIN: Color = (52.0, 72.0, 108.0)


@dataclass(frozen=True)
class Portrait:
    """A drawn face and where its points are, in pixels."""

    image: Picture
    eyes: tuple[tuple[float, float], tuple[float, float]]
    mouth: tuple[float, float]
    mouth_half_width: float

    @property
    def eye_distance(self) -> float:
        return math.dist(*self.eyes)


def photo_face(
    size: int = 1024,
    *,
    skin: Color = LIGHT_SKIN,
    roll: float = 0.0,
    scale: float = 1.0,
    center: tuple[float, float] = (0.5, 0.5),
    glasses: bool = False,
    seed: int = 7,
) -> Portrait:
    """A softly lit face.

    Args:
        size: Edge of the square picture, pixels.
        skin: BGR of the lit skin.
        roll: Tilt, degrees clockwise.
        scale: 1 fills the picture with head and shoulders.
        center: Where the middle of the head stands, in fractions of the edge.
        glasses: Whether it wears thin-rimmed glasses.
        seed: Of the grain.
    """
    canvas = np.empty((UNIT * 2, UNIT * 2, 3), np.float32)
    canvas[:] = (172.0, 160.0, 150.0)
    _draw_body(canvas, skin)
    _draw_head(canvas, skin)
    for x in (205.0, 307.0):
        _draw_eye(canvas, x, 236.0, skin)
    _draw_nose(canvas, skin)
    _draw_lips(canvas, skin)
    if glasses:
        for x in (205.0, 307.0):
            _line(canvas, _arc(x, 240, 40, 31), (48, 44, 40), 3.0)
        _line(canvas, np.array([(245, 236), (256, 232), (267, 236)], np.float32), (48, 44, 40), 3)
    return _place(canvas, size, roll, scale, center, grain=3.0, seed=seed)


def anime_face(
    size: int = 1024,
    *,
    hair: Color = (160.0, 84.0, 92.0),
    roll: float = 0.0,
    transparent: bool = False,
) -> Portrait:
    """A flat-coloured face with large eyes, bangs and a small mouth."""
    canvas = np.empty((UNIT * 2, UNIT * 2, 3), np.float32)
    canvas[:] = (240.0, 226.0, 214.0)
    dark = tuple(0.7 * value for value in hair)
    _fill(canvas, _arc(256, 250, 190, 210), dark)
    _fill(canvas, _points((60, 512), (90, 430), (210, 400), (302, 400), (422, 430), (452, 512)),
          (110, 70, 60))  # fmt: skip
    _fill(canvas, _points((216, 350), (296, 350), (300, 415), (256, 450), (212, 415)),
          (172, 190, 240))  # fmt: skip
    face = _points((146, 190), (150, 280), (190, 352), (256, 398), (322, 352), (362, 280),
                   (366, 190), (330, 110), (182, 110))  # fmt: skip
    _fill(canvas, face, (208, 226, 255))
    _line(canvas, face, (90, 70, 110), 2, closed=True)
    for x in (204, 308):
        _fill(canvas, _arc(x, 258, 33, 28), (255, 252, 252))
        _fill(canvas, _arc(x, 258, 20, 26), (140, 60, 44))
        _fill(canvas, _arc(x, 267, 15, 15), (230, 140, 86))
        _fill(canvas, _arc(x, 258, 8, 12), (60, 24, 20))
        _fill(canvas, _arc(x - 8, 246, 6, 7), (255, 255, 255))
        _line(canvas, _arc(x, 258, 34, 29, 180, 360), (50, 30, 50), 6)
        _line(canvas, _arc(x, 206, 30, 10, 200, 340), dark, 4)
    _line(canvas, _arc(256, 340, 22, 8, 20, 160), (80, 70, 150), 2.6)
    _line(canvas, _points((256, 300), (253, 309), (257, 311)), (125, 140, 210), 1.8)
    bangs = _points((138, 250), (140, 120), (200, 60), (312, 60), (372, 120), (374, 250),
                    (352, 160), (330, 196), (300, 140), (286, 190), (256, 130), (226, 190),
                    (208, 140), (184, 196), (160, 160))  # fmt: skip
    _fill(canvas, bangs, hair)
    portrait = _place(canvas, size, roll, 1.0, (0.5, 0.5), grain=0.0, seed=0)
    portrait = Portrait(
        portrait.image,
        _place_points([(204, 258), (308, 258)], size, roll, 1.0, (0.5, 0.5)),  # type: ignore[arg-type]
        _place_points([(256, 347)], size, roll, 1.0, (0.5, 0.5))[0],
        22 * size / UNIT,
    )
    if not transparent:
        return portrait
    alpha = np.zeros((size, size), np.uint8)
    cv2.ellipse(alpha, (size // 2, size // 2), (int(size * 0.45), int(size * 0.49)), 0, 0, 360,
                255, -1, cv2.LINE_AA)  # fmt: skip
    return Portrait(
        np.dstack([portrait.image, alpha]), portrait.eyes, portrait.mouth,
        portrait.mouth_half_width,
    )  # fmt: skip


def landscape(size: int = 1024) -> Picture:
    """A picture without any face: sky, hills and a sun."""
    y = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    image = np.array([230, 190, 150], np.float32) * (1 - y) + np.array([90, 140, 110]) * y
    canvas = np.ascontiguousarray(np.broadcast_to(image, (size, size, 3)), np.float32)
    cv2.circle(canvas, (int(size * 0.8), int(size * 0.2)), size // 12, (170, 240, 255), -1)
    x = np.arange(size)
    for index, color in enumerate(((80, 130, 90), (60, 105, 70))):
        top = size * (0.55 + 0.18 * index) + size * 0.06 * np.sin(x / size * (9 - 3 * index))
        ridge = np.stack([x, top], 1)
        _polygon = np.vstack([ridge, [(size, size), (0, size)]]).astype(np.int32)
        cv2.fillPoly(canvas, [_polygon], color, cv2.LINE_AA)
    noise = np.random.default_rng(3).normal(0, 4, canvas.shape)
    return np.clip(canvas + noise, 0, 255).astype(np.uint8)


def _draw_body(canvas: Canvas, skin: Color) -> None:
    shirt = _points((40, 520), (80, 450), (190, 425), (322, 425), (432, 450), (472, 520))
    _fill(canvas, shirt, (96, 78, 62))
    neck = _points((206, 350), (306, 350), (312, 430), (256, 456), (200, 430))
    _fill(canvas, neck, tuple(0.72 * value for value in skin), blur=3)


def _draw_head(canvas: Canvas, skin: Color) -> None:
    hair = (30.0, 34.0, 42.0)
    _fill(canvas, _arc(256, 215, 142, 165), hair, blur=4)
    yy, xx = np.mgrid[0 : UNIT * 2, 0 : UNIT * 2].astype(np.float32) / 2
    u, v = (xx - 256) / 108, (yy - 255) / 150
    r2 = u * u + v * v
    z = np.sqrt(np.clip(1 - r2, 0, 1))
    light = np.clip(0.62 + 0.42 * z - 0.12 * u - 0.1 * v, 0, 1.1)
    for x in (205, 307):  # Eye sockets lie in shadow.
        light -= 0.2 * np.exp(-(((xx - x) / 34) ** 2 + ((yy - 226) / 20) ** 2))
    for x in (192, 320):
        light += 0.08 * np.exp(-(((xx - x) / 30) ** 2 + ((yy - 290) / 24) ** 2))
    light += 0.1 * np.exp(-(((xx - 256) / 12) ** 2 + ((yy - 262) / 40) ** 2))
    light -= 0.12 * np.exp(-(((xx - 256) / 34) ** 2 + ((yy - 366) / 9) ** 2))
    mask = cv2.GaussianBlur(np.clip((1 - r2) * 30, 0, 1).astype(np.float32), (0, 0), 2)[..., None]
    face = np.array(skin, np.float32) * light[..., None].astype(np.float32)
    canvas[:] = canvas * (1 - mask) + face * mask
    fringe = np.vstack([_arc(256, 210, 128, 130, 180, 360), [(384, 190), (320, 132), (200, 128),
                                                            (128, 190)]])  # fmt: skip
    _fill(canvas, fringe.astype(np.float32), hair, blur=4)


def _draw_eye(canvas: Canvas, x: float, y: float, skin: Color) -> None:
    u = np.linspace(-1, 1, 40)
    upper = np.stack([x + 25 * u, y + 2 - 13 * np.sqrt(1 - u**2)], 1)
    lower = np.stack([x + 25 * u[::-1], y + 2 + 8 * np.sqrt(1 - u**2)], 1)
    mask = np.zeros(canvas.shape[:2], np.float32)
    cv2.fillPoly(mask, [_fixed(np.vstack([upper, lower]))], 1.0, cv2.LINE_AA, 8)
    eye = np.empty_like(canvas)
    eye[:] = (206, 212, 218)
    cv2.circle(eye, (int(x * 2), int(y * 2)), 24, (52, 62, 84), -1, cv2.LINE_AA)
    cv2.circle(eye, (int(x * 2), int(y * 2)), 11, (14, 14, 16), -1, cv2.LINE_AA)
    cv2.circle(eye, (int(x * 2) - 8, int(y * 2) - 9), 4, (250, 250, 250), -1, cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), 1.2)[..., None]
    canvas[:] = canvas * (1 - mask) + cv2.GaussianBlur(eye, (0, 0), 1.2) * mask
    shade = tuple(0.32 * value for value in skin)
    _line(canvas, upper.astype(np.float32), shade, 3.2)
    _line(canvas, lower.astype(np.float32), tuple(0.62 * value for value in skin), 1.4)
    _line(canvas, _arc(x, y - 12, 30, 12, 205, 335), tuple(0.7 * value for value in skin), 1.6)
    _fill(canvas, np.vstack([_arc(x, y - 22, 34, 13, 195, 345),
                             _arc(x, y - 18, 34, 11, 345, 195)]).astype(np.float32),
          (34, 40, 50), blur=1.5)  # fmt: skip


def _draw_nose(canvas: Canvas, skin: Color) -> None:
    shade = tuple(0.55 * value for value in skin)
    for x in (244, 268):
        _fill(canvas, _arc(x, 306, 6, 3.2), tuple(0.3 * value for value in skin), blur=1.5)
    _line(canvas, _arc(256, 298, 24, 13, 25, 155), shade, 2)
    _line(canvas, _points((238, 240), (243, 270), (236, 296)), tuple(0.74 * v for v in skin), 5)


def _draw_lips(canvas: Canvas, skin: Color) -> None:
    u = np.linspace(-1, 1, 40)
    line = np.stack([256 + 40 * u, 344 + 3 * u**2 - 1.5 * np.exp(-((u / 0.2) ** 2))], 1)
    upper = line[::-1] - np.stack(
        [0 * u, 10 * (1 - u**2) ** 0.8 - 3 * np.exp(-((u / 0.2) ** 2))], 1
    )
    lower = line[::-1] + np.stack([0 * u, 15 * (1 - u**2) ** 0.7], 1)
    blue, green, red = skin
    _fill(canvas, np.vstack([line, upper]), (0.6 * blue, 0.56 * green, 0.86 * red), blur=1.5)
    _fill(canvas, np.vstack([line, lower]), (0.72 * blue, 0.66 * green, 0.98 * red), blur=1.5)
    _line(canvas, line.astype(np.float32), (0.22 * blue, 0.22 * green, 0.42 * red), 2.6)


def _place(
    canvas: Canvas,
    size: int,
    roll: float,
    scale: float,
    center: tuple[float, float],
    *,
    grain: float,
    seed: int,
) -> Portrait:
    matrix = _matrix(size, roll, scale, center)
    matrix[:, :2] /= 2
    image = cv2.warpAffine(
        cv2.GaussianBlur(canvas, (0, 0), max(0.4, 0.5 * UNIT / size / scale)),
        matrix, (size, size), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    if grain:
        image = image + np.random.default_rng(seed).normal(0, grain, image.shape)
    points = _place_points([(205, 236), (307, 236), (256, 345)], size, roll, scale, center)
    return Portrait(
        np.clip(image, 0, 255).astype(np.uint8),
        (points[0], points[1]),
        points[2],
        40 * scale * size / UNIT,
    )


def _matrix(
    size: int, roll: float, scale: float, center: tuple[float, float]
) -> NDArray[np.float64]:
    matrix = cv2.getRotationMatrix2D((UNIT / 2, UNIT / 2), -roll, scale * size / UNIT)
    matrix[0, 2] += center[0] * size - UNIT / 2
    matrix[1, 2] += center[1] * size - UNIT / 2
    return matrix


def _place_points(
    points: list[tuple[float, float]],
    size: int,
    roll: float,
    scale: float,
    center: tuple[float, float],
) -> tuple[tuple[float, float], ...]:
    matrix = _matrix(size, roll, scale, center)
    placed = (matrix @ (x, y, 1.0) for x, y in points)
    return tuple((float(x), float(y)) for x, y in placed)


def _points(*points: tuple[float, float]) -> NDArray[np.float32]:
    return np.array(points, np.float32)


def _arc(
    x: float, y: float, a: float, b: float, start: float = 0.0, end: float = 360.0
) -> NDArray[np.float32]:
    angle = np.radians(np.linspace(start, end, 64))
    return np.stack([x + a * np.cos(angle), y + b * np.sin(angle)], 1).astype(np.float32)


def _fixed(points: NDArray[np.floating]) -> NDArray[np.int32]:
    return np.round(points * 2 * 256).astype(np.int32)


def _fill(
    canvas: Canvas, points: NDArray[np.floating], color: tuple[float, ...], blur: float = 0.0
) -> None:
    mask = np.zeros(canvas.shape[:2], np.float32)
    cv2.fillPoly(mask, [_fixed(points)], 1.0, cv2.LINE_AA, 8)
    _paint(canvas, mask, color, blur)


def _line(
    canvas: Canvas,
    points: NDArray[np.floating],
    color: tuple[float, ...],
    width: float,
    closed: bool = False,
) -> None:
    mask = np.zeros(canvas.shape[:2], np.float32)
    cv2.polylines(mask, [_fixed(points)], closed, 1.0, max(1, round(width * 2)), cv2.LINE_AA, 8)
    _paint(canvas, mask, color, 0.8)


def _paint(canvas: Canvas, mask: Canvas, color: tuple[float, ...], blur: float) -> None:
    if blur:
        mask = cv2.GaussianBlur(mask, (0, 0), blur)
    alpha = mask[..., None]
    canvas[:] = canvas * (1 - alpha) + np.array(color, np.float32) * alpha
