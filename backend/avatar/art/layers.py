"""Every layer that is drawn ahead of time, by name, as the renderer loads it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.art import eyes, face
from backend.avatar.art.character import Character
from backend.avatar.art.sheet import UNITS, to_straight
from backend.avatar.layers.assets import IRIS_SCALE
from backend.avatar.layers.eyes import IRIS_MARGIN


def draw_layers(character: Character, scale: float = 1.0) -> dict[str, NDArray[np.uint8]]:
    """Draw all layers at `scale` pixels per art unit: straight-alpha BGRA, uint8.

    The iris is cropped to its own box and always drawn at IRIS_SCALE.
    """
    sheets = {
        "backdrop": character.backdrop(scale),
        "hair_back": character.hair_back(scale),
        "body": character.body(scale),
        "face": face.draw(scale, character.shape),
        "blush": face.draw_blush(scale, character.shape),
        "hair_front": character.hair_front(scale),
    }
    layers = {name: to_straight(sheet) for name, sheet in sheets.items()}
    layers["iris"] = _iris(character)
    return layers


def _iris(character: Character) -> NDArray[np.uint8]:
    radii = character.style.eye.iris
    sheet = eyes.draw_iris(IRIS_SCALE, radii, character.iris)
    sheet.put(eyes.draw_highlights(IRIS_SCALE, radii))
    middle = round(UNITS * IRIS_SCALE / 2)
    rx, ry = (round(r * IRIS_MARGIN * IRIS_SCALE) for r in radii)
    return to_straight(sheet)[middle - ry : middle + ry, middle - rx : middle + rx]


def crop(layer: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The painted part of a layer, and the place of its upper left pixel."""
    x, y, wide, tall = cv2.boundingRect(layer[..., 3])
    return layer[y : y + tall, x : x + wide], (x, y)
