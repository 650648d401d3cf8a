"""Find a Python on this computer that can run the program: 3.10 to 3.13, with tkinter and venv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 13)
#: Tried in this order: for the middle of the range the most ready-made packages exist.
MINORS = (12, 11, 13, 10)
PROBE_TIMEOUT_S = 20.0
#: Prints the version, the interpreter itself (outside of any environment) and what it lacks.
PROBE = """
import importlib, struct, sys, sysconfig
lacks = []
for name in ("venv", "ensurepip", "tkinter"):
    try:
        importlib.import_module(name)
    except ImportError:
        lacks.append(name)
if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
    lacks.append("build")
if struct.calcsize("P") != 8:
    lacks.append("64-bit")
print("%d.%d.%d" % sys.version_info[:3])
print(getattr(sys, "_base_executable", None) or sys.executable)
print(" ".join(lacks))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python on this computer.

    Attributes:
        path: Its executable.
        version: For example ``(3, 11, 2)``.
        lacks: What it would need to be suitable: module names, ``build`` or ``64-bit``.
    """

    path: str
    version: tuple[int, ...]
    lacks: tuple[str, ...]

    @property
    def is_suitable(self) -> bool:
        """Whether the program can run on it."""
        return OLDEST <= self.version[:2] <= NEWEST and not self.lacks


def probe(command: list[str]) -> Interpreter | None:
    """Return what ``command`` starts, or None where it is no Python that answers."""
    try:
        result = subprocess.run(
            [*command, "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_TIMEOUT_S,
            encoding="utf-8",
            errors="replace",
            check=True,
        )
        version, path, lacks = result.stdout.split("\n")[:3]
        return Interpreter(
            path.strip(), tuple(int(part) for part in version.split(".")), tuple(lacks.split())
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def candidates() -> Iterator[list[str]]:
    """Yield commands that may start a suitable Python, the most likely one first.

    ``KOTODAMA_PYTHON`` names the only one to consider.
    """
    chosen = os.environ.get("KOTODAMA_PYTHON")
    if chosen:
        yield [chosen]
        return
    yield [getattr(sys, "_base_executable", None) or sys.executable]
    names = [f"python3.{minor}" for minor in MINORS]
    for name in (*names, "python3", "python"):
        found = shutil.which(name)
        if found:
            yield [found]
    if sys.platform == "win32":
        for minor in MINORS:
            yield ["py", f"-3.{minor}"]
        return
    folders = [Path("/usr/bin"), Path("/usr/local/bin")]
    if sys.platform == "darwin":
        frameworks = Path("/Library/Frameworks/Python.framework/Versions")
        folders += [Path("/opt/homebrew/bin"), *(frameworks / f"3.{m}/bin" for m in MINORS)]
    folders += sorted(Path.home().glob(".pyenv/versions/3.*/bin"), reverse=True)
    for folder in folders:
        for name in (*names, "python3"):
            if (folder / name).exists():
                yield [str(folder / name)]


def find_interpreter() -> tuple[Interpreter | None, list[Interpreter]]:
    """Return the first suitable Python, and those that were seen and are not suitable."""
    seen: set[tuple[str, ...]] = set()
    others: list[Interpreter] = []
    for command in candidates():
        key = tuple(command[1:]) or (str(Path(command[0]).resolve()),)
        if key in seen:
            continue
        seen.add(key)
        found = probe(command)
        if found is not None and found.is_suitable:
            return found, others
        if found is not None:
            others.append(found)
    return None, others


def advice(others: list[Interpreter]) -> str:
    """Return the sentence that says what is missing and the one thing to do.

    Args:
        others: The unsuitable interpreters that were seen.
    """
    fitting = [o for o in others if OLDEST <= o.version[:2] <= NEWEST]
    if fitting:
        version = ".".join(map(str, fitting[0].version))
        missing = f"Python {version} at {fitting[0].path} lacks {', '.join(fitting[0].lacks)}"
    else:
        missing = "no Python from 3.10 to 3.13 was found"
    return f"{missing}; {remedy(fitting)}, then start again."


def remedy(fitting: list[Interpreter]) -> str:
    """Return what brings a suitable Python to this system.

    Args:
        fitting: The interpreters of the right version that lack something.
    """
    if sys.platform == "win32":
        return (
            "install Python 3.12 (64-bit) from https://www.python.org/downloads/ "
            'with "tcl/tk and IDLE" ticked'
        )
    if sys.platform == "darwin":
        brewed = [o for o in fitting if "homebrew" in o.path or "/usr/local/" in o.path]
        if brewed:
            minor = brewed[0].version[1]
            return f"run: brew install python-tk@3.{minor}"
        return "install Python 3.12 from https://www.python.org/downloads/ (it has tkinter)"
    if shutil.which("apt-get"):
        return "run: sudo apt-get install python3 python3-tk python3-venv"
    if shutil.which("dnf"):
        return "run: sudo dnf install python3 python3-tkinter"
    if shutil.which("pacman"):
        return "run: sudo pacman -S python tk"
    return "install Python 3.12 with tkinter and venv by your system's package manager"
