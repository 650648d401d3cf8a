"""The second start of the program: when the window is visible, and when the backend answers."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from commands.benchmarks.display import display
from commands.benchmarks.figures import Figure, environment, scratch
from config import ROOT, Settings

ROUNDS = 3
PATIENCE_S = 30.0
VISIBLE = "the window is visible"
REACHED = "the backend is reached"


def measure(settings: Settings) -> list[Figure]:
    """Start the whole program some times on a data folder that is set up already."""
    with display(), scratch(settings) as own:
        _start(own)
        runs = [_start(own) for _ in range(ROUNDS)]
    how = f"process made to log line, second start, best of {ROUNDS}"
    return [
        Figure("window visible", round(min(one[0] for one in runs), 2), "s", how, at_most=1.0),
        Figure("backend ready", round(min(one[1] for one in runs), 2), "s", how, at_most=1.5),
    ]


def _start(settings: Settings) -> tuple[float, float]:
    """Seconds until the window was visible, and until it had reached the backend."""
    log = settings.log_file.with_name("window.log")
    log.unlink(missing_ok=True)
    started = time.time()
    process = subprocess.Popen([sys.executable, str(ROOT / "main.py")], env=environment(settings))
    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            visible, reached = _when(log, VISIBLE), _when(log, REACHED)
            if visible and reached:
                return visible - started, reached - started
            time.sleep(0.05)
    finally:
        process.terminate()
        process.wait(10)
    raise RuntimeError(f"the window did not come up within {PATIENCE_S:.0f} s")


def _when(log: Path, words: str) -> float | None:
    """Seconds since the epoch of the log line with these words."""
    try:
        text = log.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = re.search(rf"^(\S+ \S+) .*{re.escape(words)}", text, re.MULTILINE)
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S.%f").timestamp() if found else None
