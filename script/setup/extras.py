"""Extras: large packages, or such that compile, installed into the environment on demand.

The extra NAME stands in ``requirements-NAME.txt``; what must come without its dependencies stands
in ``requirements-NAME-nodeps.txt``. The locked packages act as constraints, so that no extra
changes a version that the program was tested with. An extra that cannot live with them gets an
environment of its own beside ``.venv``.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from bootstrap import Environment, SetupError, Stamp
from script.setup.environment import changing_packages, exclusive, rebuild
from script.setup.packages import Installer
from script.setup.system_packages import apt_install

#: Name -> what it is for, in a few words.
EXTRAS = {
    "training": "voice training (torch)",
    "whisper": "speech recognition by openai-whisper (torch)",
    "faster-whisper": "speech recognition by faster-whisper",
    "pyaudio": "sound devices by PyAudio",
    "coqui": "voices of Coqui and XTTS (torch), in an environment of their own",
}
#: Extras with an environment of their own -> its folder, and the free space that it needs, bytes.
APART = {"coqui": (".venv.coqui", 8_000_000_000)}
#: Debian packages that an extra needs to compile.
BUILD_PACKAGES = {"pyaudio": ["gcc", "python3-dev", "portaudio19-dev"]}
#: Extras that contain torch, of which there is one build for each kind of graphics card.
WITH_TORCH = ("training", "whisper")


def install(environment: Environment, name: str) -> None:
    """Install the extra ``name``.

    Raises:
        SetupError: There is no such extra, the light set is not there, or it cannot be installed.
    """
    if name not in EXTRAS:
        raise SetupError(f"There is no extra {name!r}; there are {', '.join(EXTRAS)}.")
    if name in APART:
        install_apart(environment.root, name)
        return
    with exclusive(environment) as progress:
        stamp = Stamp.read(environment.stamp_path)
        if stamp is None or not environment.is_intact(stamp):
            raise SetupError("The environment is not complete; start the program once, then again.")
        progress.say(f"Installing the extra {name}: {EXTRAS[name]}")
        root = Path(environment.root)
        if sys.platform == "linux" and name in BUILD_PACKAGES:
            apt_install(progress, BUILD_PACKAGES[name])
        lock = (root / "requirements.txt").read_text(encoding="utf-8")
        constraints = Path(environment.folder, "constraints.txt")
        constraints.write_text(without_hashes(lock), encoding="utf-8")
        without_dependencies = f"requirements-{name}-nodeps.txt"
        installer = Installer(environment, progress)
        with changing_packages(environment, stamp):
            installer.install(
                [f"requirements-{name}.txt"],
                options=["--constraint", str(constraints)],
                gpu_build=name in WITH_TORCH,
            )
            if (root / without_dependencies).exists():
                installer.install([without_dependencies], options=["--no-deps"])
        if name not in stamp.extras:
            stamp.extras.append(name)
            stamp.write(environment.stamp_path)
        progress.say(f"The extra {name} is installed.")


def install_apart(root: str, name: str) -> None:
    """Install the extra ``name`` into an environment of its own in the folder ``root``.

    Raises:
        SetupError: There is no suitable Python or no space, or it cannot be installed.
    """
    folder, needed = APART[name]
    environment = Environment(root, folder)
    with exclusive(environment) as progress:
        stamp = Stamp.read(environment.stamp_path)
        if stamp is None or not environment.is_intact(stamp):
            free = shutil.disk_usage(root).free
            if free < needed:
                raise SetupError(
                    f"Only {free / 1e9:.1f} GB are free on this disk; the extra {name} needs "
                    f"{needed / 1e9:.0f} GB."
                )
            stamp = rebuild(environment, progress)
        progress.say(f"Installing the extra {name}: {EXTRAS[name]}")
        with changing_packages(environment, stamp):
            Installer(environment, progress).install([f"requirements-{name}.txt"], gpu_build=True)
        progress.say(f"The extra {name} is installed in {environment.folder}.")


def installed(environment: Environment) -> list[str]:
    """Return the names of the extras that were installed here."""
    stamp = Stamp.read(environment.stamp_path)
    return list(stamp.extras) if stamp is not None else []


def without_hashes(lock: str) -> str:
    """Return the pins of a lock file alone: ``name==version ; marker``, one a line."""
    pins = re.findall(r"^([A-Za-z0-9][^\\\n#]*?)\s*\\?$", lock, flags=re.MULTILINE)
    return "\n".join(pins) + "\n"
