"""Backends and commands as processes of their own, with all their files in a test's folder."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config import ROOT
from tests.support.settings import own_environment

PYTHON = [sys.executable, str(ROOT / "main.py")]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a child: nothing that the program reads but what is given."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
        or key.startswith(("PYTHON", "COV", "KOTODAMA"))
    }
    return {**kept, **own_environment(folder), "API_PORT": "0", "AVATAR_SIZE": "256", **more}


def run_command(
    folder: Path, *arguments: str, stdin: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `python main.py ...` to its end."""
    return subprocess.run(
        [*PYTHON, *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


@dataclass
class BackendChild:
    """A backend that was started as a child, supervised: its token goes in by standard input."""

    process: subprocess.Popen[str]
    token: str = "token-of-the-test"
    lines: queue.Queue[str] = field(default_factory=queue.Queue)

    @classmethod
    def start(cls, folder: Path, **more: str) -> BackendChild:
        process = subprocess.Popen(
            [*PYTHON, "serve", "--supervised"],
            cwd=ROOT,
            env=environment(folder, **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        child = cls(process)
        assert process.stdin is not None
        process.stdin.write(child.token + "\n")
        process.stdin.flush()
        threading.Thread(target=child._read, daemon=True).start()
        return child

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def ready(self) -> dict[str, Any]:
        """Where it listens, once it does."""
        announced: dict[str, Any] = json.loads(self.lines.get(timeout=60))
        return announced

    def close_input(self) -> None:
        """What happens when the parent ends."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> None:
        """Be sure that it is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


def is_running(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
