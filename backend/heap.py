"""How memory is kept: by the C library, and by Python's collector of garbage.

glibc gives threads heaps of their own ("arenas"), up to eight for each processor, and what is freed
in one is not used by another. The backend has many threads that work for a moment, on pictures and
sound of megabytes.

Python looks through all objects only when a quarter of them is new, and stands still for 0.1 s
then: a hundred megabytes of ended conversations wait until that happens. And what is freed in
pieces between pieces that are in use stays with the program, unless it is asked to give it back.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from collections.abc import Awaitable

_M_ARENA_MAX = -8
"""From glibc's malloc.h."""
_ARENAS = 2
TIDY_EVERY_S = 15.0
"""Takes 3 to 5 ms of the loop, and as much of a thread."""


def share_heaps() -> None:
    """Let all threads that begin from now on share two heaps; on Linux with glibc only."""
    library = _glibc()
    if library is not None:
        library.mallopt(ctypes.c_int(_M_ARENA_MAX), ctypes.c_int(_ARENAS))


async def keep_small(loaded: Awaitable[None]) -> None:
    """Free what is garbage, and give free pages back to the system, now and again; endless.

    Args:
        loaded: Ends when all is there that stays; the collector leaves it alone from then on, and
            so looks at the rest soon and quickly.
    """
    library = _glibc()
    try:
        await loaded
        gc.collect()
        gc.freeze()
        while True:
            # Here and not in a thread: what is freed may belong to this loop.
            gc.collect()
            if library is not None:
                await asyncio.to_thread(library.malloc_trim, ctypes.c_size_t(0))
            await asyncio.sleep(TIDY_EVERY_S)
    finally:
        gc.unfreeze()


def _glibc() -> ctypes.CDLL | None:
    """The C library; None where it is another one, which has no such heaps."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
