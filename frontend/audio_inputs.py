"""Ways to hear a microphone: sounddevice and pyaudio.

Both have the same shape: they give blocks of 16-bit interleaved sound, at the device's own rate
and channels, to a `deliver` function, from a thread of the sound library. The libraries are
imported when they are used, since they load native code and may be missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from config import KotodamaError
from frontend.devices import first_line, named

Deliver = Callable[[bytes], None]
MOST_CHANNELS = 2
"""Further channels of an interface are rarely microphones."""
FALLBACK_RATES = (48_000, 44_100, 16_000)
BLOCKS_A_SECOND = 50


class NoMicrophoneError(KotodamaError):
    """No microphone can be opened."""

    code = "no_microphone"
    retryable = True


class Input(Protocol):
    """An opened microphone, which delivers from the start.

    Attributes:
        label: The device's name, for people.
        rate: Of its blocks, Hz.
        channels: Of its blocks.
    """

    label: str
    rate: int
    channels: int

    @property
    def alive(self) -> bool:
        """Whether it still delivers."""

    def close(self) -> None:
        """Give the device back."""


class SoundDeviceInput:
    """PortAudio through `sounddevice`.

    Raises:
        NoMicrophoneError: The library or the device is missing.
    """

    def __init__(self, device: str, deliver: Deliver) -> None:
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise NoMicrophoneError(
                "The sound library PortAudio is missing (Debian: apt install libportaudio2)."
            ) from error
        self._deliver = deliver
        try:
            index = _index(_sounddevice_inputs(sounddevice), device)
            found = sounddevice.query_devices(index, "input")
            self.channels = max(1, min(MOST_CHANNELS, int(found["max_input_channels"])))
            self._stream = self._open(sounddevice, index, int(found["default_samplerate"]))
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoMicrophoneError(
                f"No microphone can be opened ({first_line(error)})."
            ) from error
        self.label = str(found["name"])

    def _open(self, sounddevice: Any, index: int | None, own_rate: int) -> Any:
        """The stream at the device's own rate, or at another where it refuses that."""
        refusal: Exception | None = None
        for rate in dict.fromkeys((own_rate, *FALLBACK_RATES)):
            try:
                self.rate = rate
                return sounddevice.RawInputStream(
                    samplerate=rate, channels=self.channels, dtype="int16", device=index,
                    blocksize=rate // BLOCKS_A_SECOND, latency="low", callback=self._callback,
                )  # fmt: skip
            except sounddevice.PortAudioError as error:
                refusal = refusal or error
        assert refusal is not None
        raise refusal

    @property
    def alive(self) -> bool:
        """Whether the stream runs."""
        return bool(self._stream.active)

    def close(self) -> None:
        """Give the device back."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _callback(self, block: Any, _samples: int, _times: Any, _status: Any) -> None:
        self._deliver(bytes(block))


class PyAudioInput:
    """PortAudio through `pyaudio`, for those who chose it.

    Raises:
        NoMicrophoneError: The library or the device is missing.
    """

    def __init__(self, device: str, deliver: Deliver) -> None:
        try:
            import pyaudio
        except (ImportError, OSError) as error:
            raise NoMicrophoneError(
                "PyAudio is not installed; choose another sound library in Settings, or install "
                "requirements-pyaudio.txt."
            ) from error
        self._deliver = deliver
        self._go_on = pyaudio.paContinue
        self._portaudio = pyaudio.PyAudio()
        try:
            index = _index(_pyaudio_inputs(self._portaudio), device)
            found = (
                self._portaudio.get_default_input_device_info()
                if index is None
                else self._portaudio.get_device_info_by_index(index)
            )
            self.rate = int(found["defaultSampleRate"])
            self.channels = max(1, min(MOST_CHANNELS, int(found["maxInputChannels"])))
            self._stream = self._portaudio.open(
                rate=self.rate, channels=self.channels, format=pyaudio.paInt16, input=True,
                frames_per_buffer=self.rate // BLOCKS_A_SECOND, input_device_index=index,
                stream_callback=self._callback,
            )  # fmt: skip
        except NoMicrophoneError:
            self._portaudio.terminate()
            raise
        except (OSError, ValueError) as error:
            self._portaudio.terminate()
            raise NoMicrophoneError(
                f"No microphone can be opened ({first_line(error)})."
            ) from error
        self.label = str(found["name"])

    @property
    def alive(self) -> bool:
        """Whether the stream runs."""
        return bool(self._stream.is_active())

    def close(self) -> None:
        """Give the device back."""
        self._stream.close()
        self._portaudio.terminate()

    def _callback(self, block: bytes, _samples: int, _times: Any, _status: Any) -> tuple[None, int]:
        self._deliver(block)
        return None, self._go_on


def open_input(backend: str, device: str, deliver: Deliver) -> Input:
    """Open a microphone.

    Args:
        backend: The setting `audio_backend`: auto, sounddevice, pyaudio or none.
        device: Name of the device, or a part of it; blank is the system's choice. One that is
            not there is not replaced by another: it might hear what it should not.
        deliver: Gets the blocks, from another thread.

    Raises:
        NoMicrophoneError: There is none that can be opened; the message says why.
    """
    if backend == "none":
        raise NoMicrophoneError(
            "Sound is switched off; choose a sound library in Settings under Voice and sound."
        )
    return (
        PyAudioInput(device, deliver) if backend == "pyaudio" else SoundDeviceInput(device, deliver)
    )


def input_names(backend: str) -> list[str]:
    """Names of the microphones that a backend can open; empty where there are none."""
    if backend == "none":
        return []
    try:
        if backend == "pyaudio":
            import pyaudio

            portaudio = pyaudio.PyAudio()
            try:
                return list(_pyaudio_inputs(portaudio))
            finally:
                portaudio.terminate()
        import sounddevice

        return list(_sounddevice_inputs(sounddevice))
    except (ImportError, OSError):
        return []


def _sounddevice_inputs(sounddevice: Any) -> dict[str, int]:
    return {
        str(device["name"]): index
        for index, device in enumerate(sounddevice.query_devices())
        if device["max_input_channels"] > 0
    }


def _pyaudio_inputs(portaudio: Any) -> dict[str, int]:
    found = (portaudio.get_device_info_by_index(i) for i in range(portaudio.get_device_count()))
    return {str(d["name"]): int(d["index"]) for d in found if int(d["maxInputChannels"]) > 0}


def _index(devices: dict[str, int], wanted: str) -> int | None:
    """The index of a device; None, the system's choice, for a blank name."""
    if not devices:
        raise NoMicrophoneError(
            "There is no microphone; plug one in, and it is used as soon as it is there."
        )
    if not wanted:
        return None
    index = named(devices, wanted)
    if index is None:
        raise NoMicrophoneError(
            f"The microphone {wanted} is not there; plug it in, or choose another in Settings."
        )
    return index
