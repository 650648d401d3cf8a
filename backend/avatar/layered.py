"""The built-in character: drawn layers that bend with the head, and a face drawn for every frame.

Hair, skin and clothes are pictures made ahead of time; each bends by a field of its own, so that
near things turn farther than far ones. Eyes, brows and mouth are outlines, placed by the same
field as the skin under them, so that lids close and lips meet exactly.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.layers import warp
from backend.avatar.layers.assets import DEFAULT_ASSETS, load_assets
from backend.avatar.layers.brows import BrowArt
from backend.avatar.layers.compose import TILE, Scratch, WarpedLayer, over
from backend.avatar.layers.eyes import EyeArt
from backend.avatar.layers.mouth import draw_mouth
from backend.avatar.layers.patch import SUPERSAMPLE, Patch
from backend.avatar.layers.rig import UNITS, Box, FaceRig, FrameRig
from backend.avatar.layers.warp import CELL
from backend.avatar.pose import Mouth, Pose
from backend.avatar.puppet import Frame

_BLUSH_STEPS = 32
# Parameters are drawn in steps that move no outline by more than half an art unit.
_MOUTH_STEPS = 120
_LID_STEPS = 100
_EXPRESSION_STEPS = 48
_GAZE_STEPS = 40


class LayeredPuppet:
    """Kotone, or any character exported in the same layers.

    Not thread-safe, and `render` reuses its buffers: copy a frame to keep it.
    """

    def __init__(self, size: int = 512, assets: Path | None = None) -> None:
        """Load the character.

        Args:
            size: Edge of the frames in pixels.
            assets: Folder with the layers and `rig.json`; the built-in character's by default.

        Raises:
            AvatarAssetsError: If a file is missing or damaged.
        """
        self._size = size
        self._unit = size / UNITS
        edge = -(-size // TILE) * TILE
        loaded = load_assets(assets or DEFAULT_ASSETS, size, edge, self._unit * SUPERSAMPLE)
        self._face_rig = loaded.rig
        self._lattice = warp.Lattice(edge // CELL, self._unit)
        pixels = loaded.pixels
        self._back = self._layer(pixels["hair_back"], warp.back_basis, 1.2)
        self._body = self._layer(pixels["body"], warp.body_basis, 0.9)
        self._face = self._layer(pixels["face"], warp.face_basis, 0.7)
        self._front = self._layer(pixels["hair_front"], warp.front_basis, 0.7)
        self._bare_face = self._face.pixels
        self._scratch = Scratch(edge)
        self._blush = pixels["blush"]
        self._blush_level = 0
        self._studio = pixels["backdrop"]
        self._nothing = np.zeros_like(self._studio)
        self._ground: Frame | None = None
        self._far = np.empty_like(self._studio)
        self._frame = np.empty_like(self._studio)
        self._picture = np.empty((size, size, 3), np.uint8)
        unit, rig, iris = self._unit, loaded.rig, pixels["iris"]
        self._style = loaded.style
        self._eye_art = (EyeArt(self._style.eye), EyeArt(self._style.eye))
        self._brow_art = BrowArt(self._style.brow)
        self._mouth = Patch(unit, rig.mouth, iris)
        self._eyes = (Patch(unit, rig.eye_l, iris), Patch(unit, rig.eye_r, iris, mirrored=True))
        self._brows = (Patch(unit, rig.brow_l, iris), Patch(unit, rig.brow_r, iris, mirrored=True))

    @property
    def size(self) -> int:
        """Edge of the frames in pixels."""
        return self._size

    @property
    def rig(self) -> FrameRig:
        """Mouth and eyes in frame pixels, in the neutral pose."""
        rig, unit = self._face_rig, self._unit
        x, y = rig.mouth
        half = rig.mouth_half_width
        return FrameRig(
            (x * unit, y * unit, half * unit),
            _eye_box(rig, rig.eye_l, unit),
            _eye_box(rig, rig.eye_r, unit),
        )

    def render(self, pose: Pose) -> Frame:
        """Draw the pose before the studio backdrop: (size, size, 3) BGR."""
        self._draw(pose, self._studio)
        picture = self._frame[: self._size, : self._size]
        cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR, dst=self._picture)
        return self._picture

    def render_rgba(self, pose: Pose) -> Frame:
        """Draw the pose before nothing: (size, size, 4) BGRA, straight alpha."""
        self._draw(pose, self._nothing)
        return _straight(self._frame[: self._size, : self._size])

    def _layer(self, pixels: NDArray[np.uint8], basis: warp.Basis, still: float) -> WarpedLayer:
        """A layer that rests while it moves less than `still` art units."""
        stack = self._lattice.stack(basis, self._face_rig)
        return WarpedLayer(pixels, stack, still * self._unit)

    def _draw(self, pose: Pose, ground: Frame) -> None:
        values = warp.coefficients(pose)
        frame, field, scratch = self._frame, self._lattice.field, self._scratch
        moved = self._back.bend(field(self._back.stack, values), scratch)
        moved |= self._body.bend(field(self._body.stack, values), scratch)
        if moved or self._ground is not ground:
            self._ground = ground
            np.copyto(self._far, ground)
            self._back.lay(self._far)
            self._body.lay(self._far)
        np.copyto(frame, self._far)
        self._colour_cheeks(float(pose.blush))
        bent_face = field(self._face.stack, values)
        self._face.bend(bent_face, scratch)
        self._face.lay(frame)
        self._redraw(pose)
        parts = (self._mouth, *self._eyes, *self._brows)
        anchors = warp.forward(bent_face, np.concatenate([part.anchors for part in parts]))
        places = anchors.reshape(len(parts), -1, 2)
        for part, place in zip(parts[:3], places, strict=False):
            part.lay(frame, place)
        self._front.bend(field(self._front.stack, values), scratch)
        self._front.lay(frame)
        # Brows show through the fringe, as is the custom in this style.
        for part, place in zip(parts[3:], places[3:], strict=True):
            part.lay(frame, place)

    def _redraw(self, pose: Pose) -> None:
        """Draw those parts of the face anew that have changed."""
        mouth = (_rounded_mouth(pose.mouth), _rounded(pose.smile, _EXPRESSION_STEPS))
        if not self._mouth.is_drawn(mouth):
            half_width = self._face_rig.mouth_half_width
            self._mouth.draw(draw_mouth(*mouth, half_width, self._style), mouth)
        squint = _rounded(pose.squint, _EXPRESSION_STEPS)
        inner = _rounded(pose.brow_inner, _EXPRESSION_STEPS)
        x, y = _rounded(pose.gaze_x, _GAZE_STEPS), _rounded(pose.gaze_y, _GAZE_STEPS)
        for part, art, closure, inwards in zip(
            self._eyes, self._eye_art, (pose.blink_l, pose.blink_r), (x, -x), strict=True
        ):
            eye = (_rounded(closure, _LID_STEPS), squint, inner, (inwards, y))
            if not part.is_drawn(eye):
                part.draw(art.draw(*eye), eye)
        for part, height in zip(self._brows, (pose.brow_l, pose.brow_r), strict=True):
            brow = (_rounded(height, _EXPRESSION_STEPS), inner)
            if not part.is_drawn(brow):
                part.draw([self._brow_art.draw(*brow)], brow)

    def _colour_cheeks(self, blush: float) -> None:
        level = round(min(max(blush, 0.0), 1.0) * _BLUSH_STEPS)
        if level == self._blush_level:
            return
        self._blush_level = level
        face = self._bare_face.copy()
        over(face, cv2.convertScaleAbs(self._blush, alpha=level / _BLUSH_STEPS))
        self._face.repaint(face)


def _rounded(value: float, steps: int = _MOUTH_STEPS) -> float:
    return round(float(value) * steps) / steps


def _rounded_mouth(mouth: Mouth) -> Mouth:
    return Mouth(
        _rounded(mouth.open), _rounded(mouth.width), _rounded(mouth.round),
        _rounded(mouth.tuck), _rounded(mouth.press), _rounded(mouth.tongue),
    )  # fmt: skip


def _eye_box(rig: FaceRig, centre: tuple[float, float], unit: float) -> Box:
    x, y = centre
    half = rig.eye_half_width
    return (x - half) * unit, (y - half) * unit, (x + half) * unit, (y + half) * unit


def _straight(premultiplied: Frame) -> Frame:
    """Divide the colour by the alpha where that changes anything."""
    result = premultiplied.copy()
    alpha = premultiplied[..., 3]
    edge = (alpha > 0) & (alpha < 255)
    some = premultiplied[edge].astype(np.uint16)
    some[:, :3] = np.minimum((some[:, :3] * 255 + some[:, 3:] // 2) // some[:, 3:], 255)
    result[edge] = some.astype(np.uint8)
    return np.asarray(result)
