"""Start the program inside its own environment, and set that up where it is missing or out of date.

Standard library only, and on the usual path almost none of it: a start where nothing has changed
costs a few calls of ``stat`` and one ``exec``, so heavier modules (pathlib, dataclasses,
subprocess) stay out of it. It parses on Python 3.7, so that an old interpreter can look for a newer
one.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

#: The folder of the program, without symbolic links: one folder has one environment.
ROOT = os.path.dirname(os.path.realpath(__file__))
WINDOWS = os.name == "nt"
STAMP_HEADER = "kotodama-environment 1"


class SetupError(Exception):
    """The environment cannot be set up; the message is one sentence with the one thing to do.

    It stands apart from ``config.KotodamaError`` because ``config`` needs the packages that are
    being installed.
    """


class Stamp:
    """What is known about a finished environment; kept as a text file inside it.

    Args:
        root: The folder for which the environment was made.
        python: The interpreter that it was made with, without symbolic links.
    """

    def __init__(self, root: str, python: str) -> None:
        self.root = root
        self.python = python
        #: Requirements file name -> (size in bytes, mtime in ns, SHA-256 in hex) when installed.
        self.files: dict[str, tuple[int, int, str]] = {}
        self.extras: list[str] = []
        #: True from before packages change until they are complete: a kill leaves it True.
        self.installing = False

    @classmethod
    def read(cls, path: str) -> Stamp | None:
        """Return the stamp in the file ``path``, or None where there is none that can be read."""
        try:
            with open(path, encoding="utf-8") as file:
                header, *lines = file.read().splitlines()
            rows = [line.split("\t") for line in lines]
            values = {row[0]: row[1] for row in rows}
            stamp = cls(values["root"], values["python"])
            for kind, *fields in rows:
                if kind == "file":
                    stamp.files[fields[0]] = (int(fields[1]), int(fields[2]), fields[3])
                elif kind == "extra":
                    stamp.extras.append(fields[0])
        except (OSError, ValueError, KeyError, IndexError):
            return None
        stamp.installing = "installing" in values
        return stamp if header == STAMP_HEADER else None

    def write(self, path: str) -> None:
        """Replace the file ``path`` by this stamp, whole or not at all.

        Raises:
            OSError: The file cannot be written.
        """
        rows = [STAMP_HEADER, f"root\t{self.root}", f"python\t{self.python}"]
        rows += [f"file\t{name}\t{s}\t{m}\t{h}" for name, (s, m, h) in self.files.items()]
        rows += [f"extra\t{name}" for name in self.extras]
        rows += ["installing\tyes"] if self.installing else []
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as file:
            file.write("\n".join(rows) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


class Environment:
    """The paths of one environment, and whether it fits the requirements.

    Args:
        root: The folder of the program.
        name: The environment's own folder in it.
    """

    def __init__(self, root: str = ROOT, name: str = ".venv") -> None:
        self.root = root
        self.folder = os.path.join(root, name)
        self.scripts = os.path.join(self.folder, "Scripts" if WINDOWS else "bin")
        self.python = os.path.join(self.scripts, "python.exe" if WINDOWS else "python")
        self.stamp_path = os.path.join(self.folder, "kotodama.stamp")

    def is_running(self) -> bool:
        """Return whether this process runs inside the environment."""
        try:
            return os.path.samefile(sys.prefix, self.folder)
        except OSError:
            return False

    def is_intact(self, stamp: Stamp | None) -> bool:
        """Return whether the environment belongs here, is complete, and its Python still exists.

        A moved or copied folder, a kill while installing, and a system upgrade that replaced the
        interpreter all make it False.
        """
        if stamp is None or stamp.installing or stamp.root != self.root:
            return False
        if WINDOWS:
            return os.path.exists(self.python) and os.path.exists(stamp.python)
        return os.path.exists(self.python) and os.path.realpath(self.python) == stamp.python

    def outdated(self, stamp: Stamp, requirements: Sequence[str]) -> list[str]:
        """Return those of ``requirements`` that have changed since they were installed.

        Size and time are looked at first, the hash only where they differ; a file that was merely
        touched is noted in ``stamp``, so that the next start need not hash it again.

        Raises:
            SetupError: A requirements file is missing.
        """
        changed = []
        for name in requirements:
            path = os.path.join(self.root, name)
            try:
                status = os.stat(path)
            except OSError:
                raise SetupError(
                    f"{name} is missing from {self.root}; download the program again."
                ) from None
            size, mtime, digest = stamp.files.get(name, (-1, -1, ""))
            if (size, mtime) == (status.st_size, status.st_mtime_ns):
                continue
            if digest and digest == sha256(path):
                stamp.files[name] = (status.st_size, status.st_mtime_ns, digest)
            else:
                changed.append(name)
        return changed

    def is_ready(self, requirements: Sequence[str]) -> bool:
        """Return whether the environment is intact and has all of ``requirements``.

        Raises:
            SetupError: A requirements file is missing.
        """
        stamp = Stamp.read(self.stamp_path)
        if stamp is None or not self.is_intact(stamp):
            return False
        before = dict(stamp.files)
        if self.outdated(stamp, requirements):
            return False
        if stamp.files != before:
            try:
                stamp.write(self.stamp_path)
            except OSError:
                # A read-only folder is no reason not to start; the hash is computed again.
                return True
        return True


def sha256(path: str) -> str:
    """Return the SHA-256 of the file ``path`` in hex."""
    import hashlib

    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def enter(requirements: Sequence[str] = ("requirements.txt",)) -> None:
    """Return only when running inside an environment that has ``requirements``.

    Otherwise set the environment up, with progress on stderr, and start this very command again
    inside it. Call it before anything but the standard library is imported.

    Args:
        requirements: Names of requirements files in the folder of the program.

    Raises:
        SystemExit: The set-up failed; stderr says why and what to do.
    """
    environment = Environment()
    try:
        if environment.is_ready(requirements):
            if environment.is_running():
                return
        else:
            from script.setup.environment import set_up

            set_up(environment, requirements)
    except SetupError as error:
        sys.exit(f"kotodama: {error}")
    except KeyboardInterrupt:
        sys.exit("\nkotodama: the set-up was interrupted; the next start goes on with it.")
    _restart(environment.python)


def install_extra(name: str) -> None:
    """Install the extra ``name`` into the environment, with progress on stderr.

    Versions of the locked packages stay as they are. An extra that is there already is brought
    to what its file says.

    Args:
        name: One of ``script.setup.extras.EXTRAS``.

    Raises:
        SetupError: There is no such extra, or it cannot be installed.
    """
    from script.setup.extras import install

    install(Environment(), name)


def _restart(python: str) -> NoReturn:
    """Run this process's own command line again, by ``python``."""
    # Python 3.10 and later keep the options of the interpreter, such as -X.
    arguments = getattr(sys, "orig_argv", [python, *sys.argv])[1:]
    sys.stdout.flush()
    sys.stderr.flush()
    if not WINDOWS:
        os.execv(python, [python, *arguments])
    # On Windows exec would return the prompt at once and leave the program in the background.
    import subprocess

    child = subprocess.Popen([python, *arguments])
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue
