"""How near the list of models comes with its estimates of speed to what is measured here.

Voices and recognisers of the real shapes with random weights, which cost the same as real ones.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from commands.benchmarks.figures import Figure
from commands.benchmarks.random_piper import HIGH, MEDIUM, X_LOW, write_voice
from commands.benchmarks.whisper import make_model
from commands.shared import note
from config import Settings

if TYPE_CHECKING:
    from backend.models_store.calibration import Calibration

VOICES = {"x_low": (X_LOW, 16_000), "medium": (MEDIUM, 22_050), "high": (HIGH, 22_050)}
RECOGNISERS = ("tiny", "base")
SAYS = "so what shall we do now then"
"""As many tokens as a sentence of four seconds has."""
_MOST_APART = 1.6


def measure(settings: Settings) -> Iterator[Figure]:
    """Calibrate this machine, then estimate and measure each model."""
    from backend.models_store.calibration import calibrate

    calibrate()
    started = time.perf_counter()
    machine = calibrate()
    took = time.perf_counter() - started
    yield Figure("calibration of a machine", round(took, 2), "s", "libraries loaded", at_most=1.0)
    with tempfile.TemporaryDirectory(prefix="kotodama-bench-") as folder:
        for quality in VOICES:
            yield from _voice(quality, Path(folder), machine)
        for size in RECOGNISERS:
            yield from _recogniser(size, Path(folder), machine)


def _voice(quality: str, folder: Path, machine: Calibration) -> Iterator[Figure]:
    from backend.models_store.estimate import estimate_voice
    from backend.models_store.measure import measure as run
    from backend.models_store.status import ModelStatus

    size, rate = VOICES[quality]
    path = write_voice(folder / f"{quality}.onnx", size, sample_rate=rate)
    guess = estimate_voice(quality, machine)
    real = run(
        ModelStatus(id=path.stem, kind="tts", engine="piper", name=quality, state="installed",
                    path=str(path), bytes=path.stat().st_size)
    )  # fmt: skip
    assert guess
    yield _apart(f"Piper {quality}, times faster than speech", guess.times, real.times, "")
    yield _apart(f"Piper {quality}, first sound", guess.first_s, real.first_s, " s")


def _recogniser(size: str, folder: Path, machine: Calibration) -> Iterator[Figure]:
    from backend.engines.stt.faster_whisper import FasterWhisper
    from backend.models_store.estimate import estimate_whisper
    from backend.models_store.measure import measure as run
    from backend.models_store.status import ModelStatus

    guess = estimate_whisper(size, machine, eight=True, tokens=len(SAYS) // 2)
    lacking = FasterWhisper().missing()
    if lacking is not None or guess is None:
        why = f"{lacking.reason} `{lacking.remedy}`" if lacking else "a graphics card would run it."
        note(f"Whisper {size} is not measured: {why}")
        return
    make_model(size, folder / size, SAYS)
    status = ModelStatus(
        id=size, kind="stt", engine="faster_whisper", name=size, state="installed",
        path=str(folder / size / "model.bin"), bytes=(folder / size / "model.bin").stat().st_size,
    )  # fmt: skip
    yield _apart(f"Whisper {size}, words after speech", guess.first_s, run(status).first_s, " s")


def _apart(name: str, guess: float, real: float, unit: str) -> Figure:
    """How many times the estimate is off, in either direction."""
    return Figure(
        f"{name}, estimate off by", round(max(guess / real, real / guess), 2), "times",
        f"estimated {guess:.3g}{unit}, measured {real:.3g}{unit}; random weights",
        at_most=_MOST_APART,
    )  # fmt: skip
