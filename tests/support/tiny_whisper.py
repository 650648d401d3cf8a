"""Whisper models with random weights: OpenAI's `.pt` files, and a vocabulary for their converter.

They are as small as the format allows, or have the shape of a real model, where speed is measured.
The `.pt` is written without torch: a pickle of names and numbers, and the tensors' bytes.
"""

from __future__ import annotations

import base64
import pickle
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from backend.engines.stt.whisper_checkpoint import Dims, expected_shapes

MULTILINGUAL_TOKENS, ENGLISH_TOKENS = 51_865, 51_864
_PROMPT_TOKENS = {MULTILINGUAL_TOKENS: 4, ENGLISH_TOKENS: 2}
_PAIRS = {MULTILINGUAL_TOKENS: 50_257, ENGLISH_TOKENS: 50_256}


def dims(
    width: int = 32, heads: int = 2, layers: int = 1, tokens: int = MULTILINGUAL_TOKENS
) -> Dims:
    """A model's shape; that of `tiny` is (384, 6, 4), of `base` (512, 8, 6)."""
    return Dims(80, 1500, width, heads, layers, tokens, 448, width, heads, layers)


def random_weights(shape: Dims, seed: int = 0, spread: float = 0.02) -> dict[str, np.ndarray]:
    """Weights as a fresh model has them, in 16 bits; the encoder's positions are sinusoids."""
    chance = np.random.default_rng(seed)
    weights: dict[str, np.ndarray] = {}
    for name, size in expected_shapes(shape).items():
        if len(size) > 1:
            weights[name] = (chance.standard_normal(size, np.float32) * spread).astype(np.float16)
        else:
            weights[name] = np.full(size, 1.0 if name.endswith("weight") else 0.0, np.float16)
    weights["encoder.positional_embedding"] = sinusoids(shape.n_audio_ctx, shape.n_audio_state)
    return weights


def speaking_weights(shape: Dims, words: Sequence[int], language: int) -> dict[str, np.ndarray]:
    """Weights of a model that writes the same tokens whatever it hears, and is sure of them.

    Each position of the decoder holds the direction of the token that shall follow; the blocks
    add nothing to it.

    Args:
        words: The tokens to write, then the end of the text.
        language: The token of the language that it detects.
    """
    weights = random_weights(shape)
    for name in weights:
        if name.endswith(("out.weight", "mlp.2.weight")):
            weights[name] = np.zeros_like(weights[name])
    tokens = np.random.default_rng(1).standard_normal((shape.n_vocab, shape.n_text_state))
    tokens *= 8.0 / np.linalg.norm(tokens, axis=1, keepdims=True)
    places = np.tile(tokens[words[-1]], (shape.n_text_ctx, 1))
    places[0] = tokens[language]
    first = _PROMPT_TOKENS[shape.n_vocab] - 1
    places[first : first + len(words)] = tokens[list(words)]
    weights["decoder.token_embedding.weight"] = tokens.astype(np.float16)
    weights["decoder.positional_embedding"] = (20.0 * places).astype(np.float16)
    return weights


def sinusoids(length: int, channels: int) -> np.ndarray:
    """(length, channels) float16, the encoder's fixed position embedding."""
    rates = np.exp(-np.log(10_000.0) / (channels // 2 - 1) * np.arange(channels // 2))
    angles = np.arange(length)[:, None] * rates[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float16)


def write_checkpoint(path: Path, shape: Dims, weights: dict[str, np.ndarray]) -> Path:
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
    """Write a rank file of the right size: all bytes, then pairs of bytes.

    The real file of the multilingual models ends with an empty token, by which CTranslate2 knows
    such a model.
    """
    pairs = _PAIRS[tokens] - 256 - (tokens == MULTILINGUAL_TOKENS)
    words = [bytes([one]) for one in range(256)]
    words += [bytes(divmod(number, 256)) for number in range(pairs)]
    words += [b""] if tokens == MULTILINGUAL_TOKENS else []
    lines = (f"{base64.b64encode(word).decode() or '='} {rank}" for rank, word in enumerate(words))
    path.write_text("\n".join(lines) + "\n")
    return path


def pair_tokens(text: str) -> list[int]:
    """The tokens of an ASCII text of even length in the vocabulary of `write_ranks`."""
    raw = text.encode()
    return [256 + 256 * raw[at] + raw[at + 1] for at in range(0, len(raw), 2)]


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
