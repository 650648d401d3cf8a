"""The report that a user pastes into a bug report: versions, system, engines, last log lines.

Nothing in it may give away a secret, so keys, tokens, passwords and the user's own folder are
blotted out of every line.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from config import VERSION
from frontend.pages.logs_model import Line, format_line

REPORT_LINES = 200
_BLOT = "[redacted]"
_PACKAGES = ("ttkbootstrap", "pydantic", "websockets", "sounddevice", "pillow")

_NAMED = re.compile(
    r"(?i)((?:[\w-]*(?:api[_-]?key|token|secret|password|passwd)[\w-]*)[\"']?\s*[=:]\s*[\"']?)"
    r"(?!Bearer\b)[^\s\"',;&}\])]+"
)
_AUTHORIZATION = re.compile(r"(?i)\b(Bearer|Basic)\s+[\w.~+/=-]{6,}")
_URL_PASSWORD = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")
_PREFIXED = re.compile(
    r"\b(?:sk|pk|rk|hf|gh[opsu]|github_pat|xox[abp]|AIza)[-_]?[A-Za-z0-9_-]{12,}"
)
_RANDOM = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{32,}(?![\w-])")


def redact(text: str, home: str | None = None) -> str:
    """The text without what looks like a key, a token, a password or the user's home folder.

    Args:
        text: Any text.
        home: The folder that becomes `~`; the user's own by default.
    """
    text = _AUTHORIZATION.sub(rf"\1 {_BLOT}", text)
    text = _NAMED.sub(rf"\1{_BLOT}", text)
    text = _URL_PASSWORD.sub(_BLOT, text)
    text = _PREFIXED.sub(_BLOT, text)
    text = _RANDOM.sub(_BLOT, text)
    folder = home if home is not None else str(Path.home())
    return text.replace(folder, "~") if len(folder) > 1 else text


def build_report(
    lines: Sequence[Line], engines: Iterable[Mapping[str, Any]], *, dropped: int = 0
) -> str:
    """The report as Markdown text.

    Args:
        lines: Log lines, oldest first; the last `REPORT_LINES` are taken.
        engines: What `GET /api/engines` gave.
        dropped: How many log lines came too fast to be shown.
    """
    parts = ["## Versions", *_versions(), "", "## Engines"]
    parts += [_engine_line(engine) for engine in engines] or ["- not known: no answer yet"]
    last = lines[-REPORT_LINES:]
    parts += ["", f"## Last {len(last)} log lines ({dropped} dropped)", "```"]
    parts += [format_line(line) for line in last]
    return redact("\n".join([*parts, "```", ""]))


def _versions() -> list[str]:
    packages = []
    for name in _PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} not installed")
    return [
        f"- Kotodama {VERSION}",
        f"- Python {sys.version.split()[0]}, {', '.join(packages)}",
        f"- {platform.platform()}, {platform.machine()}",
    ]


def _engine_line(engine: Mapping[str, Any]) -> str:
    state = "available" if engine.get("available") else "not available"
    if engine.get("active"):
        state = "on duty"
    reason = f": {engine['reason']}" if engine.get("reason") else ""
    return f"- {engine.get('kind', '?')}/{engine.get('name', '?')} {state}{reason}"
