"""The loudspeaker: takes speech frames from the network and lets them be heard in time.

A thread of its own opens, starts and watches the device, since each of these can block. The
device runs only while there is something to hear. Where there is none, a silent clock takes its
place: pictures and captions go on, and the user is told once.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from config import Settings
from event_system import FRAME_SECONDS, PLAYOUT_RATE, MediaFrame
from frontend.audio_outputs import (
    NoSoundError,
    Output,
    SilentOutput,
    device_names,
    open_output,
)
from frontend.devices import DeviceScan
from frontend.metrics import Metrics
from frontend.playout import PlayoutBuffer

FRAME_BYTES = 2 * round(FRAME_SECONDS * PLAYOUT_RATE)
LINGER_S = 3.0
RETRY_S = 5.0
HUSH_S = 0.5
"""How long a stop holds without the server's flush: it comes within a round trip, and if the turn
had just ended it does not come at all."""
Command = Callable[[], None]

log = logging.getLogger(__name__)


class Player:
    """The one loudspeaker of a window.

    Args:
        settings: Backend, device and volume.
        metrics: Gets the times to first sound and to silence.
        tell: Shows a sentence to the user; run by `deliver`.
        deliver: Hands a function to Tk's loop; may be called from any thread.
        opener: Opens an output; tests give another.
        scan: Looks for devices that were plugged in.

    Attributes:
        on_played: Takes 20 ms of what the device plays (PCM16, mono, `PLAYOUT_RATE`), silence too,
            and when it is heard, by `time.monotonic`; called from the sound library's thread.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        tell: Callable[[str], None],
        deliver: Callable[[Command], None],
        opener: Callable[..., Output] = open_output,
        scan: DeviceScan | None = None,
    ) -> None:
        self.buffer = PlayoutBuffer()
        self.on_played: Callable[[bytes, float], None] = lambda _pcm, _heard_at: None
        self._choice = (settings.audio_backend, settings.output_device)
        self._volume = settings.output_volume
        self._metrics = metrics
        self._tell = tell
        self._deliver = deliver
        self._opener = opener
        self._scan = scan or DeviceScan()
        self._scan.on_wanted(lambda: self._commands.put(self._lend))
        self._counted = False
        self._clip = b""
        self._output: Output | None = None
        self._commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._levels: deque[tuple[int, float]] = deque(maxlen=400)
        self._generation = 0
        self._hushed_until = 0.0
        self._running = self._told = self._lost = self._staying = False
        self._played, self._played_at = b"", 0.0
        self._wanted_until = self._retry_at = 0.0
        self._sent_at = self._stopped_at = 0.0

    @property
    def device(self) -> str:
        """Name of the device in use; empty until one was opened."""
        return self._output.label if self._output else ""

    @property
    def silent(self) -> bool:
        """Whether nobody hears it: the silent clock stands in for a device."""
        return isinstance(self._output, SilentOutput)

    @property
    def speaking(self) -> bool:
        """Whether sound is heard now or about to be."""
        return self.buffer.waiting

    @property
    def playing_clip(self) -> bool:
        """Whether a clip of `play` is heard."""
        return bool(self._clip)

    def start(self) -> None:
        """Begin: the device is opened in the background."""
        self._commands.put(self._open)
        self._thread.start()

    def close(self) -> None:
        """Give the device back; waits for at most half a second."""
        self._commands.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=0.5)

    def play(self, clip: bytes) -> None:
        """Let a sound of our own be heard, in place of one that plays; empty stops it.

        Args:
            clip: PCM16, mono, `PLAYOUT_RATE`.
        """
        self._clip = clip
        if clip:
            self._want()

    def configure(self, settings: Settings) -> None:
        """Use other settings; another device is opened at once."""
        self._volume = settings.output_volume
        choice = (settings.audio_backend, settings.output_device)
        if choice != self._choice:
            self._choice = choice
            self._told = self._lost = False
            self._commands.put(self._open)

    def list_devices(self, then: Callable[[list[str]], None]) -> None:
        """Give the names of the loudspeakers; `then` is called on Tk's loop."""

        def look_up() -> None:
            found = device_names(self._choice[0])
            self._deliver(lambda: then(found))

        self._commands.put(look_up)

    def prepare(self, sent_at: float) -> None:
        """An answer is expected: start the device now, so that its first word is not late.

        Args:
            sent_at: Monotonic time of the request, from which the time to first sound counts.
        """
        self._sent_at = sent_at
        self._want()

    def stay_on(self, on: bool) -> None:
        """Keep the device running while there is nothing to be heard too, or no longer."""
        self._staying = on
        if on:
            self._want()

    def push(self, frame: MediaFrame) -> None:
        """Take a speech frame from the network; any thread."""
        now = time.monotonic()
        if frame.generation < self._generation or now < self._hushed_until:
            return
        pcm = _louder(frame.payload, self._volume)
        self._levels.append((frame.pts_us, loudness(frame.payload)))
        self.buffer.push(frame.pts_us, pcm, now)
        self._want()

    def observe(self, frame: MediaFrame) -> None:
        """Learn the media clock from any other frame."""
        if self.buffer.clock.offset is None or not self.buffer.waiting:
            self.buffer.clock.observe(frame.pts_us, time.monotonic())

    def flush(self, generation: int) -> None:
        """Drop the sound of older generations at once."""
        self._generation = generation
        self._hushed_until = 0.0
        self.buffer.flush()
        self._levels.clear()

    def hush(self) -> None:
        """Be silent now; the server is asked to stop at the same time."""
        self._stopped_at = time.monotonic() if self.buffer.waiting else 0.0
        self._hushed_until = time.monotonic() + HUSH_S
        self.buffer.flush()
        self._levels.clear()

    def resume(self) -> None:
        """A new turn began: what comes from now on is not what was stopped."""
        self._hushed_until = 0.0

    def reset(self) -> None:
        """Another session begins: its clock and its generations are new."""
        self._generation = 0
        self._hushed_until = 0.0
        self.buffer.reset()
        self._levels.clear()

    def level(self, now: float) -> float:
        """Loudness of what is heard at a monotonic time, 0 to 1."""
        position = self.buffer.position_us(now)
        if position is None or not self.buffer.waiting:
            return 0.0
        heard = 0.0
        for pts, value in list(self._levels):
            if pts > position:
                break
            heard = value if position - pts < 40_000 else 0.0
        return heard

    @property
    def _busy(self) -> bool:
        return self.buffer.waiting or bool(self._clip)

    def _tell_played(self, block: bytes, heard_at: float) -> None:
        if not self._played:
            self._played_at = heard_at
        self._played += bytes(len(block)) if self.silent else block
        if len(self._played) >= FRAME_BYTES:
            self.on_played(self._played, self._played_at)
            self._played = b""

    def _want(self) -> None:
        self._wanted_until = time.monotonic() + LINGER_S
        if not self._running:
            self._commands.put(self._start_output)

    def _run(self) -> None:
        # Loaded here, before the first frame: it takes 0.1 s that no callback can spare.
        import numpy  # noqa: F401

        while True:
            try:
                command = self._commands.get(timeout=0.5 if self._running or self._lost else None)
            except queue.Empty:
                command = self._watch
            if command is None:
                break
            command()
        self._close_output()

    def _open(self) -> None:
        backend, device = self._choice
        self._close_output()
        try:
            with self._scan.opening():
                self._output = self._opener(backend, device, self._read)
            self._counted = True
            self._told = self._lost = False
        except NoSoundError as error:
            self._fall_silent(error.message)
        assert self._output is not None
        self.buffer.set_latency(self._output.latency)
        if self._staying or time.monotonic() < self._wanted_until:
            self._start_output()

    def _close_output(self) -> None:
        if self._output:
            self._output.stop()
            self._output.close()
        self._running = False
        if self._counted:
            self._counted = False
            self._scan.closed()

    def _lend(self) -> None:
        """Let the devices be scanned while nothing is to be heard: a microphone is missing."""
        idle = not self._running or (self._staying and not self._busy)
        if self._counted and idle:
            self._close_output()
            self._look_for_devices()
            self._open()

    def _look_for_devices(self) -> None:
        try:
            self._scan.renew()
        except (ImportError, OSError):
            # The attempt to open says in words what is missing.
            log.debug("the devices cannot be listed", exc_info=True)

    def _fall_silent(self, why: str) -> None:
        self._output = SilentOutput("", self._read)
        self._running = False
        self._lost = True
        self._retry_at = time.monotonic() + RETRY_S
        if not self._told:
            self._told = True
            told = f"{why} The answer is shown without sound until a loudspeaker is there."
            self._deliver(lambda: self._tell(told))

    def _start_output(self) -> None:
        if self._running or self._output is None:
            return
        try:
            self._output.start()
        except NoSoundError as error:
            self._close_output()
            self._fall_silent(error.message)
            self._output.start()
        self._running = True

    def _watch(self) -> None:
        """Stop a device that has nothing to play, and notice one that went away."""
        assert self._output is not None
        now = time.monotonic()
        if self._running and not self._output.alive:
            label = self._output.label
            self._close_output()
            self._fall_silent(f"The loudspeaker {label} went away.")
            self._start_output()
        elif self._running and now > self._wanted_until and not (self._busy or self._staying):
            self._output.stop()
            self._running = False
        elif self._lost and now > self._retry_at and not self._busy:
            self._retry()

    def _retry(self) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        self._look_for_devices()
        self._open()

    def _read(self, samples: int, heard_at: float) -> bytes:
        """Called by the output for each block."""
        block = self.buffer.read(samples, heard_at)
        if self._clip:
            size = len(block)
            block, self._clip = self._clip[:size].ljust(size, b"\0"), self._clip[size:]
        if self._sent_at and self.buffer.started_at and self.buffer.started_at > self._sent_at:
            self._metrics.first_audio.append(self.buffer.started_at - self._sent_at)
            self._sent_at = 0.0
        if self._stopped_at and self.buffer.silent_at and self.buffer.silent_at > self._stopped_at:
            self._metrics.silence.append(self.buffer.silent_at - self._stopped_at)
            self._stopped_at = 0.0
        self._tell_played(block, heard_at)
        return block


def _louder(pcm: bytes, volume: float) -> bytes:
    """16-bit sound at a volume of 0 to 1, by the square law that sliders use."""
    if volume >= 1.0:
        return pcm
    import numpy as np

    return (np.frombuffer(pcm, "<i2") * (volume * volume)).astype("<i2").tobytes()


def loudness(pcm: bytes) -> float:
    """Loudness of a piece of 16-bit sound, 0 to 1: its RMS on a scale of -50 to -10 dBFS."""
    import numpy as np

    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    if not samples.size:
        return 0.0
    rms = float(np.sqrt(np.mean(np.square(samples)))) / 32768
    decibels = 20 * np.log10(max(rms, 1e-5))
    return float(min(1.0, max(0.0, (decibels + 50) / 40)))
