"""Write the pictures of the built-in characters that the documentation shows, to docs/images."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from backend.avatar.casting import DEFAULT, built_in_avatars  # noqa: E402
from backend.avatar.layered import LayeredPuppet  # noqa: E402
from backend.avatar.pose import Mouth, Pose  # noqa: E402

OUTPUT = ROOT / "docs" / "images"

EXPRESSIONS = {
    "neutral": Pose(smile=0.3),
    "joy": Pose(Mouth(0.6, 0.3), smile=1, squint=0.5, brow_l=0.6, brow_r=0.6),
    "laughing": Pose(
        Mouth(0.4, 0.4), smile=1, blink_l=1, blink_r=1, squint=1, brow_l=0.5, brow_r=0.5, blush=0.4
    ),
    "sad": Pose(smile=-0.8, brow_inner=0.9, blink_l=0.2, blink_r=0.2, gaze_y=0.5, pitch=0.4),
    "angry": Pose(
        Mouth(0.14, 0.3), smile=-0.8, brow_inner=-1, brow_l=-0.5, brow_r=-0.5, squint=0.3
    ),
    "surprised": Pose(
        Mouth(0.45, -0.2, 0.5), blink_l=-0.3, blink_r=-0.3, brow_l=1, brow_r=1, pitch=-0.3
    ),
    "shy": Pose(
        smile=0.3, blush=1, gaze_x=0.7, gaze_y=0.5, brow_inner=0.6, roll=0.7, pitch=0.4, yaw=-0.4
    ),
    "smug": Pose(
        smile=0.9, blink_l=0.4, blink_r=0.4, squint=0.4, brow_l=0.7, brow_r=-0.2, yaw=0.5, roll=-0.5
    ),
    "wink": Pose(Mouth(0.35, 0.3), smile=1, blink_r=1, squint=0.7, roll=0.7, yaw=-0.2, brow_l=0.5),
}
VISEMES = {
    "sil": Mouth(),
    "PP": Mouth(press=1.0),
    "FF": Mouth(0.07, 0.1, tuck=1.0),
    "TH": Mouth(0.16, 0.1, tongue=0.9),
    "DD": Mouth(0.16, 0.15, tongue=0.4),
    "kk": Mouth(0.22, 0.05),
    "CH": Mouth(0.16, -0.1, 0.55),
    "SS": Mouth(0.10, 0.45),
    "nn": Mouth(0.16, 0.1, tongue=0.5),
    "RR": Mouth(0.20, -0.1, 0.35, tongue=0.2),
    "aa": Mouth(0.85, 0.1),
    "E": Mouth(0.48, 0.45),
    "I": Mouth(0.26, 0.75),
    "O": Mouth(0.50, -0.15, 0.75),
    "U": Mouth(0.22, -0.35, 1.0),
}
TALKING = (
    Pose(Mouth(0.8, 0.1), smile=0.7, yaw=-0.5, roll=-0.4, brow_l=0.4, brow_r=0.4),
    Pose(Mouth(press=1.0), smile=0.5, yaw=-0.1, gaze_x=0.2, squint=0.2),
    Pose(Mouth(0.3, 0.7), smile=0.8, yaw=0.4, roll=0.5, squint=0.4, blush=0.3),
    Pose(Mouth(0.5, -0.1, 0.75), smile=0.3, yaw=0.6, pitch=-0.3, brow_l=0.8, brow_r=0.8),
)
PORTRAITS = {
    "kotone": Pose(Mouth(0.34, 0.25), smile=1, roll=0.4, yaw=0.2),
    "ren": Pose(Mouth(0.12, 0.1), smile=0.5, roll=-0.4, yaw=-0.25, brow_r=0.3),
}
_FACE = (0.34, 0.44, 0.66, 0.76)
_LABEL = (60, 50, 110)

Picture = NDArray[np.uint8]


def cell(
    puppet: LayeredPuppet, pose: Pose, edge: int, label: str = "", zoom: bool = False
) -> Picture:
    """One labelled picture of `edge` pixels; `zoom` shows the face only."""
    frame = puppet.render(pose)
    if zoom:
        left, top, right, bottom = (round(v * puppet.size) for v in _FACE)
        frame = frame[top:bottom, left:right]
    small = cv2.resize(frame, (edge, edge), interpolation=cv2.INTER_AREA)
    image = Image.fromarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB))
    font = ImageFont.load_default(size=edge // 13)
    ImageDraw.Draw(image).text(
        (8, 5), label, fill=_LABEL, font=font, stroke_width=2, stroke_fill=(255, 255, 255)
    )
    return np.asarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR), np.uint8)


def rows(cells: list[Picture], columns: int) -> Picture:
    """Cells of one size in a table, in reading order."""
    lines = [np.hstack(cells[k : k + columns]) for k in range(0, len(cells), columns)]
    return np.vstack(lines)


def sheet(puppet: LayeredPuppet, portrait: Pose) -> Picture:
    """A character at a glance: a large portrait, expressions, visemes."""
    faces = [cell(puppet, pose, 200, name) for name, pose in EXPRESSIONS.items()]
    expressions = np.hstack([cell(puppet, portrait, 400), rows([*faces[1:]], 4)])
    mouths = [
        cell(puppet, Pose(mouth, smile=0.2), 150, name, zoom=True)
        for name, mouth in VISEMES.items()
    ]
    visemes = rows([*mouths, cell(puppet, Pose(smile=1, blush=0.5), 150, "smile", zoom=True)], 8)
    return np.vstack([expressions, visemes])


def main() -> None:
    """Write every picture."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, folder in built_in_avatars().items():
        puppet = LayeredPuppet(1024, folder)
        write_png(OUTPUT / f"{name}_sheet.png", sheet(puppet, PORTRAITS[name]))
        if name == DEFAULT:
            talking = rows([cell(puppet, pose, 320) for pose in TALKING], 4)
            write_png(OUTPUT / f"{name}_talking.png", talking)


def write_png(path: Path, picture: Picture) -> None:
    """Write a picture as small as PNG gets."""
    Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).save(path, optimize=True)


if __name__ == "__main__":
    main()
