"""Ways to make sound heard: sounddevice, pyaudio, and a silent clock where there is no device.

All have the same shape: they ask a `read` function for blocks of 16-bit mono sound at 48 kHz, and
tell it when the block will be heard. The libraries are imported when they are used, since they
load native code and may be missing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from config import KotodamaError
from event_system import PLAYOUT_RATE
from frontend.devices import first_line, named

Read = Callable[[int, float], bytes]
"""(samples, monotonic time at which the first is heard) -> 16-bit mono PCM."""
BLOCK = PLAYOUT_RATE // 100


class NoSoundError(KotodamaError):
    """No loudspeaker can be opened."""

    code = "no_sound"
    retryable = True


class Output(Protocol):
    """An opened loudspeaker.

    Attributes:
        label: The device's name, for people.
        latency: Seconds from the callback to the air.
    """

    label: str
    latency: float

    @property
    def alive(self) -> bool:
        """Whether it still plays, or can be started."""

    def start(self) -> None:
        """Begin to ask for blocks."""

    def stop(self) -> None:
        """Ask no more, until the next start."""

    def close(self) -> None:
        """Give the device back."""


class SoundDeviceOutput:
    """PortAudio through `sounddevice`.

    Raises:
        NoSoundError: The library or the device is missing, or refuses 48 kHz.
    """

    def __init__(self, device: str, read: Read) -> None:
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise NoSoundError(
                "The sound library PortAudio is missing (Debian: apt install libportaudio2)."
            ) from error
        self._read = read
        self._playing = False
        try:
            index = _index(_sounddevice_outputs(sounddevice), device)
            self._stream = sounddevice.RawOutputStream(
                samplerate=PLAYOUT_RATE, channels=1, dtype="int16", blocksize=BLOCK,
                latency="low", device=index, callback=self._callback,
            )  # fmt: skip
            found = sounddevice.query_devices(self._stream.device, "output")
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoSoundError(f"No loudspeaker can be opened ({first_line(error)}).") from error
        self._failures = (sounddevice.PortAudioError,)
        self.label = str(found["name"])
        self.latency = float(self._stream.latency)

    @property
    def alive(self) -> bool:
        """Whether the stream plays, or can be started."""
        return not self._playing or bool(self._stream.active)

    def start(self) -> None:
        """Begin to ask for blocks; raises `NoSoundError` if the device refuses."""
        if not self._playing:
            try:
                self._stream.start()
            except self._failures as error:
                raise NoSoundError(f"{self.label} does not play ({first_line(error)}).") from error
            self._playing = True

    def stop(self) -> None:
        """Ask no more, until the next start."""
        if self._playing:
            self._playing = False
            self._stream.abort(ignore_errors=True)

    def close(self) -> None:
        """Give the device back."""
        self._stream.close(ignore_errors=True)

    def _callback(self, out: Any, samples: int, times: Any, _status: Any) -> None:
        ahead = times.outputBufferDacTime - times.currentTime
        # Some host APIs give no times: zero, or far off.
        if not 0.0 < ahead < 1.0:
            ahead = self.latency
        out[:] = self._read(samples, time.monotonic() + ahead)


class PyAudioOutput:
    """PortAudio through `pyaudio`, for those who chose it.

    Raises:
        NoSoundError: The library or the device is missing, or refuses 48 kHz.
    """

    def __init__(self, device: str, read: Read) -> None:
        try:
            import pyaudio
        except (ImportError, OSError) as error:
            raise NoSoundError(
                "PyAudio is not installed; choose another sound library in the settings, or "
                "install requirements-pyaudio.txt."
            ) from error
        self._read = read
        self._go_on = pyaudio.paContinue
        self._portaudio = pyaudio.PyAudio()
        self._playing = False
        try:
            index = _index(_pyaudio_outputs(self._portaudio), device)
            self._stream = self._portaudio.open(
                rate=PLAYOUT_RATE, channels=1, format=pyaudio.paInt16, output=True, start=False,
                frames_per_buffer=BLOCK, output_device_index=index, stream_callback=self._callback,
            )  # fmt: skip
            found = (
                self._portaudio.get_default_output_device_info()
                if index is None
                else self._portaudio.get_device_info_by_index(index)
            )
        except NoSoundError:
            self._portaudio.terminate()
            raise
        except (OSError, ValueError) as error:
            self._portaudio.terminate()
            raise NoSoundError(f"No loudspeaker can be opened ({first_line(error)}).") from error
        self.label = str(found["name"])
        self.latency = float(self._stream.get_output_latency())

    @property
    def alive(self) -> bool:
        """Whether the stream plays, or can be started."""
        return not self._playing or bool(self._stream.is_active())

    def start(self) -> None:
        """Begin to ask for blocks; raises `NoSoundError` if the device refuses."""
        if not self._playing:
            try:
                self._stream.start_stream()
            except OSError as error:
                raise NoSoundError(f"{self.label} does not play ({first_line(error)}).") from error
            self._playing = True

    def stop(self) -> None:
        """Ask no more, until the next start."""
        if self._playing:
            self._playing = False
            self._stream.stop_stream()

    def close(self) -> None:
        """Give the device back."""
        self._stream.close()
        self._portaudio.terminate()

    def _callback(self, _in: Any, samples: int, times: Any, _status: Any) -> tuple[bytes, int]:
        ahead = times["output_buffer_dac_time"] - times["current_time"]
        if not 0.0 < ahead < 1.0:
            ahead = self.latency
        return self._read(samples, time.monotonic() + ahead), self._go_on


class SilentOutput:
    """A clock in place of a loudspeaker: sound passes at its own pace, and nobody hears it."""

    label = "no sound"
    latency = 0.0
    alive = True

    def __init__(self, _device: str, read: Read) -> None:
        self._read = read
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to ask for blocks; raises `NoSoundError` if the device refuses."""
        if self._thread is None:
            self._stopped.clear()
            self._thread = threading.Thread(target=self._run, name="silent-clock", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask no more, until the next start."""
        self._stopped.set()
        if self._thread:
            self._thread.join(timeout=1.0)
            self._thread = None

    def close(self) -> None:
        """Give the device back."""
        self.stop()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            self._read(2 * BLOCK, due)
            due += 2 * BLOCK / PLAYOUT_RATE


_OUTPUTS: dict[str, Callable[[str, Read], Output]] = {
    "auto": SoundDeviceOutput,
    "sounddevice": SoundDeviceOutput,
    "pyaudio": PyAudioOutput,
    "none": SilentOutput,
}


def open_output(backend: str, device: str, read: Read) -> Output:
    """Open a loudspeaker.

    Args:
        backend: The setting `audio_backend`: auto, sounddevice, pyaudio or none.
        device: Name of the device, or a part of it; blank is the system's choice. A name that is
            not there any more also means the system's choice.
        read: Where blocks come from.

    Raises:
        NoSoundError: There is none that can be opened; the message says why.
    """
    return _OUTPUTS[backend](device, read)


def device_names(backend: str) -> list[str]:
    """Names of the loudspeakers that a backend can open; empty where there are none."""
    try:
        if backend == "pyaudio":
            import pyaudio

            portaudio = pyaudio.PyAudio()
            try:
                return list(_pyaudio_outputs(portaudio))
            finally:
                portaudio.terminate()
        import sounddevice

        return [] if backend == "none" else list(_sounddevice_outputs(sounddevice))
    except (ImportError, OSError):
        return []


def _sounddevice_outputs(sounddevice: Any) -> dict[str, int]:
    return {
        str(device["name"]): index
        for index, device in enumerate(sounddevice.query_devices())
        if device["max_output_channels"] > 0
    }


def _pyaudio_outputs(portaudio: Any) -> dict[str, int]:
    found = (portaudio.get_device_info_by_index(i) for i in range(portaudio.get_device_count()))
    return {str(d["name"]): int(d["index"]) for d in found if int(d["maxOutputChannels"]) > 0}


def _index(devices: dict[str, int], wanted: str) -> int | None:
    """The index of a device; None, the system's choice, for a blank or unknown name."""
    if not devices:
        raise NoSoundError("There is no loudspeaker.")
    return named(devices, wanted) if wanted else None
