"""The end of the log file as lines: what was logged before the window was opened."""

from __future__ import annotations

import re
import time
from pathlib import Path

from frontend.pages.logs_model import Line, level_name

TAIL_BYTES = 256_000
_HEAD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(\d{3}) ([A-Z]+) +(\S+) (.*)")


def read_tail(path: Path, since: float) -> list[Line]:
    """The newest lines of a log file, oldest first.

    Args:
        path: A file as `backend.logs` writes it; text without a time belongs to the line before.
        since: Seconds since the epoch; older lines are left out.

    Returns:
        Nothing when the file is not there or cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    lines: list[Line] = []
    for row in text.splitlines():
        head = _HEAD.match(row)
        if head:
            lines.append(_line(*head.groups()))
        elif lines:
            lines[-1] = lines[-1]._replace(text=f"{lines[-1].text}\n{row}")
    return [line for line in lines if line.at >= since]


def _line(moment: str, millis: str, level: str, source: str, text: str) -> Line:
    at = time.mktime(time.strptime(moment, "%Y-%m-%d %H:%M:%S")) + int(millis) / 1000
    return Line(at, level_name(level), source.removeprefix("kotodama."), text)
