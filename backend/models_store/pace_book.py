"""What is known of speeds on each machine, kept in the models folder: its calibration, and figures.

A models folder may move from machine to machine on a stick: what was measured on another one is
kept for it, and not shown here.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend.models_store.calibration import Calibration, calibrate, fingerprint
from backend.models_store.estimate import VOICES, estimate_voice, estimate_whisper
from backend.models_store.pace import Pace, hearing_pace, voice_pace
from backend.models_store.status import ModelStatus
from config import KotodamaError, write_atomically

FILE = Path(".pace.json")
log = logging.getLogger("kotodama.models")


class PaceBook:
    """Speeds of models on this machine.

    Args:
        root: The models folder.
        run: Calibrates the machine.
    """

    def __init__(self, root: Path, run: Callable[[], Calibration] | None = None) -> None:
        self._path = root / FILE
        self._run = run or calibrate
        self._lock = threading.Lock()
        self._machine = ""
        self._calibration: Calibration | None = None
        self._figures: dict[str, Any] = {}

    def prepare(self) -> None:
        """Read what is known here, and calibrate the machine the first time; blocks for a second.

        Where onnxruntime is not installed nothing is estimated.
        """
        with self._lock:
            if self._calibration is not None:
                return
            self._machine = fingerprint()
            page = self._read().get(self._machine, {})
            self._figures = _mapping(page.get("figures"))
            known = _calibration(page.get("calibration"))
            if known is None:
                try:
                    known = self._run()
                except ImportError as error:
                    log.info("speeds are not estimated: %s", error)
                    known = Calibration()
                else:
                    self._write({"calibration": asdict(known)})
            self._calibration = known

    def pace(self, model: ModelStatus) -> Pace | None:
        """How fast a model is: as measured, or else as estimated; None where nothing is known.

        Fast; before `prepare` nothing is known.
        """
        return self.measured(model) or self._estimate(model)

    def measured(self, model: ModelStatus) -> Pace | None:
        """How fast a model was when it ran here; None once its file has changed."""
        figures = self._figures.get(model.id)
        if model.state != "installed" or not isinstance(figures, dict):
            return None
        try:
            if figures["stamp"] != _stamp(model):
                return None
            first_s = float(figures["first_s"])
            if model.kind == "stt":
                return hearing_pace(first_s, measured=True)
            return voice_pace(float(figures["times"]), first_s, measured=True)
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            return None

    def note(self, model: ModelStatus, pace: Pace) -> None:
        """Remember what was measured."""
        with self._lock:
            figures = {"stamp": _stamp(model), "times": pace.times, "first_s": pace.first_s}
            self._figures = {**self._figures, model.id: figures}
            self._write({"figures": self._figures})

    def _estimate(self, model: ModelStatus) -> Pace | None:
        machine = self._calibration
        if machine is None or model.own:
            return None
        if model.engine == "piper":
            quality = model.id.rsplit("-", 1)[-1]
            return estimate_voice(quality, machine) if quality in VOICES else None
        if model.engine in ("faster_whisper", "openai_whisper"):
            eight = model.engine == "faster_whisper"
            return estimate_whisper(model.quality, machine, eight=eight)
        return None

    def _read(self) -> dict[str, Any]:
        try:
            return _mapping(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _write(self, changes: dict[str, Any]) -> None:
        """Change this machine's page; where the folder cannot be written, it is measured anew."""
        book = self._read()
        book[self._machine] = {**_mapping(book.get(self._machine)), **changes}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(book, indent=0).encode())
        except (OSError, KotodamaError) as error:
            log.warning("speeds cannot be kept in %s: %s", self._path, error)


def _stamp(model: ModelStatus) -> list[int]:
    """Size and time of change of the model's main file."""
    try:
        facts = Path(model.path).stat()
    except OSError:
        return []
    return [facts.st_size, facts.st_mtime_ns]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _calibration(raw: Any) -> Calibration | None:
    try:
        conv = {int(width): float(rate) for width, rate in raw["conv"].items()}
        others = {key: float(raw[key]) for key in ("gemm", "gemm8", "gemv", "gemv8")}
        rates = (*conv.values(), *others.values())
        if not conv or any(not rate > 0 for rate in rates):
            return None
        return Calibration(conv=conv, card=bool(raw["card"]), **others)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
