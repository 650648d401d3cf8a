"""Draw the built-in character and write her layers, rig and portraits to backend/avatar/assets.

Run it after a change to backend/avatar/art: a test compares the files with the drawing code.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.avatar.art.layers import crop, draw_layers  # noqa: E402
from backend.avatar.art.rig import KOTONE  # noqa: E402
from backend.avatar.layered import LayeredPuppet  # noqa: E402
from backend.avatar.layers.assets import DEFAULT_ASSETS  # noqa: E402
from backend.avatar.layers.rig import LayerRig  # noqa: E402
from backend.avatar.pose import Mouth, Pose  # noqa: E402

PORTRAIT = Pose(
    Mouth(open=0.34, width=0.25), smile=1.0, squint=0.12, brow_l=0.3, brow_r=0.3,
    roll=0.4, yaw=0.2, gaze_x=-0.1, blush=0.15,
)  # fmt: skip


def export(folder: Path) -> None:
    """Write every file of the character into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    corners = {}
    for name, layer in draw_layers().items():
        painted, corners[name] = crop(layer)
        opaque = bool((painted[..., 3] == 255).all())
        write_png(folder / f"{name}.png", painted[..., :3] if opaque else painted)
    LayerRig(KOTONE, corners).save(folder / "rig.json")
    write_png(folder / "avatar.png", LayeredPuppet(512, folder).render(PORTRAIT))
    write_png(folder / "avatar@1024.png", LayeredPuppet(1024, folder).render(PORTRAIT))


def write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture as small as PNG gets.

    Raises:
        OSError: It could not be written.
    """
    if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise OSError(f"{path} could not be written")


if __name__ == "__main__":
    export(DEFAULT_ASSETS)
