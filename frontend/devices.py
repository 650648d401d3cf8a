"""What loudspeaker and microphone share: finding a device by name, and looking for new ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


def named(devices: Mapping[str, int], wanted: str) -> int | None:
    """The index of the device with this name, or with it as a part; None if there is none."""
    if wanted in devices:
        return devices[wanted]
    return next((index for name, index in devices.items() if wanted.lower() in name.lower()), None)


def first_line(error: Exception) -> str:
    """The first line of an error's text."""
    return (str(error).splitlines() or [type(error).__name__])[0]


class DeviceScan:
    """Lets PortAudio look for devices again, which would end every stream that is open.

    So it happens only while none is. Who holds a stream that rests may register with
    `on_wanted`, and give it up when another one is missing its device.
    """

    def __init__(self, look: Callable[[], None] | None = None) -> None:
        self._look = look or _restart_portaudio
        self._lock = threading.Lock()
        self._open = 0
        self._wanted: list[Callable[[], None]] = []

    def on_wanted(self, callback: Callable[[], None]) -> None:
        """Call back, from any thread, when an open stream stands in the way of a scan."""
        self._wanted.append(callback)

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Around the opening of a stream: it counts as open unless that fails."""
        with self._lock:
            yield
            self._open += 1

    def closed(self) -> None:
        """A stream was closed."""
        with self._lock:
            self._open -= 1

    def renew(self) -> bool:
        """Look for devices now; False if a stream is open, whose holder is asked to yield.

        Raises:
            ImportError, OSError: PortAudio is missing, or does not start again.
        """
        with self._lock:
            if not self._open:
                self._look()
                return True
        for callback in self._wanted:
            callback()
        return False


def _restart_portaudio() -> None:
    import sounddevice

    sounddevice._terminate()
    sounddevice._initialize()
