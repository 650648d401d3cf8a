"""Whisper models with random weights, in the shape of real ones or smaller: speed needs no more.

They know a vocabulary of the right size, made of all bytes and of pairs of bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.engines.stt.whisper_checkpoint import Dims, expected_shapes

MULTILINGUAL_TOKENS, ENGLISH_TOKENS = 51_865, 51_864
_PROMPT_TOKENS = {MULTILINGUAL_TOKENS: 4, ENGLISH_TOKENS: 2}
_PAIRS = {MULTILINGUAL_TOKENS: 50_257, ENGLISH_TOKENS: 50_256}

Weights = dict[str, NDArray[np.floating]]
"""Weights by OpenAI's names."""


def dims(
    width: int = 32, heads: int = 2, layers: int = 1, tokens: int = MULTILINGUAL_TOKENS
) -> Dims:
    """A model's shape; that of `tiny` is (384, 6, 4), of `base` (512, 8, 6)."""
    return Dims(80, 1500, width, heads, layers, tokens, 448, width, heads, layers)


def random_weights(shape: Dims, seed: int = 0, spread: float = 0.02) -> Weights:
    """Weights as a fresh model has them, in 16 bits; the encoder's positions are sinusoids."""
    chance = np.random.default_rng(seed)
    weights: Weights = {}
    for name, size in expected_shapes(shape).items():
        if len(size) > 1:
            weights[name] = (chance.standard_normal(size, np.float32) * spread).astype(np.float16)
        else:
            weights[name] = np.full(size, 1.0 if name.endswith("weight") else 0.0, np.float16)
    weights["encoder.positional_embedding"] = sinusoids(shape.n_audio_ctx, shape.n_audio_state)
    return weights


def speaking_weights(shape: Dims, words: Sequence[int], language: int) -> Weights:
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


def sinusoids(length: int, channels: int) -> NDArray[np.float16]:
    """(length, channels) float16, the encoder's fixed position embedding."""
    rates = np.exp(-np.log(10_000.0) / (channels // 2 - 1) * np.arange(channels // 2))
    angles = np.arange(length)[:, None] * rates[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float16)


def pair_ranks(tokens: int = MULTILINGUAL_TOKENS) -> dict[bytes, int]:
    """The ranks of all bytes, then of pairs of bytes, as many as the real vocabulary has.

    That of the multilingual models ends with an empty token, by which CTranslate2 knows them.
    """
    pairs = _PAIRS[tokens] - 256 - (tokens == MULTILINGUAL_TOKENS)
    words = [bytes([one]) for one in range(256)]
    words += [bytes(divmod(number, 256)) for number in range(pairs)]
    words += [b""] if tokens == MULTILINGUAL_TOKENS else []
    return {word: rank for rank, word in enumerate(words)}


def pair_tokens(text: str) -> list[int]:
    """The tokens of an ASCII text of even length by `pair_ranks`."""
    raw = text.encode()
    return [256 + 256 * raw[at] + raw[at + 1] for at in range(0, len(raw), 2)]
