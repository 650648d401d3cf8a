"""A conversation by voice in the terminal: speak, read and hear the answer, interrupt it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.errors import EngineUnavailableError
from commands.dialogue import FRAME_SAMPLES, Dialogue, dialogue, load_sound
from commands.shared import note, with_room
from config import Settings
from event_system import (
    FRAME_SECONDS,
    MICROPHONE_RATE,
    PLAYOUT_RATE,
    ChatResponse,
    ErrorOccurred,
    Event,
    MediaFrame,
    PlayoutFlush,
    TranscriptFinal,
    TranscriptInterim,
    TurnCaption,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.room import EngineRoom

_CLEAR = "\r\x1b[K"
_JITTER_FRAMES = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--file", type=Path, help="a sound file in place of the microphone")
    parser.add_argument("--device", help="name or number of the microphone")
    parser.add_argument("--mute", action="store_true", help="do not play the answers")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Converse until the file ends, or Ctrl+C."""
    sound = load_sound(args.file) if args.file else None

    async def work(room: EngineRoom) -> None:
        await room.rehearse()
        async with dialogue(room) as client:
            client.on_event = Screen()
            with ExitStack() as stack:
                if not args.mute:
                    stack.enter_context(_loudspeaker(client, required=sound is None))
                if sound is None:
                    await _microphone(client, args.device)
                    return
                if sound[1]:
                    note(sound[1])
                await client.hear(sound[0])
                await client.settled()

    with_room(settings, work)
    return 0


class Screen:
    """Shows a conversation line by line; the running line is rewritten where that can be done."""

    def __init__(self, write: Callable[[str], Any] = sys.stdout.write, *, live: bool | None = None):
        self._write = write
        self._live = sys.stdout.isatty() if live is None else live

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, TranscriptInterim):
            if self._live:
                self._show(f"{_CLEAR}you … {event.text}")
        elif isinstance(event, TranscriptFinal):
            self._line(f"you: {event.text}")
        elif isinstance(event, TurnCaption):
            self._line(f"  {event.text}")
        elif isinstance(event, ErrorOccurred):
            self._line(f"! {event.message}")
        elif isinstance(event, ChatResponse):
            self._line(_latency(event))

    def _line(self, text: str) -> None:
        self._show(f"{_CLEAR if self._live else ''}{text}\n")

    def _show(self, text: str) -> None:
        self._write(text)
        sys.stdout.flush()


def _latency(answer: ChatResponse) -> str:
    at = {stage.name: stage.at_ms for stage in answer.stages}
    parts = [f"{name.replace('_', ' ')} {ms:.0f} ms" for name, ms in at.items()]
    interrupted = "interrupted; " if answer.interrupted else ""
    return f"    ({interrupted}{', '.join(parts)}; slowest: {answer.slowest.replace('_', ' ')})"


async def _microphone(client: Dialogue, device: str | None) -> None:
    """Listen to a device until cancelled.

    Raises:
        EngineUnavailableError: There is none, or it cannot be opened.
    """
    listener = await client.session.microphone.open(client, "hands_free")
    loop = asyncio.get_running_loop()

    def take(data: Any, frames: int, times: Any, status: Any) -> None:
        loop.call_soon_threadsafe(listener.feed, bytes(data), _now_us())

    chosen: Any = int(device) if device and device.isdigit() else device
    stream = _open("RawInputStream", MICROPHONE_RATE, FRAME_SAMPLES, chosen, take)
    with stream:
        note("listening; Ctrl+C ends")
        await asyncio.Event().wait()


@contextmanager
def _loudspeaker(client: Dialogue, *, required: bool) -> Iterator[None]:
    """Play the character's voice; without a device only where one is `required` it is an error."""
    import threading
    from collections import deque

    waiting: deque[bytes] = deque()
    lock, loop = threading.Lock(), asyncio.get_running_loop()
    begun = False
    size = round(FRAME_SECONDS * PLAYOUT_RATE)

    def give(out: Any, frames: int, times: Any, status: Any) -> None:
        nonlocal begun
        with lock:
            begun = len(waiting) >= _JITTER_FRAMES or (begun and bool(waiting))
            out[:] = waiting.popleft() if begun else bytes(len(out))
        ahead = times.outputBufferDacTime - times.currentTime
        # Some host APIs give no times: zero, or far off.
        ahead_us = round(ahead * 1e6) if 0.0 < ahead < 1.0 else 0
        loop.call_soon_threadsafe(client.tell_played, bytes(out), _now_us() + ahead_us)

    def flush(event: Event) -> None:
        if isinstance(event, PlayoutFlush):
            with lock:
                waiting.clear()
        shown(event)

    def play(frame: MediaFrame) -> None:
        with lock:
            waiting.append(frame.payload)

    try:
        stream = _open("RawOutputStream", PLAYOUT_RATE, size, None, give)
    except EngineUnavailableError:
        if required:
            raise
        note("there is no loudspeaker here, so the answers are shown alone")
        yield
        return
    shown, client.on_event, client.on_voice = client.on_event, flush, play
    with stream:
        yield


def _now_us() -> int:
    return round(time.monotonic() * 1e6)


def _open(kind: str, rate: int, samples: int, device: Any, callback: Callable[..., None]) -> Any:
    """Open a stream of a sound device.

    Raises:
        EngineUnavailableError: There is none, or it does not work.
    """
    what = "microphone" if kind == "RawInputStream" else "loudspeaker"
    message = f"No {what} can be used here; plug one in, or give a sound file by --file --mute."
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise EngineUnavailableError(message) from error
    try:
        return getattr(sounddevice, kind)(rate, samples, device, 1, "int16", callback=callback)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise EngineUnavailableError(message) from error
