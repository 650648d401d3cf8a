"""A short run of small networks that tells how fast this machine computes.

It takes about half a second, is done once a machine (see `pace_book`), and never by itself. The
networks are of the kinds of layers that voices and recognisers spend their time in, at the widths
that these have: wide layers keep a processor better at work than narrow ones.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

CONV_LENGTHS = {32: 8192, 64: 2048, 128: 256, 256: 128}
"""Length of the convolution that is timed, by its channels: as in the window of a voice."""
VERSION = 1
"""Counts up when figures of before are of no use any more."""
_KERNEL, _DILATION = 5, 2
_FRAMES, _WIDTH, _INNER = 500, 512, 2048
_ROW_WIDTH, _ROWS = 512, 16_384
_RUNS = 9
_GIGA = 1e9


@dataclass(frozen=True)
class Calibration:
    """What this machine computes, in thousand millions of multiplications and additions a second.

    Attributes:
        conv: Convolutions with their activation, 32 bits, two threads, by channels.
        gemm: Matrix products, 32 bits.
        gemm8: Matrix products, 8 bits.
        gemv: A matrix times one vector, 32 bits: limited by the memory.
        gemv8: The same, 8 bits.
        card: Whether a graphics card would do a recogniser's work in place of the processor.
    """

    conv: dict[int, float] = field(default_factory=dict)
    gemm: float = 0.0
    gemm8: float = 0.0
    gemv: float = 0.0
    gemv8: float = 0.0
    card: bool = False


def calibrate() -> Calibration:
    """Measure this machine; blocks for about half a second.

    Raises:
        ImportError: onnxruntime is not installed.
    """
    two, most = min(2, os.cpu_count() or 1), min(4, os.cpu_count() or 1)
    probes = {f"conv {width}": _conv(width, length, two) for width, length in CONV_LENGTHS.items()}
    for eight in (False, True):
        probes[f"gemm{8 * eight}"] = _product(_FRAMES, _WIDTH, _INNER, most, eight=eight)
        probes[f"gemv{8 * eight}"] = _product(1, _ROW_WIDTH, _ROWS, most, eight=eight)
    rates = _rates(probes)
    return Calibration(
        conv={width: rates[f"conv {width}"] for width in CONV_LENGTHS},
        gemm=rates["gemm0"],
        gemm8=rates["gemm8"],
        gemv=rates["gemv0"],
        gemv8=rates["gemv8"],
        card=_has_card(),
    )


def fingerprint() -> str:
    """A short mark of this machine: another processor or another runtime has other speeds."""
    card = shutil.which("nvidia-smi") is not None
    facts = (VERSION, platform.machine(), _processor(), os.cpu_count(), _runtime(), card)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Probe:
    """A small network in memory, what it is given, and its multiplications."""

    session: Any
    given: Any
    work: int


def _conv(width: int, length: int, threads: int) -> _Probe:
    """Two residual units as in a vocoder."""
    from backend.engines.tts.piper_model import open_session
    from backend.models_store.onnx_writer import OnnxWriter

    net = OnnxWriter()
    x = net.input("x", "float32", [1, width, length])
    pad = _DILATION * (_KERNEL - 1) // 2
    for at in range(2):
        # Which weights they are does not matter: a product takes as long with any.
        weights = net.weights(f"w{at}", np.full((width, width, _KERNEL), 1e-4, np.float32))
        moved = net.add(
            "Conv", net.add("LeakyRelu", x), weights,
            kernel_shape=[_KERNEL], dilations=[_DILATION], pads=[pad, pad], strides=[1], group=1,
        )  # fmt: skip
        x = net.add("Add", x, moved)
    session = open_session(net.model([x], {}), threads)
    given = np.ones((1, width, length), np.float32)
    return _Probe(session, given, 2 * width * width * _KERNEL * length)


def _product(rows: int, inner: int, columns: int, threads: int, *, eight: bool) -> _Probe:
    """A product of two matrices, or of a vector and a matrix, with 8 or 32 bits."""
    from backend.engines.tts.piper_model import open_session
    from backend.models_store.onnx_writer import OnnxWriter

    net = OnnxWriter()
    x = net.input("x", "uint8" if eight else "float32", [rows, inner])
    weights = net.weights("w", np.full((inner, columns), 3, np.int8 if eight else np.float32))
    if eight:
        y = net.add("Cast", net.add("MatMulInteger", x, weights), to=1)
    else:
        y = net.add("MatMul", x, weights)
    y = net.add("ReduceMax", y, keepdims=0)
    session = open_session(net.model([y], {}), threads)
    given = np.ones((rows, inner), np.uint8 if eight else np.float32)
    return _Probe(session, given, rows * inner * columns)


def _rates(probes: Mapping[str, _Probe]) -> dict[str, float]:
    """What each reaches, by the median of runs that take turns.

    A single short run can catch a moment in which the processor is faster than it is for long.
    """
    took: dict[str, list[float]] = {name: [] for name in probes}
    for _ in range(_RUNS):
        for name, probe in probes.items():
            started = time.perf_counter()
            probe.session.run(None, {"x": probe.given})
            took[name].append(time.perf_counter() - started)
    return {name: probe.work / median(took[name]) / _GIGA for name, probe in probes.items()}


def _processor() -> str:
    """The processor's name; on Linux `platform.processor` does not know it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("model name")), platform.processor())


def _runtime() -> str:
    try:
        return version("onnxruntime")
    except PackageNotFoundError:
        return ""


def _has_card() -> bool:
    """Whether CTranslate2 sees a graphics card that it can use."""
    if find_spec("ctranslate2") is None:
        return False
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())
