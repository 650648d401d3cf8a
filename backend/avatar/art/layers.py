"""Every layer that is drawn ahead of time, by name, as the renderer loads it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.art import backdrop, body, eyes, face, hair, headset
from backend.avatar.art.sheet import UNITS, Sheet, to_straight
from backend.avatar.layers.assets import IRIS_SCALE
from backend.avatar.layers.eyes import IRIS_MARGIN, IRIS_RADII


def draw_layers(scale: float = 1.0) -> dict[str, NDArray[np.uint8]]:
    """Draw all layers at `scale` pixels per art unit: straight-alpha BGRA, uint8.

    The iris is cropped to its own box and always drawn at IRIS_SCALE.
    """
    front = hair.draw_front(scale)
    front.put(headset.draw(scale))
    sheets = {
        "backdrop": backdrop.draw(scale),
        "hair_back": hair.draw_back(scale),
        "body": body.draw(scale),
        "face": face.draw(scale),
        "blush": face.draw_blush(scale),
        "hair_front": front,
    }
    layers = {name: to_straight(sheet) for name, sheet in sheets.items()}
    layers["iris"] = _iris()
    return layers


def _iris() -> NDArray[np.uint8]:
    sheet: Sheet = eyes.draw_iris(IRIS_SCALE)
    sheet.put(eyes.draw_highlights(IRIS_SCALE))
    middle = UNITS * IRIS_SCALE / 2
    rx, ry = (round(r * IRIS_MARGIN * IRIS_SCALE) for r in IRIS_RADII)
    x, y = round(middle), round(middle)
    return to_straight(sheet)[y - ry : y + ry, x - rx : x + rx]


def crop(layer: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The painted part of a layer, and the place of its upper left pixel."""
    x, y, wide, tall = cv2.boundingRect(layer[..., 3])
    return layer[y : y + tall, x : x + wide], (x, y)
