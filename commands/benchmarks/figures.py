"""A measured figure, its bound, and what it was measured on."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import VERSION, Settings


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        at_most: The bound if small is good, else None.
        at_least: The bound if large is good, else None.
        how: What exactly was measured.
    """

    name: str
    value: float
    unit: str
    how: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the bound is kept; None where there is none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        if self.at_least is not None:
            return self.value >= self.at_least
        return None

    def line(self) -> str:
        """The figure for people."""
        bound = ""
        if self.at_most is not None:
            bound = f"(at most {self.at_most:g})"
        elif self.at_least is not None:
            bound = f"(at least {self.at_least:g})"
        mark = {True: "✓", False: "✗", None: " "}[self.kept]
        return f"{mark} {self.name}: {self.value:g} {self.unit} {bound} — {self.how}"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, by the nearest rank."""
    ranked = sorted(values)
    if not ranked:
        return float("nan")
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100.0))]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    import psutil

    return {
        "version": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


@contextmanager
def scratch(settings: Settings) -> Iterator[Settings]:
    """Settings with data and logs in a folder that is thrown away, and embedded engines alone."""
    with tempfile.TemporaryDirectory(prefix="kotodama-bench-") as folder:
        yield settings.model_copy(
            update={
                "data_dir": Path(folder),
                "database_url": "",
                "log_file": Path(folder) / "kotodama.log",
                "llm_engines": "persona",
                "tts_engines": "espeak",
                "stt_engines": "pocketsphinx",
                "first_start": False,
                "api_port": 0,
            }
        )


def environment(settings: Settings) -> dict[str, str]:
    """The process environment that gives a child these scratch settings."""
    return {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "LOG_FILE": str(settings.log_file),
        "LLM_ENGINES": settings.llm_engines,
        "TTS_ENGINES": settings.tts_engines,
        "STT_ENGINES": settings.stt_engines,
        "FIRST_START": "false",
        "API_PORT": "0",
        "KOTODAMA_ENV_FILE": os.devnull,
    }
