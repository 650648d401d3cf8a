"""The file `rig.json` beside a character's layers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.avatar.layers.rig import FaceRig
from backend.avatar.layers.style import FaceStyle


@dataclass(frozen=True, slots=True)
class LayerRig:
    """What is stored beside the layers.

    Attributes:
        face: Where the parts of the face are.
        style: How they look.
        corners: By layer, the art coordinates of the upper left pixel of its cropped picture.
    """

    face: FaceRig
    style: FaceStyle
    corners: dict[str, tuple[int, int]]

    def save(self, path: Path) -> None:
        """Write the rig as JSON."""
        path.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> LayerRig:
        """Read what `save` wrote.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is not a rig.
        """
        stored = json.loads(path.read_text(encoding="utf-8"))
        try:
            face = dict[str, Any](stored["face"])
            for name, value in face.items():
                face[name] = tuple(value) if isinstance(value, list) else float(value)
            corners = {name: (int(x), int(y)) for name, (x, y) in stored["corners"].items()}
            return cls(FaceRig(**face), FaceStyle.from_stored(stored["style"]), corners)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a rig") from error
