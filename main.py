"""Kotodama: start it with `python main.py`, with or without a command (`--help` lists them)."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen


def main(arguments: list[str] | None = None, backend: Popen[str] | None = None) -> int:
    """Run the command line; see `commands.line`.

    Args:
        arguments: Those of the process by default.
        backend: A backend process that was started for the window and waits for its token.
    """
    from commands.line import run

    return run(arguments, backend)


def _start() -> int:
    # What a start makes stays: looking for garbage among it takes a tenth of the time.
    gc.set_threshold(50_000, 20, 50)
    # pydantic would look for plugins in the data of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Before anything that is not in the standard library is imported.
    import bootstrap

    bootstrap.enter()
    from frontend.launch import has_display, spawn_backend

    opens_window = sys.argv[1:] in ([], ["window"]) and has_display()
    return main(backend=spawn_backend() if opens_window else None)


if __name__ == "__main__":
    sys.exit(_start())
