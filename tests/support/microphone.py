"""A client's microphone: speech of synthetic voices, sent in real time over a voice socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection

from commands.benchmarks.rooms import silence, spoken
from event_system import FRAME_SECONDS, MICROPHONE_RATE, MediaFrame, MediaKind, pack_media

__all__ = ["frame_of", "frames_of", "send_sound", "silence", "speech"]

Sound = NDArray[np.int16]
FRAME = round(FRAME_SECONDS * MICROPHONE_RATE)


@cache
def speech(text: str, voice: str = "en-us", speed: float = 1.0) -> Sound:
    """(samples,) int16 at 16,000 Hz of a sentence, without the silence around it."""
    return spoken(text, voice, speed)


def frame_of(payload: bytes) -> bytes:
    """A binary message of the voice socket."""
    return pack_media(MediaFrame(MediaKind.MICROPHONE, 0, 0, payload))


def frames_of(sound: Sound) -> Iterable[bytes]:
    """The messages that carry a sound; a rest of less than 20 ms is left out."""
    for start in range(0, len(sound) - FRAME + 1, FRAME):
        yield frame_of(sound[start : start + FRAME].astype("<i2").tobytes())


async def send_sound(socket: ClientConnection, *sounds: Sound) -> float:
    """Send sounds one after the other in real time; the loop's time at which the first began."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, message in enumerate(frames_of(np.concatenate(sounds))):
        await asyncio.sleep(max(0.0, began + (number + 1) * FRAME_SECONDS - loop.time()))
        await socket.send(message)
    return began
