"""Make ``.venv`` fit the requirements: create or rebuild it, install, and note what was done.

A kill at any moment is recovered from by the next start. The stamp says ``installing`` from before
packages change until they are complete; an environment without a stamp, or with such a stamp, is
thrown away and built anew, because half-written packages look installed to pip and uv. The caches
of pip and uv make that cheap.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bootstrap import WINDOWS, Environment, SetupError, Stamp, sha256
from script.setup.interpreter import Interpreter, advice, find_interpreter
from script.setup.lock import FolderLock
from script.setup.packages import Installer, InstallError, disk_error
from script.setup.progress import Progress
from script.setup.system_packages import apt_install, install_libraries

#: Free space that a new environment and the caches need, in bytes.
NEEDED_SPACE = 1_500_000_000
#: Nothing that is locked is compiled here: a bare machine has no compiler.
WHEELS_ONLY = ("--only-binary", ":all:")


@contextmanager
def exclusive(environment: Environment) -> Iterator[Progress]:
    """Hold the lock of ``environment``; within, errors of the file system are ``SetupError``.

    Raises:
        SetupError: The folder cannot be written.
    """
    root = Path(environment.root)
    lock = FolderLock(root / ".venv.lock", on_wait=_say_waiting)
    try:
        with lock:
            yield Progress(root / "logs" / "setup.log", inherited=(lock.descriptor,))
    except OSError as error:
        raise disk_error(error, root) from error


def set_up(environment: Environment, requirements: Sequence[str]) -> None:
    """Make ``environment`` ready for ``requirements``; wait if another process is doing so.

    Raises:
        SetupError: It cannot be done; the message says what to do.
    """
    with exclusive(environment) as progress:
        if environment.is_ready(requirements):
            return
        start = time.monotonic()
        progress.say(f"Setting up Kotodama in {environment.folder}")
        stamp = Stamp.read(environment.stamp_path)
        if stamp is None or not environment.is_intact(stamp):
            stamp = rebuild(environment, progress)
        files = environment.outdated(stamp, requirements)
        install_libraries(progress, _text(environment, files))
        states = {name: _state(Path(environment.root, name)) for name in files}
        with changing_packages(environment, stamp):
            Installer(environment, progress).install(files, options=WHEELS_ONLY)
        compile_program(environment, progress)
        stamp.files.update(states)
        stamp.write(environment.stamp_path)
        progress.say(f"Ready after {time.monotonic() - start:.0f} s.")


def compile_program(environment: Environment, progress: Progress) -> None:
    """Compile the program itself to bytecode, as the installer does with the packages.

    Python would do so at the first start, but not where its variables or the rights of the folder
    forbid it; there every start would compile everything anew. A failure is none of the set-up's.
    """
    root = Path(environment.root)
    parts = [
        path for path in root.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    ]
    with progress.step("Compiling the program"):
        command = [environment.python, "-I", "-m", "compileall", "-q", *map(str, sorted(parts))]
        progress.run(command)


@contextmanager
def changing_packages(environment: Environment, stamp: Stamp) -> Iterator[None]:
    """Mark the environment as incomplete for as long as packages change.

    An installer that fails before it writes (no network, a wrong hash) leaves the environment as
    it was, and so does this; a kill or a full disk leaves the mark.
    """
    stamp.installing = True
    stamp.write(environment.stamp_path)
    try:
        yield
    except InstallError as error:
        if not error.harmful:
            stamp.installing = False
            stamp.write(environment.stamp_path)
        raise
    stamp.installing = False
    stamp.write(environment.stamp_path)


def rebuild(environment: Environment, progress: Progress) -> Stamp:
    """Throw away what is in ``.venv``, create it anew, and return its stamp.

    Raises:
        SetupError: There is no suitable Python, or no space.
    """
    folder = Path(environment.folder)
    previous = Stamp.read(environment.stamp_path)
    free = shutil.disk_usage(environment.root).free
    if free < NEEDED_SPACE:
        raise SetupError(
            f"Only {free / 1e6:.0f} MB are free on this disk; free {NEEDED_SPACE / 1e6:.0f} MB "
            "and start again."
        )
    interpreter = _interpreter(progress)
    if folder.exists():
        with progress.step("Removing the old or unfinished environment"):
            _clear(folder)
    version = ".".join(map(str, interpreter.version))
    with progress.step(f"Creating the environment with Python {version} ({interpreter.path})"):
        status, tail = progress.run([interpreter.path, "-I", "-m", "venv", str(folder)])
    if status != 0:
        raise SetupError(
            f"Python {version} could not create an environment "
            f"({tail.splitlines()[-1] if tail else 'no output'}); details: {progress.log_path}"
        )
    base = interpreter.path if WINDOWS else os.path.realpath(environment.python)
    stamp = Stamp(environment.root, base)
    stamp.write(environment.stamp_path)
    for name in previous.extras if previous else ():
        progress.say(f"  Note: the extra {name} is to be installed again: extras install {name}")
    return stamp


def _interpreter(progress: Progress) -> Interpreter:
    """Return a suitable Python, installed by apt where there is none and that is allowed.

    Raises:
        SetupError: There is none.
    """
    found, others = find_interpreter()
    wanted = ["python3", "python3-tk", "python3-venv"]
    if found is None and apt_install(progress, wanted):
        found, others = find_interpreter()
    if found is None:
        raise SetupError(advice(others))
    return found


def _clear(folder: Path) -> None:
    """Remove all in ``folder``, the stamp first, so that what is left never looks complete."""
    for path in sorted(folder.iterdir(), key=lambda path: path.suffix != ".stamp"):
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            if sys.platform != "win32":
                raise
            raise SetupError(
                f"{folder} is in use; close Kotodama and other programs that use it, "
                "delete that folder, and start again."
            ) from error


def _state(path: Path) -> tuple[int, int, str]:
    """Return what the stamp keeps of a requirements file: size, mtime in ns and SHA-256."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, sha256(str(path))


def _text(environment: Environment, files: Sequence[str]) -> str:
    """Return the requirements ``files`` as one text."""
    return "\n".join(Path(environment.root, name).read_text(encoding="utf-8") for name in files)


def _say_waiting() -> None:
    """Tell that another start holds the lock."""
    print("Another start is setting up Kotodama; waiting for it ...", file=sys.stderr, flush=True)
