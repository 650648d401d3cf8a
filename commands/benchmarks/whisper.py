"""Whisper on short utterances: models of the real shapes, their weights random.

Speed does not depend on the weights, as long as as many tokens are written as people speak.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from commands.benchmarks.figures import Figure
from commands.benchmarks.random_whisper import (
    dims,
    pair_ranks,
    pair_tokens,
    speaking_weights,
)
from commands.shared import note
from config import Settings

if TYPE_CHECKING:
    from backend.engines.stt.faster_whisper import FasterWhisper

SHAPES = {"tiny": (384, 6, 4, 150.0), "base": (512, 8, 6, 300.0)}
"""Width, heads and layers of a model, and the bound in milliseconds."""
SECONDS = 3
THREADS = 2
_RATE = 16_000
_RUNS = 9
WORDS = "so what shall we do now "


def measure(settings: Settings) -> Iterator[Figure]:
    """Transcribe three seconds, with the short window and with the full one."""
    from backend.engines.stt.faster_whisper import FasterWhisper

    lacking = FasterWhisper().missing()
    if lacking is not None:
        note(f"Whisper is not measured: {lacking.reason} `{lacking.remedy}`")
        return
    with tempfile.TemporaryDirectory(prefix="kotodama-bench-") as folder:
        for name, (_width, _heads, _layers, bound) in SHAPES.items():
            make_model(name, Path(folder) / name, WORDS)
            for short, window in ((True, "short window"), (False, "30 s window")):
                engine = FasterWhisper(
                    {
                        "model": name,
                        "models_dir": folder,
                        "device": "cpu",
                        "threads": THREADS,
                        "short_window": short,
                    }
                )
                took = _transcribe(engine)
                yield Figure(
                    f"{name}, {window}",
                    round(took, 1),
                    "ms",
                    f"{SECONDS} s of sound, int8, {THREADS} threads, random weights,"
                    f" {len(WORDS) // 2} tokens, median of {_RUNS}",
                    at_most=bound if short else None,
                )


def make_model(name: str, folder: Path, says: str) -> None:
    """Write a model of a real shape, 8-bit, that hears the same in every sound.

    Args:
        name: One of `SHAPES`.
        says: ASCII, of even length.
    """
    from backend.engines.stt.whisper_checkpoint import Checkpoint
    from backend.engines.stt.whisper_convert import write_folder
    from backend.engines.stt.whisper_vocabulary import Vocabulary

    width, heads, layers, _bound = SHAPES[name]
    shape = dims(width, heads, layers)
    words = Vocabulary.for_model(pair_ranks(), shape.n_vocab)
    text = [*pair_tokens(says), words.id_of("<|endoftext|>")]
    weights = speaking_weights(shape, text, words.id_of("<|en|>"))
    write_folder(Checkpoint(shape, weights), words, folder, "int8")


def _transcribe(engine: FasterWhisper) -> float:
    """Median time of an utterance from its end to its words, milliseconds."""
    t = np.arange(SECONDS * _RATE) / _RATE
    voice = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 10))
    sound = (np.asarray(voice) * 4000).astype(np.int16)
    engine.load()
    took = []
    for _ in range(_RUNS):
        stream = engine.open_stream("en")
        stream.feed(sound)
        started = time.perf_counter()
        heard = stream.finalize().text
        took.append((time.perf_counter() - started) * 1000)
        assert heard.startswith(WORDS[:10]), heard
    engine.unload()
    return median(took)
