"""Say on stderr what the set-up does, and run its child processes with their output in a log."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

#: Beginnings of lines of pip and uv that a user wants to see while waiting.
SHOWN = ("Resolved", "Downloading", "Building", "Built", "Prepared", "Installing", "Installed")
#: Variables that would make pip, uv or Python act outside the environment.
REMOVED_VARIABLES = (
    "PIP_PREFIX",
    "PIP_REQUIRE_HASHES",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_SYSTEM_PYTHON",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)
HEARTBEAT_S = 5.0
TAIL_LINES = 60


class Progress:
    """The steps of one set-up: a line on stderr when a step begins and one when it has ended.

    Args:
        log_path: All output of child processes is added to this file.
        inherited: File descriptors that child processes keep open (POSIX).
    """

    def __init__(self, log_path: Path, inherited: Sequence[int] = ()) -> None:
        self.log_path = log_path
        self._inherited = tuple(inherited)

    def say(self, text: str) -> None:
        """Write ``text`` as a line to stderr."""
        print(text, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce ``title``, and say how long the body took."""
        self.say(f"  {title} ...")
        start = time.monotonic()
        yield
        self.say(f"    took {time.monotonic() - start:.1f} s")

    def run(self, command: Sequence[str], *, cwd: Path | None = None) -> tuple[int, str]:
        """Run ``command`` and show the lines of its output that tell how far it is.

        Args:
            command: The program and its arguments.
            cwd: The folder to run in.

        Returns:
            The exit status, and the last lines of stdout and stderr together.

        Raises:
            OSError: The program or the log cannot be opened.
        """
        environment = {k: v for k, v in os.environ.items() if k not in REMOVED_VARIABLES}
        environment.update(DEBIAN_FRONTEND="noninteractive", PYTHONUTF8="1")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(command)}\n")
            log.flush()
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                pass_fds=self._inherited if os.name != "nt" else (),
            )
            try:
                tail = self._follow(child, log)
                return child.wait(), tail
            finally:
                if child.poll() is None:
                    child.kill()
                    child.wait()

    def _follow(self, child: subprocess.Popen[str], log: IO[str]) -> str:
        """Copy the output of ``child`` to ``log``, show what matters, and return its last lines."""
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read_lines, args=(child, lines), daemon=True).start()
        tail: deque[str] = deque(maxlen=TAIL_LINES)
        start = time.monotonic()
        while True:
            try:
                line = lines.get(timeout=HEARTBEAT_S)
            except queue.Empty:
                self.say(f"    still working, {time.monotonic() - start:.0f} s")
                continue
            if line is None:
                return "\n".join(tail)
            log.write(line + "\n")
            tail.append(line)
            if line.lstrip().startswith(SHOWN):
                self.say(f"    {line.strip()[:110]}")


def _read_lines(child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Put every line that ``child`` writes into ``lines``, and None at the end."""
    assert child.stdout is not None
    for line in child.stdout:
        lines.put(line.rstrip())
    lines.put(None)
