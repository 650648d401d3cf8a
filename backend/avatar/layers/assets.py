"""Loading the exported layers: PNG files and the rig, made by `script/export_avatar.py`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from backend.avatar.layers.compose import Pixels
from backend.avatar.layers.layer_rig import LayerRig
from backend.avatar.layers.rig import UNITS, FaceRig
from backend.avatar.layers.style import FaceStyle
from config import KotodamaError

ASSETS = Path(__file__).resolve().parent.parent / "assets"
DEFAULT_ASSETS = ASSETS / "kotone"
LAYER_NAMES = ("backdrop", "hair_back", "body", "face", "blush", "hair_front", "iris")
# Pixels per art unit of the stored iris.
IRIS_SCALE = 2.0
_DECODERS = 4


class AvatarAssetsError(KotodamaError):
    """A character's layers cannot be read."""

    code = "avatar_assets"


@dataclass(frozen=True)
class Assets:
    """The layers as premultiplied BGRA at the size of the frame, the rig and the style.

    `pixels` has every name of LAYER_NAMES; all but `iris` are square with the frame's edge.
    """

    pixels: dict[str, Pixels]
    rig: FaceRig
    style: FaceStyle


def load_assets(folder: Path, size: int, edge: int, iris_scale: float) -> Assets:
    """Read the layers of a character.

    Args:
        folder: Where the files lie.
        size: Pixels that the art's 1024 units become.
        edge: Edge of the arrays, at least `size`; the rest is transparent.
        iris_scale: Pixels per art unit of the iris sprite.

    Raises:
        AvatarAssetsError: If a file is missing or damaged.
    """
    try:
        rig = LayerRig.load(folder / "rig.json")
    except (OSError, ValueError) as error:
        raise _broken(folder / "rig.json") from error

    def load(name: str) -> Pixels:
        layer = _read(folder / f"{name}.png")
        if name == "iris":
            return _scaled(layer, iris_scale / IRIS_SCALE)
        return _fit(layer, rig.corners.get(name, (0, 0)), size, edge)

    # Decoding is most of the time and leaves Python's lock.
    with ThreadPoolExecutor(_DECODERS) as pool:
        pixels = dict(zip(LAYER_NAMES, pool.map(load, LAYER_NAMES), strict=True))
    return Assets(pixels, rig.face, rig.style)


def _scaled(layer: Pixels, factor: float) -> Pixels:
    wide, tall = (max(round(n * factor), 2) for n in (layer.shape[1], layer.shape[0]))
    return cv2.resize(layer, (wide, tall), interpolation=cv2.INTER_AREA)


def _fit(layer: Pixels, corner: tuple[int, int], size: int, edge: int) -> Pixels:
    """A cropped layer at its place in a frame."""
    x, y = corner
    tall, wide = layer.shape[:2]
    whole = np.zeros((UNITS, UNITS, 4), np.uint8)
    whole[y : y + tall, x : x + wide] = layer
    method = cv2.INTER_AREA if size <= UNITS // 2 else cv2.INTER_LINEAR
    fitted = cv2.resize(whole, (size, size), interpolation=method)
    spare = edge - size
    return cv2.copyMakeBorder(fitted, 0, spare, 0, spare, cv2.BORDER_CONSTANT)


def _read(path: Path) -> Pixels:
    """A PNG as premultiplied BGRA."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if image is None or image.ndim != 3 or max(image.shape[:2]) > UNITS:
        raise _broken(path)
    if image.shape[2] == 3:
        return cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)
    alpha = cv2.extractChannel(image, 3)
    opaque = cv2.merge((alpha, alpha, alpha, np.full_like(alpha, 255)))
    return cv2.multiply(image, opaque, scale=1 / 255)


def _broken(path: Path) -> AvatarAssetsError:
    return AvatarAssetsError(
        f"The avatar file {path.name} is missing or damaged: run script/export_avatar.py."
    )
