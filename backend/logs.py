"""Logging: rotating files, and the live log stream on the bus. Secrets are blanked out."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from config import Settings
from event_system import EventBus, LogLine, LogLines

FLUSH_S = 0.1
LINES_PER_FLUSH = 1_000
"""Lines told a flush; a burst beyond it is counted, not sent. The file has them all."""
MAX_BYTES = 5_000_000
FILES_KEPT = 4
OWN_LOGGERS = ("kotodama", "backend", "frontend", "commands")
_SECRET = re.compile(
    r"(?i)((?:bearer|api[_-]?key|token|password)[\"']?\s*[=: ]\s*[\"']?)([A-Za-z0-9._\-]{8,})"
    r"|\b(sk-[A-Za-z0-9_-]{8,})"
)


def redact(text: str) -> str:
    """The text without anything that looks like a key or a token."""
    return _SECRET.sub(lambda match: (match.group(1) or "") + "***", text)


class _RedactingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class LogStream(logging.Handler):
    """Collects log lines from any thread; `pump` publishes them in batches."""

    def __init__(self, bus: EventBus) -> None:
        super().__init__()
        self._bus = bus
        self._lines: deque[LogLine] = deque(maxlen=LINES_PER_FLUSH)
        self._written = 0
        self.setFormatter(_RedactingFormatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line for the next flush."""
        self._lines.append(
            LogLine(
                at=record.created,
                level=record.levelname,
                source=record.name.removeprefix("kotodama."),
                text=self.format(record),
            )
        )
        self._written += 1

    def flush_lines(self) -> None:
        """Publish what was collected."""
        if not self._written:
            return
        written, self._written = self._written, 0
        lines = tuple(self._lines.popleft() for _ in range(len(self._lines)))
        self._bus.publish(LogLines(lines=lines, dropped=max(0, written - len(lines))))

    async def pump(self) -> None:
        """Flush until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_S)
            self.flush_lines()


def start_logging(
    settings: Settings,
    extra: Iterable[logging.Handler] = (),
    *,
    console: bool = False,
    file: Path | None = None,
) -> list[str]:
    """Send the program's log to the file (`LOG_FILE` by default) and to `extra`.

    Returns:
        Sentences for the user about what could not be set up.
    """
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    set_level(settings)
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    form = _RedactingFormatter(
        "%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s %(message)s", "%Y-%m-%d %H:%M:%S"
    )
    problems = []
    try:
        root.addHandler(_file_handler(file or settings.log_file, form))
    except OSError as error:
        problems.append(
            f"The log file {file or settings.log_file} cannot be written ({error.strerror})."
        )
    if console:
        stream = logging.StreamHandler()
        stream.setFormatter(form)
        root.addHandler(stream)
    for handler in extra:
        root.addHandler(handler)
    return problems


def set_level(settings: Settings) -> None:
    """Let the program's own loggers tell from the set level on; libraries tell warnings only."""
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel("DEBUG" if settings.debug else settings.log_level)


def _file_handler(path: Path, form: logging.Formatter) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        path, maxBytes=MAX_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=False
    )
    handler.setFormatter(form)
    return handler
