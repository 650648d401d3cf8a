"""A display for benchmarks of the window: the one that there is, or a virtual one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from backend.errors import BadInputError
from frontend.launch import has_display


@contextmanager
def display() -> Iterator[None]:
    """Make sure that a window can be opened.

    Raises:
        BadInputError: There is no display, and no Xvfb to make one.
    """
    if has_display():
        yield
        return
    if shutil.which("Xvfb") is None:
        raise BadInputError("The window cannot be measured: no display, and Xvfb is not installed.")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        os.environ["DISPLAY"] = ":" + answer.readline().strip()
    try:
        yield
    finally:
        del os.environ["DISPLAY"]
        server.terminate()
        server.wait(5)
