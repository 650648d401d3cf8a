"""Real sound without hardware: a private PulseAudio with a loudspeaker and a microphone of air.

What is played on the default output can be recorded from :class:`SoundCard`, and samples given to
:meth:`SoundCard.speak` arrive at the default input. PortAudio reaches both through ALSA's pulse
plugin. Debian: ``pulseaudio pulseaudio-utils libasound2-plugins libportaudio2``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

PROGRAMS = ("pulseaudio", "pactl", "pacat", "parec")
START_TIMEOUT_S = 10.0
ALSA_CONFIG = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
"""

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class SoundCard:
    """A running PulseAudio and how to reach it.

    Attributes:
        variables: Environment variables with which a process plays and records on it.
        rate: Sample rate in Hz.
    """

    variables: dict[str, str]
    rate: int = 48_000

    def record(self, seconds: float) -> Samples:
        """Return what the loudspeaker plays during the next ``seconds``: int16, mono, ``rate``."""
        with self.recording() as take:
            time.sleep(seconds)
        return take.samples

    @contextmanager
    def recording(self) -> Iterator[Take]:
        """Record the loudspeaker for as long as the block lasts, from its first moment on."""
        command = ["parec", "--device=loudspeaker.monitor", "--raw", "--latency-msec=20"]
        process = self.start(command, stdout=subprocess.PIPE)
        take = Take()
        assert process.stdout is not None
        pieces = [process.stdout.read(2)]
        # Read all the while: parec stops recording when the pipe is full, after 0.7 s.
        more = iter(partial(process.stdout.read, 4_096), b"")
        reader = threading.Thread(target=lambda: pieces.extend(more), daemon=True)
        reader.start()
        try:
            yield take
        finally:
            process.terminate()
            reader.join(START_TIMEOUT_S)
            process.wait(START_TIMEOUT_S)
            process.stdout.close()
            raw = b"".join(pieces)
            take.samples = np.frombuffer(raw[: len(raw) // 2 * 2], dtype=np.int16)

    def speak(self, samples: Samples) -> None:
        """Let the microphone hear ``samples`` (int16, mono, ``rate``); return at their end."""
        command = ["pacat", "--playback", "--device=mouth", "--raw"]
        process = self.start(command, stdin=subprocess.PIPE)
        process.communicate(samples.astype("<i2").tobytes(), timeout=len(samples) / self.rate + 10)
        if process.returncode != 0:
            raise RuntimeError(f"pacat ended with {process.returncode}")

    def start(self, command: list[str], **pipes: int) -> subprocess.Popen[bytes]:
        """Start a program of PulseAudio's that reads or writes samples (int16, mono, ``rate``)."""
        return self._start([*command, *self._format()], **pipes)

    def _format(self) -> list[str]:
        return ["--format=s16le", "--channels=1", f"--rate={self.rate}"]

    def _start(self, command: list[str], **pipes: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env={**os.environ, **self.variables}, **pipes)


class Take:
    """A recording; ``samples`` (int16, mono) is filled when it has ended."""

    def __init__(self) -> None:
        self.samples: Samples = np.zeros(0, np.int16)


def missing() -> str | None:
    """Return why no sound card can be made here, or None where it can."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        return f"{', '.join(lacking)} not installed (Debian: pulseaudio pulseaudio-utils)"
    if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        return "ALSA's pulse plugin is not installed (Debian: libasound2-plugins)"
    return None


@contextmanager
def sound_card(folder: Path) -> Iterator[SoundCard]:
    """Run a private PulseAudio with its files in ``folder``, and end it with the block.

    Raises:
        RuntimeError: It does not start.
    """
    socket = folder / "native"
    alsa = folder / "alsa.conf"
    alsa.write_text(ALSA_CONFIG, encoding="utf-8")
    private = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_STATE_PATH": str(folder)}
    modules = (
        f"module-native-protocol-unix socket={socket} auth-anonymous=1",
        "module-null-sink sink_name=loudspeaker rate=48000",
        "module-null-sink sink_name=mouth rate=48000",
        "module-remap-source master=mouth.monitor source_name=microphone",
    )
    command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--realtime=no"]
    command += ["--high-priority=no", "--exit-idle-time=-1", "--log-target=stderr"]
    for module in modules:
        command += ["-L", module]
    log = folder / "pulse.log"
    with log.open("wb") as output:
        daemon = subprocess.Popen(command, env={**os.environ, **private}, stderr=output)
    card = SoundCard({"PULSE_SERVER": f"unix:{socket}", "ALSA_CONFIG_PATH": str(alsa)})
    try:
        _wait_until_up(card, daemon, log)
        for setting in ("set-default-sink loudspeaker", "set-default-source microphone"):
            card._start(["pactl", *setting.split()]).wait(START_TIMEOUT_S)
        yield card
    finally:
        daemon.terminate()
        daemon.wait(START_TIMEOUT_S)


def _wait_until_up(card: SoundCard, daemon: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the daemon answers."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and daemon.poll() is None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if card._start(["pactl", "info"], **quiet).wait(START_TIMEOUT_S) == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(f"PulseAudio did not start: {log.read_text(errors='replace')[-500:]}")


@pytest.fixture(scope="session")
def pulse_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundCard]:
    """One sound card for the whole session."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("pulse")
    folder.chmod(0o700)
    with sound_card(folder) as card:
        yield card


@pytest.fixture
def pulse_sink(pulse_daemon: SoundCard, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundCard]:
    """The sound card, as the default devices of ``sounddevice`` in this process and its children.

    PortAudio reads the list of devices once, so it is started anew here and again at the end.
    """
    for name, value in pulse_daemon.variables.items():
        monkeypatch.setenv(name, value)
    try:
        import sounddevice
    except OSError as error:
        pytest.skip(f"{error} (Debian: libportaudio2)")
    _restart(sounddevice)
    yield pulse_daemon
    monkeypatch.undo()
    _restart(sounddevice)


def _restart(sounddevice: object) -> None:
    """Let PortAudio look for devices again."""
    sounddevice._terminate()  # type: ignore[attr-defined]
    sounddevice._initialize()  # type: ignore[attr-defined]
