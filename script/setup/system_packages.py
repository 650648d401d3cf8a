"""Debian packages that pip cannot bring, installed where that is allowed without a password."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys

from script.setup.progress import Progress

#: Locked Python package -> (the shared library that it loads on Linux, its Debian package).
LIBRARIES = {"sounddevice": ("portaudio", "libportaudio2")}
LOCK_TIMEOUT_S = 120


def apt_prefix() -> list[str] | None:
    """Return what to put before ``apt-get``: nothing for root, sudo if it asks for no password.

    Returns:
        None where packages may not be installed by this user, or the system has no apt.
    """
    if sys.platform != "linux" or shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    allowed = subprocess.run(
        [sudo, "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return [sudo, "-n"] if allowed.returncode == 0 else None


def apt_install(progress: Progress, packages: list[str]) -> bool:
    """Install Debian ``packages``; return whether that succeeded.

    The package lists are fetched only where the installation fails without: on a fresh container
    they are missing, elsewhere it saves the time.
    """
    prefix = apt_prefix()
    if prefix is None:
        return False
    apt = [*prefix, "apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCK_TIMEOUT_S}"]
    install = [*apt, "install", "--no-install-recommends", *packages]
    with progress.step(f"Installing {' '.join(packages)} by apt"):
        if progress.run(install)[0] == 0:
            return True
        progress.run([*apt, "update"])
        return progress.run(install)[0] == 0


def missing_libraries(lock_text: str) -> list[str]:
    """Return the Debian packages for the shared libraries that the locked packages lack here.

    Args:
        lock_text: The requirements, one ``name==version`` a line.
    """
    if sys.platform != "linux":
        return []
    return [
        package
        for name, (library, package) in LIBRARIES.items()
        if f"\n{name}==" in f"\n{lock_text}" and ctypes.util.find_library(library) is None
    ]


def install_libraries(progress: Progress, lock_text: str) -> None:
    """Install the shared libraries that ``lock_text`` needs, or say how to; none stops the set-up.

    Args:
        progress: Where to say it.
        lock_text: The requirements, one ``name==version`` a line.
    """
    packages = missing_libraries(lock_text)
    if packages and not apt_install(progress, packages):
        progress.say(
            f"  Note: there will be no sound before you run: "
            f"sudo apt-get install {' '.join(packages)}"
        )
