"""Runs another program and ends with it whatever happens to the backend. Run as a script.

The backend holds this process's standard input open. When that closes, which happens however the
backend dies, the program is ended together with all that it has started. Any program can be held
so, on every system; one of ours that reads its standard input itself needs no leash.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

GRACE_S = 3.0
"""How long a program may take to end by itself before it is killed."""
NOT_STARTED = 127


def own_group() -> dict[str, Any]:
    """Arguments of `subprocess.Popen` for a process that leads a group of its own."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags}
    return {"start_new_session": True}


def end_tree(pid: int, grace_s: float) -> None:
    """End a process that leads its group, with its descendants and the rest of the group.

    Args:
        pid: The leader; it may have ended already, its descendants not.
        grace_s: What they are given to end by themselves.
    """
    import psutil

    family: list[psutil.Process] = []
    with suppress(psutil.Error):
        leader = psutil.Process(pid)
        family = [leader, *leader.children(recursive=True)]
    _signal_group(pid, "SIGTERM")
    for one in family:
        with suppress(psutil.Error):
            one.terminate()
    _, alive = psutil.wait_procs(family, grace_s)
    _signal_group(pid, "SIGKILL")
    for one in alive:
        with suppress(psutil.Error):
            one.kill()


def _signal_group(leader: int, name: str) -> None:
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, getattr(signal, name))


def hold(command: list[str]) -> int:
    """Run a program until it ends or is to end; returns its exit code."""
    try:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, **own_group())
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
        return NOT_STARTED

    def stop(_number: int, _frame: FrameType | None) -> None:
        end_tree(program.pid, GRACE_S)

    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=_end_with_input, args=(program.pid,), daemon=True).start()
    code = int(program.wait())
    end_tree(program.pid, 0.0)
    return code


def _end_with_input(pid: int) -> None:
    """Wait until the one who holds standard input lets go."""
    with suppress(OSError):
        while os.read(0, 4096):
            continue
    end_tree(pid, GRACE_S)


if __name__ == "__main__":
    ended = hold(sys.argv[1:])
    sys.stderr.flush()
    os._exit(ended & 0xFF)
