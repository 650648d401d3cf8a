"""How a character's live features look: the curves and colours of eyes, brows and lips.

Curves are in art units from the middle of the part, x growing from the outer end to the inner one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.avatar.layers.palette import Rgb
from backend.avatar.layers.rig import Point

Curve = tuple[Point, ...]
Wing = tuple[int, int, float, float]


@dataclass(frozen=True, slots=True)
class EyeStyle:
    """An eye, drawn by `layers.eyes`.

    Attributes:
        upper: The edge of the upper lid, seven points from the outer corner to the inner one.
        lower: The edge of the lower lid, likewise.
        blink: Where both lie when the eye is shut.
        smile: Where both lie when it is shut in a smile.
        lash: The lash line's (place 0 to 1, width).
        wings: Spikes of the lashes at the outer corner: first and last sample of the lash line,
            length, and how much further than the line they turn down.
        lower_lashes: Samples of the lower lid that carry a short lash.
        iris: Half width and half height of the iris.
        reach: How far the iris moves sideways and down.
        line: The lash line.
        warm: Thin lines around the eye.
        glow: Light on the lash line.
    """

    upper: Curve
    lower: Curve
    blink: Curve
    smile: Curve
    lash: Curve
    wings: tuple[Wing, ...]
    lower_lashes: tuple[int, ...]
    iris: Point
    reach: Point
    line: Rgb
    warm: Rgb
    glow: Rgb


@dataclass(frozen=True, slots=True)
class BrowStyle:
    """A brow: its spine of four points or more, its (place 0 to 1, width), its colour."""

    curve: Curve
    width: Curve
    colour: Rgb


@dataclass(frozen=True, slots=True)
class FaceStyle:
    """All that is drawn anew for every frame."""

    eye: EyeStyle
    brow: BrowStyle
    lip: Rgb
    lip_line: Rgb

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> FaceStyle:
        """The style that `dataclasses.asdict` and JSON made of one.

        Raises:
            KeyError, TypeError: Something is missing.
        """
        eye, brow = (
            {name: _tuples(value) for name, value in stored[part].items()}
            for part in ("eye", "brow")
        )
        lip, lip_line = _tuples(stored["lip"]), _tuples(stored["lip_line"])
        return cls(EyeStyle(**eye), BrowStyle(**brow), lip, lip_line)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
