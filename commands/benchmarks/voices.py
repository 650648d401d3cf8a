"""The voices: how soon they are heard, what they cost, whether they join and match.

Piper is measured on a network of a real medium voice's size with random weights, which cost the
same as real ones.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from commands.benchmarks.figures import Figure
from commands.benchmarks.random_piper import MEDIUM, TINY, write_voice
from config import Settings
from event_system import PLAYOUT_RATE

if TYPE_CHECKING:
    from backend.engines.base import SpeechChunk, Voice
    from backend.engines.tts.piper import PiperVoice

WORDS = "This is a sentence of exactly twelve words that I speak today."
SENTENCES = (
    WORDS,
    "Hello everyone, welcome to my stream, I am so happy that you are here.",
    "No way, did that really just happen, or was it only a dream of mine?",
    "The old harbour was quiet, and nobody spoke about the storm any more.",
    "Please remember to drink some water before the next round begins.",
)
ESPEAK_VOICES = ("en-us+f5", "en-us+m3", "en-gb+f2", "de+f4", "es+m1", "it+f1", "pl+m7", "ru+f3")
_RUNS = 15
_PIPER_VOICES = 4
_JOIN_DBFS = -50.0
_SILENCE_DBFS = -120.0


def measure(settings: Settings) -> Iterator[Figure]:
    """First sound, cost, joins and loudness of the embedded voice and of Piper's."""
    from backend.engines.tts.espeak import EspeakVoice

    espeak = EspeakVoice()
    espeak.load()
    first, _rtf = _timed(espeak)
    yield Figure(
        "espeak, first sound", round(first, 1), "ms", f"12 words, warm, median of {_RUNS}",
        at_most=30.0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="kotodama-bench-") as folder:
        yield from _piper(Path(folder))
        yield from _joins(espeak, Path(folder))
        yield _spread(espeak, Path(folder))


def _piper(folder: Path) -> Iterator[Figure]:
    """Speed of a medium voice, and what our code adds to the library's own call."""
    from backend.engines.tts.piper import PiperVoice

    path = write_voice(folder / "speed" / "medium.onnx", MEDIUM)
    voice = PiperVoice({"models_dir": path.parent, "noise_scale": 0.0, "noise_w": 0.0})
    started = time.perf_counter()
    voice.load()
    loaded = time.perf_counter() - started
    how = f"medium size, random weights, 2 threads, 12 words, warm, median of {_RUNS}"
    yield Figure("Piper, load", round(loaded, 2), "s", "medium size, with its warm-up")
    first, rtf = _timed(voice)
    yield Figure("Piper, first sound", round(first, 1), "ms", how, at_most=250.0)
    yield Figure("Piper, real-time factor", round(rtf, 3), "", how, at_most=0.25)
    whole, ours, theirs = _overhead(voice, path)
    yield Figure(
        "Piper, own code over the library's call", round(whole, 1), "%",
        "processor time, sentence in one piece, same session; 48 kHz, loudness and lips included",
        at_most=5.0,
    )  # fmt: skip
    yield Figure(
        "Piper, windows over the library's call", round(100.0 * (ours / theirs - 1.0), 1), "%",
        f"processor time with the early first sound: {ours:.0f} ms to {theirs:.0f} ms",
    )  # fmt: skip


def _timed(voice: Voice) -> tuple[float, float]:
    """Milliseconds to the first chunk, and seconds of work a second of sound; medians."""
    from backend.engines.base import SpeechRequest

    firsts, rtfs = [], []
    for _ in range(_RUNS):
        started = time.perf_counter()
        stream = voice.synthesize(SpeechRequest(WORDS))
        chunks = [next(stream)]
        firsts.append((time.perf_counter() - started) * 1000.0)
        chunks += list(stream)
        took = time.perf_counter() - started
        rtfs.append(took / sum(chunk.seconds for chunk in chunks))
    return median(firsts), median(rtfs)


def _overhead(voice: PiperVoice, path: Path) -> tuple[float, float, float]:
    """What our code adds to a sentence in one piece, %; and ms of processor time: windows, library.

    All three say the same frames: the noise scales are 0. They take turns, so that whatever else
    the machine does meets them alike.
    """
    from piper import PiperVoice as Library
    from piper import SynthesisConfig
    from piper.config import PiperConfig

    from backend.engines.base import SpeechRequest
    from backend.engines.tts.piper_model import open_session

    described = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
    library = Library(
        config=PiperConfig.from_dict(described), session=open_session(path.read_bytes(), 2)
    )
    plain = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)
    undivided = _undivided(path)
    ways: dict[str, Any] = {
        "library": lambda: list(library.synthesize(WORDS, plain)),
        "whole": lambda: list(undivided.synthesize(SpeechRequest(WORDS))),
        "windows": lambda: list(voice.synthesize(SpeechRequest(WORDS))),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(_RUNS + 2):
        for name, call in ways.items():
            started = time.process_time()
            call()
            if run >= 2:
                took[name].append((time.process_time() - started) * 1000.0)
    library_ms, whole_ms, ours = (min(took[name]) for name in ("library", "whole", "windows"))
    return 100.0 * (whole_ms / library_ms - 1.0), ours, library_ms


def _undivided(path: Path) -> PiperVoice:
    """The same voice, its sentences in one piece."""
    from backend.engines.tts.piper import PiperVoice

    options = {"models_dir": path.parent, "noise_scale": 0.0, "noise_w": 0.0, "windows": False}
    voice = PiperVoice(options)
    voice.load()
    return voice


def _joins(espeak: Voice, folder: Path) -> Iterator[Figure]:
    """How far a stream of chunks is from one sound without joins."""
    from backend.engines.base import SpeechRequest
    from backend.engines.tts.piper import PiperVoice

    path = write_voice(folder / "joins" / "tiny.onnx", TINY)
    streamed = PiperVoice({"models_dir": path.parent, "noise_scale": 0.0, "noise_w": 0.0})
    undivided = _undivided(path)
    worst, joins = 0.0, 0
    for text in SENTENCES:
        # The gain is learned from what was said: both have said the same.
        windows = list(streamed.synthesize(SpeechRequest(text)))
        (whole,) = undivided.synthesize(SpeechRequest(text))
        apart = np.abs(_joined(windows).astype(int) - whole.pcm)
        worst, joins = max(worst, float(apart.max())), joins + len(windows) - 1
    yield Figure(
        "joins inside a sentence", _dbfs(worst), "dBFS",
        f"Piper, {joins} joins: the greatest difference from the sentence in one piece",
        at_most=_JOIN_DBFS,
    )  # fmt: skip
    for name, voice in (("Piper", streamed), ("espeak", espeak)):
        step, joins = _sentence_steps(voice)
        yield Figure(
            f"joins between sentences, {name}", _dbfs(step), "dBFS",
            f"the greatest step in {joins} joins, at {PLAYOUT_RATE} Hz", at_most=_JOIN_DBFS,
        )  # fmt: skip


def _sentence_steps(voice: Voice) -> tuple[float, int]:
    """The greatest step where one sentence follows another, as the stage plays them."""
    from backend.engines.base import SpeechRequest
    from backend.media.pcm import resample

    edges = []
    for text in SENTENCES * 2:
        chunks = list(voice.synthesize(SpeechRequest(text)))
        sounds = [resample(chunk.pcm, chunk.sample_rate, PLAYOUT_RATE) for chunk in chunks]
        edges += [int(sounds[0][0]), int(sounds[-1][-1])]
    steps = [abs(after - before) for before, after in zip(edges[1::2], edges[2::2], strict=False)]
    return float(max(steps)), len(steps)


def _spread(espeak: Voice, folder: Path) -> Figure:
    """How much voices differ in loudness, once they have spoken for half a minute."""
    from backend.engines.base import SpeechRequest
    from backend.engines.tts.piper import PiperVoice
    from backend.media.loudness import loudness

    levels = []
    for name in ESPEAK_VOICES:
        said = [espeak.synthesize(SpeechRequest(text, voice=name)) for text in SENTENCES]
        pcm = _joined([chunk for chunks in said for chunk in chunks])
        levels.append(loudness(pcm, 22_050))
    for seed in range(_PIPER_VOICES):
        path = write_voice(folder / f"loud{seed}" / f"v{seed}.onnx", TINY, seed=seed)
        piper = PiperVoice({"models_dir": path.parent})
        for _ in range(3):
            said = [piper.synthesize(SpeechRequest(text)) for text in SENTENCES]
            pcm = _joined([chunk for chunks in said for chunk in chunks])
        levels.append(loudness(pcm, PLAYOUT_RATE))
    return Figure(
        "loudness across voices", round(max(levels) - min(levels), 2), "LU",
        f"{len(ESPEAK_VOICES)} espeak and {_PIPER_VOICES} Piper voices (random weights),"
        f" {len(SENTENCES)} sentences each, {min(levels):.1f} to {max(levels):.1f} LUFS",
        at_most=1.0,
    )  # fmt: skip


def _joined(chunks: Sequence[SpeechChunk]) -> Any:
    return np.concatenate([chunk.pcm for chunk in chunks])


def _dbfs(step: float) -> float:
    return round(20.0 * float(np.log10(step / 32768.0)), 1) if step else _SILENCE_DBFS
