"""Starting the backend process as early as can be: with the standard library alone.

The backend needs longer to start than the window. It is started before this process imports
anything else, and waits for its token, which the supervisor gives it later.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def has_display() -> bool:
    """Whether a window can be opened."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def spawn_backend(command: list[str] | None = None) -> subprocess.Popen[str]:
    """Start the backend; it waits for its token on standard input, and ends if that closes."""
    return subprocess.Popen(
        command or [sys.executable, "-u", str(ROOT / "main.py"), "serve", "--supervised"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
