"""Random Whisper models as OpenAI's files: `.pt`, and the rank file of their vocabulary.

The `.pt` is written without torch: a pickle of names and numbers, and the tensors' bytes.
"""

from __future__ import annotations

import base64
import pickle
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from backend.engines.stt.whisper_checkpoint import Dims
from commands.benchmarks.random_whisper import MULTILINGUAL_TOKENS, Weights, pair_ranks


def write_checkpoint(path: Path, shape: Dims, weights: Weights) -> Path:
    """Write a `.pt` as `torch.save` does."""
    described = b"\x80\x02}(" + _pickled("dims") + _pickled(asdict(shape))
    described += _pickled("model_state_dict") + b"ccollections\nOrderedDict\n)R("
    for number, (name, value) in enumerate(weights.items()):
        described += _pickled(name) + _tensor(str(number), value)
    described += b"uu."
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", described)
        for number, value in enumerate(weights.values()):
            archive.writestr(f"archive/data/{number}", value.tobytes())
        archive.writestr("archive/version", "3\n")
    return path


def write_ranks(path: Path, tokens: int = MULTILINGUAL_TOKENS) -> Path:
    """Write the rank file of a vocabulary of the right size."""
    ranks = pair_ranks(tokens).items()
    lines = (f"{base64.b64encode(word).decode() or '='} {rank}" for word, rank in ranks)
    path.write_text("\n".join(lines) + "\n")
    return path


def _pickled(value: Any) -> bytes:
    """The opcodes of a plain value, without the frame around them and without the memo."""
    return pickle.dumps(value, 2)[2:-1] if not isinstance(value, str) else _text(value)


def _text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + len(raw).to_bytes(4, "little") + raw


def _tensor(key: str, value: np.ndarray) -> bytes:
    storage = {"float16": b"HalfStorage", "float32": b"FloatStorage"}[value.dtype.name]
    strides = tuple(step // value.itemsize for step in value.strides)
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + b"(" + _text("storage") + b"ctorch\n" + storage + b"\n" + _text(key) + _text("cpu")
        + _pickled(value.size) + b"tQ"
        + _pickled(0) + _pickled(value.shape) + _pickled(strides)
        + b"\x89ccollections\nOrderedDict\n)RtR"
    )  # fmt: skip
