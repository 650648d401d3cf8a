"""A client whose loudspeaker is heard by its own microphone, on the real voice socket."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from commands.benchmarks.backend_thread import backend_thread
from commands.benchmarks.figures import Figure, scratch
from commands.benchmarks.rooms import STEP, TALK, Sound, room_response
from config import Settings
from event_system import (
    FRAME_SECONDS,
    MICROPHONE_RATE,
    PLAYOUT_RATE,
    MediaFrame,
    MediaKind,
    pack_media,
    unpack_media,
)

ECHO_DB = (-20.0, -10.0, 0.0)
SECONDS = 40.0
BUFFER_S = 0.1
"""What the client holds back, as `docs/protocol.md` has it."""
_KEPT = 4 * MICROPHONE_RATE
_RATIO = PLAYOUT_RATE // MICROPHONE_RATE


@dataclass
class Air:
    """What a client plays, and what its microphone hears of it.

    Attributes:
        level_db: Energy of the echo against what is played.
        flushes: How often the client was told to fall silent.
        heard: What was taken for the user's words.
        frames: Frames of speech that came.
    """

    level_db: float
    flushes: int = 0
    heard: list[str] = field(default_factory=list)
    frames: int = 0
    _began: float = field(default_factory=time.monotonic)
    _ahead: float | None = None
    _played: Sound = field(default_factory=lambda: np.zeros(_KEPT, np.int16))

    def __post_init__(self) -> None:
        self._response = room_response(1) * 10.0 ** (self.level_db / 20.0)
        self._at = 0

    def play(self, frame: MediaFrame) -> None:
        """Take 20 ms of speech: it sounds `BUFFER_S` after the first of its row would."""
        now, starts = time.monotonic() - self._began, frame.pts_us / 1e6
        if self._ahead is None:
            self._ahead = now - starts
        first = round((starts + self._ahead + BUFFER_S) * MICROPHONE_RATE)
        wide = np.frombuffer(frame.payload, "<i2").reshape(-1, _RATIO)
        narrow = wide.mean(axis=1).astype(np.int16)
        self._played[np.arange(first, first + len(narrow)) % _KEPT] = narrow
        self.frames += 1

    def message(self, event: dict[str, object]) -> None:
        """Take an event of the session."""
        kind = event.get("type")
        if kind == "playout.flush":
            self.flushes += 1
            self._played[np.arange(self._at, self._at + _KEPT // 2) % _KEPT] = 0
        elif kind == "transcript.final":
            self.heard.append(str(event.get("text")))

    def hear(self) -> bytes:
        """The next 20 ms of the microphone, as a message of the voice socket."""
        reach = len(self._response) - 1
        places = np.arange(self._at - reach, self._at + STEP) % _KEPT
        echo: NDArray[np.float64] = np.convolve(self._played[places], self._response, "valid")
        self._at += STEP
        # What has sounded must not sound again a round later.
        self._played[np.arange(self._at - 2 * reach, self._at - reach) % _KEPT] = 0
        payload = np.clip(echo, -32_768, 32_767).astype("<i2").tobytes()
        return pack_media(MediaFrame(MediaKind.MICROPHONE, 0, 0, payload))


def measure(settings: Settings) -> list[Figure]:
    """She talks into her own microphone for two minutes, in real time."""
    rooms = []
    with scratch(settings) as own, backend_thread(own) as backend:
        for level in ECHO_DB:
            rooms.append(asyncio.run(converse(backend.port, backend.token, level, SECONDS)))
    how = (
        f"{len(rooms) * SECONDS / 60:g} minutes in real time over the voice socket, "
        f"echo {', '.join(f'{level:g}' for level in ECHO_DB)} dB"
    )
    spoken = sum(one.frames for one in rooms) * FRAME_SECONDS
    words = sum(len(one.heard) for one in rooms)
    return [
        Figure("answers to the character's own voice", words, "", how, at_most=0),
        Figure("silences by it", sum(one.flushes for one in rooms), "", how, at_most=0),
        Figure("she spoke for", round(spoken), "s", how),
    ]


async def converse(port: int, token: str, level_db: float, seconds: float) -> Air:
    """Let the character talk, and her microphone hear it; nobody else speaks."""
    from websockets.asyncio.client import connect

    air = Air(level_db)
    url = f"ws://127.0.0.1:{port}/ws/voice?video=0&session=air"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, proxy=None) as client:

        async def listen() -> None:
            async for message in client:
                if isinstance(message, bytes):
                    frame = unpack_media(message)
                    if frame.kind == MediaKind.SPEECH:
                        air.play(frame)
                else:
                    parsed = json.loads(message)
                    air.message(parsed.get("event", parsed))

        listening = asyncio.create_task(listen())
        await client.send(json.dumps({"type": "listen.start"}))
        await client.send(json.dumps({"type": "speak", "text": f"{TALK} " * 4}))
        began = time.monotonic()
        for number in range(round(seconds / FRAME_SECONDS)):
            await asyncio.sleep(max(0.0, began + number * FRAME_SECONDS - time.monotonic()))
            await client.send(air.hear())
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return air
