"""What a puppet is: something that turns a pose into a picture, many times a second."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from backend.avatar.pose import Pose

Frame = NDArray[np.uint8]
"""A picture: (height, width, 3) BGR, or (height, width, 4) BGRA with straight alpha."""


class Puppet(Protocol):
    """A face that can be posed. Not thread-safe: one thread renders one puppet."""

    @property
    def size(self) -> int:
        """Edge of the square frames that `render` returns, in pixels."""
        ...

    def render(self, pose: Pose) -> Frame:
        """Draw the pose: BGR, opaque, in front of the puppet's background.

        The returned array may be reused by the next call: copy it to keep it.
        """
        ...
