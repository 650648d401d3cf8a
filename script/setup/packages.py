"""Install Python packages into the environment: by uv where pip can get it, otherwise by pip."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from pathlib import Path

from bootstrap import WINDOWS, Environment, SetupError
from script.setup.progress import Progress

UV_LOCK = "requirements-uv.txt"

#: What the output of pip or uv contains -> the sentence for the user.
CAUSES = (
    (
        r"no space left|os error 28|errno 28|not enough space|os error 112",
        "The disk is full; free about 2 GB and start again.",
    ),
    (
        r"permission denied|os error 13\b|errno 13\b|access is denied",
        "A file in {folder} cannot be written; close programs that use it, or move the program to "
        "a folder that you own, and start again.",
    ),
    (
        r"do not match the hashes|hash mismatch",
        "A downloaded package is not the one that was locked; try again, or from another network.",
    ),
    (
        r"name resolution|name or service not known|dns error|getaddrinfo|newconnectionerror"
        r"|connection refused|connection reset|network is unreachable|no route to host|timed out"
        r"|failed to fetch|error sending request|connecttimeout|proxyerror|remotedisconnected"
        r"|certificate verify failed|sslerror|invalid peer certificate",
        "The packages could not be downloaded; check the network (or the proxy) and start again.",
    ),
)


class InstallError(SetupError):
    """Packages could not be installed.

    Args:
        message: The sentence for the user.
        harmful: Whether the environment may have been left with half-written packages.
    """

    def __init__(self, message: str, *, harmful: bool) -> None:
        super().__init__(message)
        self.harmful = harmful


class Installer:
    """Installs requirements files into one environment.

    Args:
        environment: Where to.
        progress: Where to say what is done.
    """

    def __init__(self, environment: Environment, progress: Progress) -> None:
        self._environment = environment
        self._progress = progress
        self._root = Path(environment.root)
        self._pip = [environment.python, "-I", "-m", "pip", "install", "--no-input"]
        self._pip += ["--disable-pip-version-check", "--no-warn-script-location"]
        self._pip += ["--progress-bar", "off"]

    def install(
        self, files: Sequence[str], *, options: Sequence[str] = (), gpu_build: bool = False
    ) -> None:
        """Install the requirements ``files``.

        Args:
            files: Names of requirements files in the folder of the program.
            options: More options that pip and uv both know, such as ``--no-deps``.
            gpu_build: Let uv choose the build of torch that fits the graphics card.

        Raises:
            InstallError: It cannot be done; the message says why.
        """
        targets = [part for name in files for part in ("-r", name)]
        tails = []
        uv = self._fetch_uv()
        if uv is not None:
            command = [uv, "pip", "install", "--python", self._environment.python]
            command += ["--compile-bytecode"]
            backends = (["--torch-backend", "auto"], []) if gpu_build else ([],)
            for backend in backends:
                status, tail = self._run("uv", files, [*command, *backend, *options, *targets])
                if status == 0:
                    return
                tails.append(tail)
                if _is_disk_full(tail):
                    raise self._error(tail)
        status, tail = self._run("pip", files, [*self._pip, *options, *targets])
        if status != 0:
            raise self._error(tail)

    def _run(self, tool: str, files: Sequence[str], command: list[str]) -> tuple[int, str]:
        """Run one attempt of ``tool`` to install ``files``; return its status and last lines."""
        with self._progress.step(f"Installing {' and '.join(files)} by {tool}"):
            status, tail = self._progress.run(command, cwd=self._root)
        if status != 0:
            self._progress.say(f"    {tool} failed: {_last_line(tail)}")
        return status, tail

    def _fetch_uv(self) -> str | None:
        """Return the uv of the environment, fetched by pip if need be; None where pip cannot."""
        uv = Path(self._environment.scripts, "uv.exe" if WINDOWS else "uv")
        if uv.exists():
            return str(uv)
        if not (self._root / UV_LOCK).exists():
            return None
        with self._progress.step("Fetching the installer uv"):
            command = [*self._pip, "--retries", "2", "--only-binary", ":all:", "-r", UV_LOCK]
            status, tail = self._progress.run(command, cwd=self._root)
        if status == 0 and uv.exists():
            return str(uv)
        if _is_disk_full(tail):
            raise self._error(tail)
        self._progress.say(f"    uv cannot be had here ({_last_line(tail)}); pip will do")
        return None

    def _error(self, tail: str) -> InstallError:
        """Return the error for a failed installation whose output ended in ``tail``."""
        log = self._progress.log_path
        for pattern, sentence in CAUSES:
            if re.search(pattern, tail, flags=re.IGNORECASE):
                message = sentence.format(folder=self._environment.folder)
                return InstallError(f"{message} Details: {log}", harmful=_is_disk_full(tail))
        message = f"The packages could not be installed ({_last_line(tail)}); details: {log}"
        return InstallError(message, harmful=False)


def disk_error(error: OSError, folder: Path) -> SetupError:
    """Return the sentence for an ``error`` that the system raised while writing in ``folder``."""
    if error.errno == errno.ENOSPC:
        return SetupError("The disk is full; free about 2 GB and start again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return SetupError(
            f"The folder {folder} cannot be written; move the program to a folder that you own "
            "and start again."
        )
    return SetupError(f"The set-up cannot write in {folder}: {error.strerror or error}.")


def _is_disk_full(tail: str) -> bool:
    """Return whether the output of an installer says that the disk is full."""
    return re.search(CAUSES[0][0], tail, flags=re.IGNORECASE) is not None


def _last_line(tail: str) -> str:
    """Return the last line of ``tail`` that says what went wrong."""
    lines = [line.strip(" \t-×╰▶─>") for line in tail.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return ((errors or lines or ["no output"])[-1])[:200]
