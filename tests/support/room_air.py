"""The air of a simulated room: what the loudspeaker plays comes back to the microphone.

It reads what the virtual loudspeaker plays, and plays it delayed, reverberated and attenuated into
the virtual microphone, beside whatever is spoken there. It does so in a process of its own, between
two programs of PulseAudio's, so that it neither disturbs nor waits for the sound code under test.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase

import numpy as np
from numpy.typing import NDArray

from config import ROOT
from tests.support.pulse import Samples, SoundCard

BLOCK = 960
"""20 ms at 48,000 Hz."""
MOST_WAITING_BLOCKS = 3
CUSHION_BLOCKS = 2
"""What waits to be played, so that a late thread makes no gap."""
REVERBERATION_S = 0.2
TAIL_S = 0.1
FLIGHT_S = 0.006
"""Two metres."""
AUDIBLE_DBFS = -45.0
LATE_S = 0.08
CARRIED, STUTTERED = b".", b"!"


def room_response(rate: int, level_db: float, seed: int = 1) -> NDArray[np.float64]:
    """An impulse response: a direct sound, then decaying noise; its energy is `level_db`."""
    at = np.arange(round(TAIL_S * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(at))
    tail = noise * 10.0 ** (-3.0 * at / REVERBERATION_S)
    tail[0] = 4.0 * np.sqrt(rate / 16_000)
    tail *= 10.0 ** (level_db / 20.0) / np.sqrt(np.sum(tail**2))
    return np.concatenate([np.zeros(round(FLIGHT_S * rate)), tail])


class Convolver:
    """Convolves a stream with a response, block by block (overlap-add)."""

    def __init__(self, response: NDArray[np.float64], block: int = BLOCK) -> None:
        self._size = 1 << int(np.ceil(np.log2(len(response) + block)))
        self._spectrum = np.fft.rfft(response, self._size)
        self._rest = np.zeros(self._size)

    def step(self, block: NDArray[np.int16]) -> NDArray[np.int16]:
        """The next block: (samples,) int16, as long as what is given."""
        self._rest += np.fft.irfft(np.fft.rfft(block, self._size) * self._spectrum, self._size)
        done = self._rest[: len(block)].copy()
        self._rest = np.concatenate([self._rest[len(block) :], np.zeros(len(block))])
        return np.clip(done, -32_768, 32_767).astype(np.int16)


class Air:
    """Carries the sound, and tells how it goes.

    Attributes:
        audible_at: When the loudspeaker was last heard, by `time.monotonic`.
        carried: How many blocks of audible sound it has brought to the microphone.
        stutters: How often it was late: the machine does not keep real time.
    """

    def __init__(self, carrier: subprocess.Popen[bytes]) -> None:
        self.audible_at = 0.0
        self.carried = self.stutters = 0
        self._carrier = carrier
        self._thread = threading.Thread(target=self._count, name="air", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until it carries no more."""
        self._thread.join(10)

    def _count(self) -> None:
        assert self._carrier.stderr is not None
        with self._carrier.stderr as told:
            while sign := told.read(1):
                if sign == STUTTERED:
                    self.stutters += 1
                    continue
                self.audible_at = time.monotonic()
                self.carried += 1


@contextmanager
def air(card: SoundCard, level_db: float) -> Iterator[Air]:
    """Join loudspeaker and microphone for as long as the block lasts.

    Args:
        level_db: How loud the echo is, against what the loudspeaker plays.
    """
    heard = card.start(
        ["parec", "--device=loudspeaker.monitor", "--raw", "--latency-msec=20"],
        stdout=subprocess.PIPE,
    )
    brought = card.start(
        ["pacat", "--playback", "--device=mouth", "--raw", "--latency-msec=40"],
        stdin=subprocess.PIPE,
    )
    assert heard.stdout is not None and brought.stdin is not None
    carrier = subprocess.Popen(
        [sys.executable, "-m", "tests.support.room_air", str(card.rate), str(level_db)],
        cwd=ROOT,
        stdin=heard.stdout,
        stdout=brought.stdin,
        stderr=subprocess.PIPE,
    )
    heard.stdout.close()
    brought.stdin.close()
    made = Air(carrier)
    try:
        yield made
    finally:
        for process in (heard, carrier, brought):
            process.terminate()
            process.wait(10)
        made.join()


def carry(rate: int, level_db: float) -> None:
    """From standard input to standard output; tells of audible and of late blocks on stderr.

    Air keeps no sound for later: what has waited because this process was late is left out.
    """
    convolver = Convolver(room_response(rate, level_db))
    fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 4_096)
    os.write(1, bytes(2 * BLOCK * CUSHION_BLOCKS))
    heard = open(0, "rb", buffering=0)  # noqa: SIM115 - it is open anyway
    came = time.monotonic()
    while raw := _block_of(heard):
        late = time.monotonic() - came > LATE_S
        while _waiting(0) > 2 * BLOCK * MOST_WAITING_BLOCKS:
            raw, late = _block_of(heard), True
        came = time.monotonic()
        if late:
            os.write(2, STUTTERED)
        block: Samples = np.frombuffer(raw, "<i2")
        os.write(1, convolver.step(block).astype("<i2").tobytes())
        if _dbfs(block) > AUDIBLE_DBFS:
            os.write(2, CARRIED)


def _block_of(heard: RawIOBase) -> bytes:
    """The next block; empty at the end."""
    raw = b""
    while len(raw) < 2 * BLOCK:
        piece = heard.read(2 * BLOCK - len(raw))
        if not piece:
            return b""
        raw += piece
    return raw


def _waiting(pipe: int) -> int:
    """Bytes in a pipe."""
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return int(count)


def _dbfs(block: Samples) -> float:
    power = float(np.mean(np.square(block, dtype=np.float64))) / 32_768.0**2
    return 10.0 * float(np.log10(power + 1e-12))


if __name__ == "__main__":
    carry(int(sys.argv[1]), float(sys.argv[2]))
