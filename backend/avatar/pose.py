"""The parameters of a face at one moment: what every puppet can be asked to show.

All values are plain floats. 0 is the neutral face everywhere: mouth closed, eyes open and
looking ahead, head straight. A puppet clamps what it cannot show; it never raises for a value.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Mouth:
    """The lips at one moment, as the viseme timeline asks for them.

    Attributes:
        open: Jaw opening, 0 (closed) to 1 (a wide "ah").
        width: Corner spread, -1 (narrowed) to 1 (a wide "ee").
        round: Lip rounding and protrusion, 0 to 1 (a tight "oo").
        tuck: Lower lip under the upper teeth (f, v), 0 to 1.
        press: Lips pressed together (p, b, m), 0 to 1. At 1 there is no gap, whatever `open` says.
        tongue: Tongue tip raised and visible (th, l), 0 to 1.
    """

    open: float = 0.0
    width: float = 0.0
    round: float = 0.0
    tuck: float = 0.0
    press: float = 0.0
    tongue: float = 0.0


@dataclass(frozen=True, slots=True)
class Pose:
    """A whole face at one moment.

    Attributes:
        mouth: The lips.
        smile: Mouth corners, -1 (down) to 1 (up), also when closed.
        blink_l: Closure of the eye on the left side of the picture, -0.3 (wide) to 1 (shut).
        blink_r: Closure of the eye on the right side of the picture.
        squint: Lower lids raised, as in a smile, 0 to 1.
        gaze_x: Where the eyes look, -1 (left of the picture) to 1 (right).
        gaze_y: -1 (up) to 1 (down).
        brow_l: Brow height on the left side of the picture, -1 to 1.
        brow_r: Brow height on the right side of the picture.
        brow_inner: Inner ends of the brows, -1 (down: angry) to 1 (up: sad).
        yaw: Head turn, -1 (left of the picture) to 1; 1 is about 25 degrees.
        pitch: Head nod, -1 (up) to 1 (down); 1 is about 20 degrees.
        roll: Head tilt, -1 (anticlockwise) to 1; 1 is about 8 degrees.
        shift_x: Head moved sideways, in fractions of the distance between the eyes.
        shift_y: Head moved down, likewise.
        breath: Chest raised by a breath, 0 to 1.
        blush: Cheeks coloured, 0 to 1.
    """

    mouth: Mouth = Mouth()
    smile: float = 0.0
    blink_l: float = 0.0
    blink_r: float = 0.0
    squint: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    brow_l: float = 0.0
    brow_r: float = 0.0
    brow_inner: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    breath: float = 0.0
    blush: float = 0.0

    def with_mouth(self, mouth: Mouth) -> Pose:
        """The same face with other lips."""
        return replace(self, mouth=mouth)


POSE_CHANNELS = tuple(f.name for f in fields(Pose) if f.name != "mouth")
