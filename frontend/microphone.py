"""The microphone: hears while it is wanted, and hands 20 ms frames on, from a thread of its own.

The device is open only while somebody wants it. One that vanishes is told once, looked for every
two seconds, and comes back by itself.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from config import Settings
from event_system import FRAME_SECONDS
from frontend.audio_inputs import Input, NoMicrophoneError, input_names, open_input
from frontend.devices import DeviceScan
from frontend.framing import Framer

RETRY_S = 2.0
WATCH_S = 0.5
STARTING_S = 4.0
"""How long the first sound of a device may take; PulseAudio takes up to two seconds."""
STUCK_S = 2.0
STALE_S = 0.25
FLOOR_DB = -60.0
Command = Callable[[], None]
Frames = Callable[[bytes, float], None]
"""Takes a frame, and when its last sample had come, by `time.monotonic`."""

log = logging.getLogger(__name__)


class _Block(NamedTuple):
    """Sound of a device: which device, and when it came, by `time.monotonic`."""

    serial: int
    sound: bytes
    came_at: float


class Microphone:
    """The one microphone of a window.

    Args:
        settings: Backend and device.
        deliver: Hands a function to Tk's loop; may be called from any thread.
        opener: Opens an input; tests give another.
        scan: Looks for devices that were plugged in.

    Attributes:
        on_change: Called on Tk's loop when the device was opened, lost or closed.
        problem: Why there is no sound, in one sentence; empty while there is.
        device: Name of the device in use; empty while none is open.
    """

    def __init__(
        self,
        settings: Settings,
        deliver: Callable[[Command], None],
        opener: Callable[..., Input] = open_input,
        scan: DeviceScan | None = None,
    ) -> None:
        self.on_change: Command = lambda: None
        self.problem = ""
        self.device = ""
        self._choice = (settings.audio_backend, settings.input_device)
        self._deliver = deliver
        self._opener = opener
        self._scan = scan or DeviceScan()
        self._listeners: dict[str, Frames] = {}
        self._items: queue.SimpleQueue[Command | _Block | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._input: Input | None = None
        self._framer: Framer | None = None
        self._serial = 0
        self._heard_at = self._deadline = self._retry_at = 0.0
        self._levels = (0.0, 0.0)

    def start(self) -> None:
        """Begin; no device is opened before one is wanted."""
        self._thread.start()

    def close(self) -> None:
        """Give the device back; waits for at most half a second."""
        self._items.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=0.5)

    def listen(self, who: str, frames: Frames) -> None:
        """Let somebody hear: each frame (PCM16, mono, 16 kHz, 20 ms) goes to `frames`.

        Args:
            who: Names the listener, for `leave`.
            frames: Called from the microphone's thread; must not block.
        """
        self._listeners = {**self._listeners, who: frames}
        self._items.put(self._follow_wish)

    def leave(self, who: str) -> None:
        """That listener hears no more; without any, the device is closed."""
        self._listeners = {name: one for name, one in self._listeners.items() if name != who}
        self._items.put(self._follow_wish)

    def configure(self, settings: Settings) -> None:
        """Use other settings; another device is opened at once if one is open."""
        choice = (settings.audio_backend, settings.input_device)
        if choice != self._choice:
            self._choice = choice
            self._items.put(self._reopen)

    def list_devices(self, then: Callable[[list[str]], None]) -> None:
        """Give the names of the microphones; `then` is called on Tk's loop."""

        def look_up() -> None:
            found = input_names(self._choice[0])
            self._deliver(lambda: then(found))

        self._items.put(look_up)

    @property
    def live(self) -> bool:
        """Whether sound comes in now."""
        return self._input is not None and time.monotonic() - self._heard_at < STALE_S

    @property
    def levels(self) -> tuple[float, float]:
        """Loudness and peak of the last frame, 0 to 1 on a scale of -60 to 0 dBFS."""
        return self._levels if self.live else (0.0, 0.0)

    def _run(self) -> None:
        while True:
            try:
                item = self._items.get(timeout=self._patience())
            except queue.Empty:
                self._watch()
                continue
            if item is None:
                break
            if isinstance(item, _Block):
                self._take(item)
            else:
                item()
        self._close_input()

    def _patience(self) -> float | None:
        """Seconds to wait for the next thing to do; None waits for ever."""
        if self._input is not None:
            return WATCH_S
        return max(0.01, self._retry_at - time.monotonic()) if self._listeners else None

    def _follow_wish(self) -> None:
        if self._listeners and self._input is None and not self.problem:
            self._open()
        elif not self._listeners and (self._input is not None or self.problem):
            self._close_input()
            self._tell("")

    def _reopen(self) -> None:
        self._close_input()
        self.problem = ""
        self._follow_wish()

    def _open(self) -> None:
        self._serial += 1
        serial = self._serial
        backend, device = self._choice
        try:
            with self._scan.opening():
                self._input = self._opener(
                    backend,
                    device,
                    lambda sound: self._items.put(_Block(serial, sound, time.monotonic())),
                )
        except NoMicrophoneError as error:
            self._retry_at = time.monotonic() + RETRY_S
            self._tell(error.message)
            return
        self._framer = Framer(self._input.rate, self._input.channels)
        self._deadline = time.monotonic() + STARTING_S
        self.device = self._input.label
        log.info(
            "listening to %s, %d Hz, %d channels",
            self._input.label, self._input.rate, self._input.channels,
        )  # fmt: skip
        self._tell("")

    def _close_input(self) -> None:
        if self._input is not None:
            self._serial += 1
            self._input.close()
            self._input = None
            self._scan.closed()
        self.device = ""

    def _tell(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem
        self._deliver(lambda: self.on_change())

    def _watch(self) -> None:
        """Notice a device that went away, and look for one that is missing."""
        now = time.monotonic()
        if self._input is not None:
            if not self._input.alive or now > self._deadline:
                self._lose()
        elif self._listeners and now >= self._retry_at:
            self._retry()

    def _lose(self) -> None:
        label = self.device
        self._close_input()
        self._retry_at = time.monotonic() + RETRY_S
        self._tell(f"The microphone {label} went away; it is used again when it is back.")

    def _retry(self) -> None:
        """Try to open a device that is missing; the same problem is not told again."""
        told = self.problem
        try:
            self._scan.renew()
        except (ImportError, OSError):
            # The attempt to open says in words what is missing.
            log.debug("the devices cannot be listed", exc_info=True)
        self._open()
        if self._input is None and told:
            self.problem = told

    def _take(self, block: _Block) -> None:
        if block.serial != self._serial or self._framer is None:
            return
        self._heard_at = time.monotonic()
        self._deadline = self._heard_at + STUCK_S
        frames = self._framer.feed(block.sound)
        for index, frame in enumerate(frames):
            recorded_at = block.came_at - (len(frames) - 1 - index) * FRAME_SECONDS
            rms, peak = decibels(frame)
            self._levels = (_scaled(rms), _scaled(peak))
            for listener in self._listeners.values():
                listener(frame, recorded_at)


def decibels(pcm: bytes) -> tuple[float, float]:
    """RMS and peak of 16-bit sound, dBFS; -120 for silence."""
    import numpy as np

    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    if not samples.size:
        return -120.0, -120.0
    rms = math.sqrt(float(np.mean(np.square(samples)))) / 32768
    peak = float(np.max(np.abs(samples))) / 32768
    return 20 * math.log10(max(rms, 1e-6)), 20 * math.log10(max(peak, 1e-6))


def _scaled(level: float) -> float:
    return min(1.0, max(0.0, 1 - level / FLOOR_DB))
