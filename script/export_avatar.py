"""Draw the built-in characters and write their layers, rigs and portraits to backend/avatar/assets.

Run it after a change to backend/avatar/art: a test compares the files with the drawing code.
Names given on the command line are drawn, or all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.avatar.art.cast import CHARACTERS  # noqa: E402
from backend.avatar.art.character import Character  # noqa: E402
from backend.avatar.art.layers import crop, draw_layers  # noqa: E402
from backend.avatar.layered import LayeredPuppet  # noqa: E402
from backend.avatar.layers.assets import ASSETS  # noqa: E402
from backend.avatar.layers.layer_rig import LayerRig  # noqa: E402


def export(character: Character, folder: Path) -> None:
    """Write every file of the character into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    corners = {}
    for name, layer in draw_layers(character).items():
        painted, corners[name] = crop(layer)
        opaque = bool((painted[..., 3] == 255).all())
        write_png(folder / f"{name}.png", painted[..., :3] if opaque else painted)
    LayerRig(character.shape.rig, character.style, corners).save(folder / "rig.json")
    for name, size in (("avatar.png", 512), ("avatar@1024.png", 1024)):
        write_png(folder / name, LayeredPuppet(size, folder).render(character.portrait))


def write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture as small as PNG gets.

    Raises:
        OSError: It could not be written.
    """
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise OSError(f"{path} could not be written")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or CHARACTERS:
        export(CHARACTERS[chosen], ASSETS / chosen)
