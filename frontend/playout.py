"""The jitter buffer: which sample is heard when.

The server stamps sound and pictures with a presentation time on its media clock. `MediaClock` fits
that clock to ours by the frames that travelled fastest; `PlayoutBuffer` places sound on it, a
short delay later, and says which media time is heard now, so that pictures can be shown with it.
Nothing here knows of a sound library or of Tk.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque

from event_system import PLAYOUT_RATE

SAMPLE_BYTES = 2
FADE_SAMPLES = PLAYOUT_RATE * 5 // 1000
WINDOW_S = 5.0
LEAST_DELAY_S = 0.06
MOST_DELAY_S = 0.25
DELAY_STEP_S = 0.02
SCHEDULING_S = 0.045
"""What a delay needs beyond the device's own latency: one 20 ms frame and the jitter of two
threads and a socket on one computer."""
RESUME_GAP_US = 2_000
KEPT_S = 5.0
NOWHERE = float("-inf")
"""Media time after a flush: what comes next continues nothing."""


class MediaClock:
    """The server's media clock on ours: `time.monotonic()` = pts + `offset`, at the earliest.

    The offset is the least one seen in the last one to two windows of `WINDOW_S`, so it follows
    clocks that drift apart, and late frames do not pull it away.
    """

    def __init__(self) -> None:
        self.offset: float | None = None
        self._least = self._before = float("inf")
        self._window_ends = 0.0

    def observe(self, pts_us: int, arrived: float) -> None:
        """Learn from a frame that arrived at this monotonic time, in seconds."""
        if arrived > self._window_ends:
            fresh = self._window_ends and arrived - self._window_ends < WINDOW_S
            self._before = self._least if fresh else float("inf")
            self._least = float("inf")
            self._window_ends = arrived + WINDOW_S
        self._least = min(self._least, arrived - pts_us / 1e6)
        self.offset = min(self._least, self._before)


class PlayoutBuffer:
    """Speech that waits for its time, read by the sound card's callback.

    Thread-safe: `push` and `flush` come from the network, `read` from the sound library,
    `position_us` from the window.

    Attributes:
        delay: Seconds from a frame's earliest arrival to its being heard; grows when the sound
            ran dry, shrinks again while it does not.
        underruns: How often the sound ran dry inside an utterance.
    """

    def __init__(self) -> None:
        self.clock = MediaClock()
        self.delay = LEAST_DELAY_S
        self.underruns = 0
        self.started_at: float | None = None
        self.silent_at: float | None = None
        self._least_delay = LEAST_DELAY_S
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._lock = threading.Lock()
        self._playing = False
        self._fade = False
        self._next_us = NOWHERE
        self._anchor: tuple[float, float] | None = None
        self._spurt_began = 0.0

    def set_latency(self, seconds: float) -> None:
        """Tell the device's own latency; the delay is never less than it needs."""
        with self._lock:
            least = max(LEAST_DELAY_S, seconds + SCHEDULING_S)
            self._least_delay = min(least, MOST_DELAY_S)
            self.delay = max(self.delay, self._least_delay)

    def push(self, pts_us: int, pcm: bytes, arrived: float) -> None:
        """Add 16-bit mono sound whose first sample belongs at `pts_us`."""
        with self._lock:
            self.clock.observe(pts_us, arrived)
            dry = not self._playing and not self._chunks
            if dry and abs(pts_us - self._next_us) < RESUME_GAP_US:
                self.underruns += 1
                self.delay = min(self.delay + DELAY_STEP_S, MOST_DELAY_S)
            self._chunks.append((pts_us, pcm))
            while len(self._chunks) > KEPT_S / 0.02:
                self._chunks.popleft()

    def flush(self) -> None:
        """Drop all sound; what is being heard fades out within 5 ms."""
        with self._lock:
            self._fade = self._playing
            if not self._playing:
                self._chunks.clear()
            self._next_us = NOWHERE

    def reset(self) -> None:
        """Forget sound and clock: another session begins."""
        with self._lock:
            self._chunks.clear()
            self.clock = MediaClock()
            self._playing = self._fade = False
            self._next_us = NOWHERE
            self._anchor = None

    @property
    def waiting(self) -> bool:
        """Whether there is sound to be heard, now or soon."""
        return self._playing or bool(self._chunks)

    def position_us(self, now: float) -> float | None:
        """The media time that is heard at a monotonic time; None before any frame came."""
        with self._lock:
            if self._playing and self._anchor:
                pts, heard_at = self._anchor
                return pts + (now - heard_at) * 1e6
            if self.clock.offset is None:
                return None
            return (now - self.clock.offset - self.delay) * 1e6

    def read(self, samples: int, heard_at: float) -> bytes:
        """The next block of the loudspeaker.

        Args:
            samples: How many samples of 16 bits it takes.
            heard_at: Monotonic time at which its first sample will be heard, seconds.
        """
        with self._lock:
            if self._fade:
                return self._fade_out(samples, heard_at)
            if not self._playing and not self._begin(samples, heard_at):
                return bytes(samples * SAMPLE_BYTES)
            return self._fill(samples, heard_at)

    def _begin(self, samples: int, heard_at: float) -> bool:
        """Start an utterance if its time lies within this block, or has passed."""
        if not self._chunks or self.clock.offset is None:
            return False
        first = self._chunks[0][0]
        start = first / 1e6 + self.clock.offset + self.delay
        if start > heard_at + samples / PLAYOUT_RATE:
            return False
        lead = max(0.0, start - heard_at)
        self._playing = True
        self._next_us = first - lead * 1e6
        self._spurt_began = heard_at
        self.started_at = heard_at + lead
        return True

    def _fill(self, samples: int, heard_at: float) -> bytes:
        """Take sound in the order of its times; a gap between two chunks is silence."""
        self._anchor = (self._next_us, heard_at)
        wanted = samples * SAMPLE_BYTES
        out = bytearray()
        while len(out) < wanted and self._chunks:
            pts, pcm = self._chunks[0]
            gap = int((pts - self._next_us) * PLAYOUT_RATE / 1e6)
            room = (wanted - len(out)) // SAMPLE_BYTES
            if gap > RESUME_GAP_US * PLAYOUT_RATE // 1_000_000:
                quiet = min(gap, room)
                out += bytes(quiet * SAMPLE_BYTES)
                self._next_us += quiet * 1e6 / PLAYOUT_RATE
                continue
            self._chunks.popleft()
            piece, rest = pcm[: room * SAMPLE_BYTES], pcm[room * SAMPLE_BYTES :]
            out += piece
            self._next_us = pts + len(piece) / SAMPLE_BYTES * 1e6 / PLAYOUT_RATE
            if rest:
                self._chunks.appendleft((round(self._next_us), rest))
        if len(out) < wanted:
            self._end(heard_at)
            out += bytes(wanted - len(out))
        return bytes(out)

    def _end(self, heard_at: float) -> None:
        self._playing = False
        if heard_at - self._spurt_began > 2.0:
            self.delay = max(self._least_delay, self.delay - DELAY_STEP_S / 4)

    def _fade_out(self, samples: int, heard_at: float) -> bytes:
        pcm = b"".join(chunk for _, chunk in self._chunks)[: FADE_SAMPLES * SAMPLE_BYTES]
        fading = array("h", pcm[: samples * SAMPLE_BYTES])
        for index, value in enumerate(fading):
            fading[index] = int(value * (1 - (index + 1) / len(fading)))
        self._chunks.clear()
        self._fade = self._playing = False
        self.silent_at = heard_at + len(fading) / PLAYOUT_RATE
        return fading.tobytes() + bytes(samples * SAMPLE_BYTES - len(fading) * SAMPLE_BYTES)
