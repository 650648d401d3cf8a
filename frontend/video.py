"""Avatar pictures between the socket and the screen."""

from __future__ import annotations

import threading
from collections import deque

from event_system import MediaFrame

KEPT = 32


class FrameQueue:
    """Pictures that wait for their presentation time; filled by the client, emptied by the view.

    Only the newest `KEPT` are held, so a hidden window costs no memory.
    """

    def __init__(self) -> None:
        self._frames: deque[MediaFrame] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._least_generation = 0

    def push(self, frame: MediaFrame) -> None:
        """Add a picture; one of a generation that was dropped is ignored."""
        with self._lock:
            if frame.generation >= self._least_generation:
                self._frames.append(frame)

    def due(self, position_us: float) -> MediaFrame | None:
        """The newest picture whose time has come at this media time; older ones are dropped."""
        found = None
        with self._lock:
            while self._frames and self._frames[0].pts_us <= position_us:
                found = self._frames.popleft()
        return found

    def next_us(self) -> int | None:
        """Presentation time of the next picture; None if none waits."""
        with self._lock:
            return self._frames[0].pts_us if self._frames else None

    def flush(self, generation: int) -> None:
        """Drop the pictures of older generations."""
        with self._lock:
            self._least_generation = generation
            kept = [frame for frame in self._frames if frame.generation >= generation]
            self._frames.clear()
            self._frames.extend(kept)

    def reset(self) -> None:
        """Forget everything: a new session begins, with generations of its own."""
        with self._lock:
            self._least_generation = 0
            self._frames.clear()

    def __len__(self) -> int:
        return len(self._frames)
