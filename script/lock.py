"""Write the hashed lock files from requirements*.in, for every system and Python at once.

Run it after a change to a ``.in`` file; ``--upgrade`` takes the newest versions as well. It needs
`uv <https://docs.astral.sh/uv/>`_ and the network.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.10"
HEADER = "# Written by `python script/lock.py` from {source}. Do not edit by hand.\n"
#: Each lock with the lock that it must agree with.
LOCKS = (("requirements", None), ("requirements-dev", "requirements"), ("requirements-uv", None))


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


def main() -> None:
    """Compile every lock file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    uv = find_uv()
    for name, constraint in LOCKS:
        compile_lock(uv, name, constraint, upgrade=options.upgrade)
        print(f"{name}.txt written")


if __name__ == "__main__":
    main()
