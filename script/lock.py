"""Write the hashed lock files from requirements*.in, for every system and Python at once.

Run it after a change to a ``.in`` file; ``--upgrade`` takes the newest versions as well. Then it
checks that every locked package has a wheel for each system and Python: nothing may have to be
compiled on a user's computer. It needs `uv <https://docs.astral.sh/uv/>`_ and the network.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.10"
HEADER = "# Written by `python script/lock.py` from {source}. Do not edit by hand.\n"
#: Each lock with the lock that it must agree with.
LOCKS = (("requirements", None), ("requirements-dev", "requirements"), ("requirements-uv", None))
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
SYSTEMS = (
    "windows",
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
)
#: The oldest macOS for which the libraries still make wheels.
OLDEST_MACOS = "14.0"


def find_uv() -> str:
    """Return the uv beside this interpreter, or else the one on PATH.

    Raises:
        SystemExit: There is none.
    """
    beside = Path(sys.executable).parent
    found = shutil.which("uv", path=str(beside)) or shutil.which("uv")
    if found is None:
        raise SystemExit("uv was not found; run ./run once, then .venv/bin/python script/lock.py")
    return found


def compile_lock(uv: str, name: str, constraint: str | None, *, upgrade: bool) -> None:
    """Resolve ``{name}.in`` into ``{name}.txt``, keeping the versions it has unless ``upgrade``.

    Args:
        uv: The uv program.
        name: The file name without its ending.
        constraint: The name of a lock whose versions this one must agree with.
        upgrade: Take the newest versions that fit.

    Raises:
        subprocess.CalledProcessError: The requirements do not resolve.
    """
    target = ROOT / f"{name}.txt"
    command = [uv, "pip", "compile", f"{name}.in", "--universal", "--generate-hashes"]
    command += ["--python-version", OLDEST_PYTHON, "--no-header", "--no-emit-index-url"]
    command += ["--no-config", "--quiet", "--output-file", target.name]
    command += ["--upgrade"] if upgrade else []
    command += ["--constraints", f"{constraint}.txt"] if constraint else []
    subprocess.run(command, cwd=ROOT, check=True)
    text = target.read_text(encoding="utf-8")
    target.write_text(HEADER.format(source=f"{name}.in") + text, encoding="utf-8", newline="\n")


def check_wheels(uv: str, name: str) -> list[str]:
    """Return a line for every system and Python where ``{name}.txt`` would compile something."""
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": OLDEST_MACOS}
    problems = []
    for python in PYTHONS:
        for system in SYSTEMS:
            with tempfile.TemporaryDirectory() as empty:
                command = [uv, "pip", "install", "--dry-run", "--quiet", "--no-config"]
                command += ["--target", empty, "--only-binary", ":all:", "--require-hashes"]
                command += ["--python-version", python, "--python-platform", system]
                command += ["-r", f"{name}.txt"]
                result = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
                )
            if result.returncode != 0:
                problems.append(f"{name}.txt, Python {python}, {system}: {result.stderr.strip()}")
    return problems


def main() -> None:
    """Compile every lock file and check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    uv = find_uv()
    for name, constraint in LOCKS:
        compile_lock(uv, name, constraint, upgrade=options.upgrade)
        print(f"{name}.txt written")
    problems = [line for name, _ in LOCKS for line in check_wheels(uv, name)]
    if problems:
        raise SystemExit("\n".join(["Without a wheel:", *problems]))
    print(f"every package has a wheel for {len(SYSTEMS)} systems and Python {', '.join(PYTHONS)}")


if __name__ == "__main__":
    main()
