"""The memory that the C library keeps: it grows with every thread that ever worked, unless told.

glibc gives threads heaps of their own ("arenas"), up to eight for each processor, and what is freed
in one is not used by another. The backend has many threads that work for a moment, on pictures and
sound of megabytes.
"""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8
"""From glibc's malloc.h."""
_ARENAS = 2


def share_heaps() -> None:
    """Let all threads that begin from now on share two heaps; on Linux with glibc only."""
    if sys.platform != "linux":
        return
    try:
        tell = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        # Another C library, which has no such heaps.
        return
    tell(ctypes.c_int(_M_ARENA_MAX), ctypes.c_int(_ARENAS))
