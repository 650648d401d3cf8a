"""What ``./test`` does: the environment with the development tools, a display, all checks, pytest.

Without arguments: ruff (style, format), mypy, then pytest. With arguments: pytest alone, with them.
The exit status is that of the first check that failed, or that of pytest.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bootstrap

if __name__ == "__main__":
    bootstrap.enter(["requirements.txt", "requirements-dev.txt"])

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from script.setup.progress import Progress
from script.setup.system_packages import apt_install

ROOT = Path(bootstrap.ROOT)
CHECKS = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
SCREEN = "1280x800x24"


@contextmanager
def display() -> Iterator[None]:
    """Have ``DISPLAY`` set within the block, by an own Xvfb where there is no display (Linux).

    Where Xvfb is missing it is installed by apt if that is allowed; otherwise tests that need a
    window are skipped, and stderr says how to change that.
    """
    if sys.platform != "linux" or os.environ.get("DISPLAY"):
        yield
        return
    if shutil.which("Xvfb") is None:
        apt_install(Progress(ROOT / "logs" / "setup.log"), ["xvfb"])
    if shutil.which("Xvfb") is None:
        print("No display: run sudo apt-get install xvfb to test the window.", file=sys.stderr)
        yield
        return
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise SystemExit("Xvfb ended without giving a display; run Xvfb :99 to see why.")
        os.environ["DISPLAY"] = f":{number}"
        yield
    finally:
        server.terminate()
        server.wait()


def run(tool: Sequence[str]) -> int:
    """Run a Python tool of the environment in the project folder; return its exit status."""
    print(f"$ {' '.join(tool)}", flush=True)
    return subprocess.run([sys.executable, "-m", *tool], cwd=ROOT, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Run all checks and tests, or pytest with ``arguments``; return the exit status."""
    if not arguments:
        for check in CHECKS:
            status = run(check)
            if status != 0:
                return status
    with display():
        return run(["pytest", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
