"""Converts OpenAI's Whisper files (`.pt`) to the folder that faster-whisper reads.

The weights have the same meaning in both, under other names; queries, keys and values of one
attention are joined to one matrix. Neither torch nor transformers is needed.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from backend.engines.stt.whisper_checkpoint import Checkpoint, read_checkpoint
from backend.engines.stt.whisper_vocabulary import Vocabulary, find_ranks, read_ranks
from backend.errors import BadInputError, StorageError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Quantization = Literal["float16", "int8", "float32"]

_NEVER_WRITTEN = (
    "<|startoftranscript|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
)


def convert(
    source: Path,
    target: Path,
    *,
    quantization: Quantization = "float16",
    vocabulary: Path | None = None,
) -> None:
    """Write the model of a `.pt` file as a faster-whisper folder, whole or not at all.

    Args:
        source: OpenAI's file.
        target: The folder to be made; must not exist, or be empty.
        quantization: Number format in the file. float16 keeps everything; int8 halves the size.
        vocabulary: The rank file; looked for beside the source and in the package by default.

    Raises:
        BadInputError: The source is not a whole Whisper model, or the target is in use.
        StorageError: The folder cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInputError(f"{target} is there already; choose another folder or delete it.")
    checkpoint = read_checkpoint(source)
    path = vocabulary or find_ranks(
        multilingual=checkpoint.dims.multilingual, folders=(source.parent,)
    )
    words = Vocabulary.for_model(read_ranks(path), checkpoint.dims.n_vocab)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            made = Path(folder) / "model"
            write_folder(checkpoint, words, made, quantization)
            if target.exists():
                target.rmdir()
            shutil.move(made, target)
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written: {error.strerror or error}. Choose another folder or free"
            " some space."
        ) from error


def write_folder(
    checkpoint: Checkpoint, words: Vocabulary, folder: Path, quantization: Quantization
) -> None:
    """Write a model as a faster-whisper folder, which must not exist yet.

    Raises:
        OSError: It cannot be written.
    """
    from ctranslate2.converters.converter import Converter

    tokenizer = words.tokenizer()

    class Loaded(Converter):  # type: ignore[misc]  # the library is untyped
        def _load(self) -> Any:
            return _specification(checkpoint, words, tokenizer)

    Loaded().convert(str(folder), quantization=None if quantization == "float32" else quantization)
    tokenizer.save(str(folder / "tokenizer.json"))
    features = {
        "feature_size": checkpoint.dims.n_mels,
        "sampling_rate": 16_000,
        "hop_length": 160,
        "chunk_length": 30,
        "n_fft": 400,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(features, indent=1))


def _specification(checkpoint: Checkpoint, words: Vocabulary, tokenizer: Tokenizer) -> Any:
    """The weights in the library's own arrangement (a `WhisperSpec`)."""
    from ctranslate2.specs.whisper_spec import WhisperSpec

    dims = checkpoint.dims
    spec = WhisperSpec(dims.n_audio_layer, dims.n_audio_head, dims.n_text_layer, dims.n_text_head)
    weights = _Weights(checkpoint)
    _fill_encoder(spec.encoder, weights)
    _fill_decoder(spec.decoder, weights)
    spec.register_vocabulary(words.tokens)
    config = spec.config
    config.suppress_ids = _unspoken(words, tokenizer)
    config.suppress_ids_begin = [
        tokenizer.encode(" ", add_special_tokens=False).ids[0],
        words.id_of("<|endoftext|>"),
    ]
    config.lang_ids = words.language_ids
    # Which heads follow the sound is not told by the file; the upper half of them is the reference
    # implementation's own assumption. Only word times use it.
    upper = range(dims.n_text_layer // 2, dims.n_text_layer)
    config.alignment_heads = [(i, head) for i in upper for head in range(dims.n_text_head)]
    return spec


def _unspoken(words: Vocabulary, tokenizer: Tokenizer) -> list[int]:
    """Tokens that are never written: notes, brackets, and the control tokens."""
    from faster_whisper.tokenizer import Tokenizer as WhisperTokenizer

    known = WhisperTokenizer(tokenizer, multilingual=False)
    control = {words.id_of(name) for name in _NEVER_WRITTEN}
    return sorted({*known.non_speech_tokens, *control})


class _Weights:
    """Copies weights by OpenAI's names into the layers of a CTranslate2 specification."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._weights = checkpoint.weights

    def array(self, name: str) -> Any:
        """A weight as contiguous float32."""
        return np.ascontiguousarray(self._weights[name], np.float32)

    def linear(self, layer: Any, name: str) -> None:
        """A matrix or convolution and its bias, where it has one."""
        layer.weight = self.array(f"{name}.weight")
        if f"{name}.bias" in self._weights:
            layer.bias = self.array(f"{name}.bias")

    def norm(self, layer: Any, name: str) -> None:
        """A layer normalisation."""
        layer.gamma = self.array(f"{name}.weight")
        layer.beta = self.array(f"{name}.bias")

    def attention(self, layer: Any, name: str, *, over_itself: bool) -> None:
        """An attention and the normalisation before it."""
        from ctranslate2.converters.utils import fuse_linear
        from ctranslate2.specs.common_spec import LinearSpec

        query, key, value = LinearSpec(), LinearSpec(), LinearSpec()
        for part, called in ((query, "query"), (key, "key"), (value, "value")):
            self.linear(part, f"{name}.{called}")
        if over_itself:
            fuse_linear(layer.linear[0], [query, key, value])
        else:
            fuse_linear(layer.linear[0], [query])
            fuse_linear(layer.linear[1], [key, value])
        self.linear(layer.linear[-1], f"{name}.out")
        self.norm(layer.layer_norm, f"{name}_ln")

    def feed_forward(self, layer: Any, block: str) -> None:
        """The two matrices of a block and the normalisation before them."""
        self.linear(layer.linear_0, f"{block}.mlp.0")
        self.linear(layer.linear_1, f"{block}.mlp.2")
        self.norm(layer.layer_norm, f"{block}.mlp_ln")


def _fill_encoder(encoder: Any, weights: _Weights) -> None:
    weights.linear(encoder.conv1, "encoder.conv1")
    weights.linear(encoder.conv2, "encoder.conv2")
    encoder.position_encodings.encodings = weights.array("encoder.positional_embedding")
    for number, layer in enumerate(encoder.layer):
        block = f"encoder.blocks.{number}"
        weights.attention(layer.self_attention, f"{block}.attn", over_itself=True)
        weights.feed_forward(layer.ffn, block)
    weights.norm(encoder.layer_norm, "encoder.ln_post")


def _fill_decoder(decoder: Any, weights: _Weights) -> None:
    decoder.embeddings.weight = weights.array("decoder.token_embedding.weight")
    decoder.projection.weight = weights.array("decoder.token_embedding.weight")
    decoder.position_encodings.encodings = weights.array("decoder.positional_embedding")
    decoder.scale_embeddings = False
    for number, layer in enumerate(decoder.layer):
        block = f"decoder.blocks.{number}"
        weights.attention(layer.self_attention, f"{block}.attn", over_itself=True)
        weights.attention(layer.attention, f"{block}.cross_attn", over_itself=False)
        weights.feed_forward(layer.ffn, block)
    weights.norm(decoder.layer_norm, "decoder.ln")
