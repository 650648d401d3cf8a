"""Piper voices with random weights: of a real medium voice's size, or tiny for tests.

The network has the parts of VITS (Kim, Kong, Son 2021) as Piper exports them: text encoder,
durations, expansion to frames, flow and HiFi-GAN vocoder. It says no words, but it makes sound of
a plausible length, is silent in pauses, and costs what a real voice of its size costs.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.models_store.onnx_writer import OnnxWriter

SYMBOLS = 256
"""Rows of the table of phonemes, as in Piper's own voices; not all are in use."""

_HOP = 256
_SPEAKER_CHANNELS = 64
_HEADS = 2
_RESIDUAL = 0.3
_LOUDNESS = 0.6

_VOWELS = frozenset("aeiouyæøœɐɑɒɔɘəɚɛɜɝɞɤɨɪɯɵɶʉʊʌʏᵻ")
_PAUSES = {"_": 2, "^": 2, "$": 4, " ": 1, ".": 14, "!": 14, "?": 14, ",": 10, ";": 10, ":": 10}
_MARKS = frozenset("ˈˌːˑ˞'\"()-#↓↑0123456789")
_FRAMES_OF_A_VOWEL, _FRAMES_OF_A_CONSONANT = 5, 3


@dataclass(frozen=True, slots=True)
class Size:
    """How large a voice is: channels and layers of its parts.

    Attributes:
        rates: Factor and kernel width of each upsampling of the vocoder.
        blocks: Kernel width and dilations of the residual blocks after each.
        doubled: Whether each convolution of a block is followed by one without dilation.
    """

    hidden: int
    filters: int
    layers: int
    flows: int
    flow_layers: int
    vocoder: int
    rates: tuple[tuple[int, int], ...] = ((8, 16), (8, 16), (4, 8))
    blocks: tuple[tuple[int, tuple[int, ...]], ...] = ((3, (1, 2)), (5, (2, 6)), (7, (3, 12)))
    doubled: bool = False


MEDIUM = Size(hidden=192, filters=768, layers=6, flows=4, flow_layers=4, vocoder=256)
"""Piper's medium quality: 63 MB."""
X_LOW = Size(hidden=96, filters=384, layers=6, flows=4, flow_layers=4, vocoder=256)
"""Piper's smallest quality: 21 MB."""
HIGH = Size(
    hidden=192, filters=768, layers=6, flows=4, flow_layers=4, vocoder=512,
    rates=((8, 16), (8, 16), (2, 4), (2, 4)),
    blocks=((3, (1, 3, 5)), (7, (1, 3, 5)), (11, (1, 3, 5))), doubled=True,
)  # fmt: skip
"""Piper's high quality: 114 MB."""
TINY = Size(hidden=16, filters=32, layers=1, flows=1, flow_layers=1, vocoder=16)


def write_voice(
    path: Path,
    size: Size = TINY,
    *,
    speakers: int = 1,
    sample_rate: int = 22_050,
    espeak_voice: str = "en-us",
    seed: int = 0,
) -> Path:
    """Write a voice: `path` (`.onnx`) and its description beside it.

    Returns:
        `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(network(size, speakers, sample_rate, seed))
    described = description(speakers, sample_rate, espeak_voice)
    path.with_name(f"{path.name}.json").write_text(
        json.dumps(described, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    return path


def description(speakers: int, sample_rate: int, espeak_voice: str) -> dict[str, Any]:
    """A voice's `.onnx.json`, with Piper's own table of phonemes."""
    return {
        "audio": {"sample_rate": sample_rate},
        "espeak": {"voice": espeak_voice},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": phoneme_ids(),
        "num_symbols": SYMBOLS,
        "num_speakers": speakers,
        "speaker_id_map": {f"speaker_{at}": at for at in range(speakers)} if speakers > 1 else {},
        "hop_length": _HOP,
        "piper_version": "1.0.0",
    }


def phoneme_ids() -> dict[str, list[int]]:
    """The table of phonemes of Piper's espeak voices."""
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

    return dict(DEFAULT_PHONEME_ID_MAP)


def network(size: Size, speakers: int, sample_rate: int, seed: int = 0) -> bytes:
    """The network as ONNX, with a note of its sample rate."""
    return _Builder(size, speakers, seed).build({"sample_rate": str(sample_rate)})


class _Builder:
    """Writes the parts one after the other; random weights keep a signal's power as it is."""

    def __init__(self, size: Size, speakers: int, seed: int) -> None:
        self._size = size
        self._speakers = speakers
        self._chance = np.random.default_rng(seed)
        self._net = OnnxWriter()

    def build(self, metadata: dict[str, str]) -> bytes:
        net = self._net
        ids = net.input("input", "int64", [1, "phonemes"])
        net.input("input_lengths", "int64", [1])
        scales = net.input("scales", "float32", [3])
        if self._speakers > 1:
            net.input("sid", "int64", [1])
        noise, length, width = net.add_many("Split", 3, scales, axis=0)
        length = self._with_input_length(length)
        path = self._path(ids, length, width)
        mean, spread = self._encoder(ids)
        frames = self._expand(path, mean, spread, noise)
        for at in range(self._size.flows):
            frames = self._coupling(f"flow.flows.{at}", frames)
        loud = net.add("MatMul", path, self._table("energy", self._energies(), ids))
        masked = net.add("Mul", frames, net.add("Transpose", loud, perm=[0, 2, 1]))
        self._vocoder(masked)
        return net.model(["output"], metadata)

    def _with_input_length(self, length: str) -> str:
        """Make the length scale hang on `input_lengths`, which every voice has to take."""
        net = self._net
        counted = net.add("Cast", "input_lengths", to=1)
        return net.add("Mul", length, net.add("Div", counted, counted))

    def _path(self, ids: str, length: str, width: str) -> str:
        """Which phoneme each frame belongs to: (1, frames, ids), ones and zeros."""
        net = self._net
        frames = self._table("durations", self._frames(), ids)
        chance = net.add("Mul", net.add("RandomNormalLike", frames), net.number(0.15))
        lively = net.add("Exp", net.add("Mul", chance, width))
        exact = net.add("Mul", net.add("Mul", frames, lively), length)
        counts = net.add("Ceil", net.add("Transpose", exact, perm=[0, 2, 1]))
        ends = net.add("CumSum", counts, net.weights("axis", np.array(2, np.int64)))
        total = net.add("ReduceMax", ends, keepdims=0)
        at = net.add("Range", net.number(0.0), total, net.number(1.0))
        at = net.add("Unsqueeze", at, net.numbers(0, 2))
        begun = net.add("GreaterOrEqual", at, net.add("Sub", ends, counts))
        path = net.add("And", begun, net.add("Less", at, ends))
        return net.add("Cast", path, to=1)

    def _frames(self) -> list[float]:
        """Mean duration of each symbol, a little under the whole number that it is raised to."""
        frames = [1.0] * SYMBOLS
        for symbol, (at, *_rest) in phoneme_ids().items():
            if symbol in _PAUSES:
                frames[at] = float(_PAUSES[symbol])
            elif symbol not in _MARKS and not unicodedata.combining(symbol[0]):
                vowel = symbol[0] in _VOWELS
                frames[at] = float(_FRAMES_OF_A_VOWEL if vowel else _FRAMES_OF_A_CONSONANT)
        return [value - 0.5 for value in frames]

    def _energies(self) -> list[float]:
        """How loud each symbol is: vowels are, pauses are not; a pad is part of its phoneme."""
        energies = [0.4] * SYMBOLS
        for symbol, (at, *_rest) in phoneme_ids().items():
            if symbol in _PAUSES:
                energies[at] = 0.4 if symbol == "_" else 0.0
            elif symbol[0] in _VOWELS:
                energies[at] = 1.0
        return energies

    def _table(self, name: str, values: Sequence[float], ids: str) -> str:
        """One number a symbol, looked up: (1, ids, 1).

        The ids go through an operation first: the table that hangs on the input itself is that of
        the phonemes, by which the number of symbols is known.
        """
        table = self._net.weights(name, np.array(values, np.float32)[:, None])
        at = self._net.add("Mul", ids, self._net.numbers(1))
        return self._net.add("Gather", table, at, axis=0)

    def _encoder(self, ids: str) -> tuple[str, str]:
        """Mean and log spread of each phoneme's frames: (1, hidden, ids) each."""
        net, hidden, filters = self._net, self._size.hidden, self._size.filters
        emb = self._chance.standard_normal((SYMBOLS, hidden)).astype(np.float32)
        x = net.add("Gather", net.weights("enc_p.emb.weight", emb), ids, axis=0)
        x = net.add("Transpose", x, perm=[0, 2, 1])
        for at in range(self._size.layers):
            name = f"enc_p.encoder.{at}"
            x = self._norm(name + ".norm_1", net.add("Add", x, self._attention(name, x)))
            wide = net.add("Relu", self._conv(name + ".ffn_1", x, hidden, filters, 3))
            wide = self._conv(name + ".ffn_2", wide, filters, hidden, 3)
            x = self._norm(name + ".norm_2", net.add("Add", x, wide))
        stats = self._conv("enc_p.proj", x, hidden, 2 * hidden, 1)
        mean, spread = net.add_many("Split", 2, stats, axis=1)
        return mean, net.add("Mul", spread, net.number(0.1))

    def _attention(self, name: str, x: str) -> str:
        net, hidden = self._net, self._size.hidden
        wide = hidden // _HEADS
        q, k, v = (
            net.add(
                "Reshape",
                self._conv(f"{name}.attn.{part}", x, hidden, hidden, 1),
                net.numbers(1, _HEADS, wide, -1),
            )
            for part in "qkv"
        )
        q = net.add("Transpose", q, perm=[0, 1, 3, 2])
        scores = net.add("Mul", net.add("MatMul", q, k), net.number(wide**-0.5))
        weights = net.add("Softmax", scores, axis=-1)
        mixed = net.add("MatMul", weights, net.add("Transpose", v, perm=[0, 1, 3, 2]))
        mixed = net.add("Transpose", mixed, perm=[0, 1, 3, 2])
        mixed = net.add("Reshape", mixed, net.numbers(1, hidden, -1))
        return self._conv(f"{name}.attn.o", mixed, hidden, hidden, 1)

    def _norm(self, name: str, x: str) -> str:
        net = self._net
        ones = net.weights(name + ".gamma", np.ones(self._size.hidden, np.float32))
        last = net.add("Transpose", x, perm=[0, 2, 1])
        normed = net.add("LayerNormalization", last, ones, axis=-1)
        return net.add("Transpose", normed, perm=[0, 2, 1])

    def _expand(self, path: str, mean: str, spread: str, noise: str) -> str:
        """Repeat each phoneme for its frames and add chance: (1, hidden, frames)."""
        net = self._net
        means, spreads = (
            net.add(
                "Transpose",
                net.add("MatMul", path, net.add("Transpose", one, perm=[0, 2, 1])),
                perm=[0, 2, 1],
            )
            for one in (mean, spread)
        )
        chance = net.add("Mul", net.add("RandomNormalLike", means), net.add("Exp", spreads))
        return net.add("Add", means, net.add("Mul", chance, noise))

    def _coupling(self, name: str, x: str) -> str:
        """One coupling layer of the flow, with its gated convolutions, and the halves swapped."""
        net, hidden, layers = self._net, self._size.hidden, self._size.flow_layers
        kept, changed = net.add_many("Split", 2, x, axis=1)
        h = self._conv(name + ".pre", kept, hidden // 2, hidden, 1)
        skipped = ""
        for at in range(layers):
            gates = self._conv(f"{name}.enc.in_layers.{at}", h, hidden, 2 * hidden, 5)
            a, b = net.add_many("Split", 2, gates, axis=1)
            acts = net.add("Mul", net.add("Tanh", a), net.add("Sigmoid", b))
            last = at == layers - 1
            both = self._conv(
                f"{name}.enc.res_skip.{at}", acts, hidden, hidden if last else 2 * hidden, 1
            )
            if last:
                skip = both
            else:
                residual, skip = net.add_many("Split", 2, both, axis=1)
                h = net.add("Add", h, residual)
            skipped = net.add("Add", skipped, skip) if skipped else skip
        moved = net.add("Sub", changed, self._conv(name + ".post", skipped, hidden, hidden // 2, 1))
        return net.add("Concat", moved, kept, axis=1)

    def _vocoder(self, frames: str) -> None:
        """HiFi-GAN: frames to sound. It has no biases, so that nothing stays silent."""
        net, channels = self._net, self._size.vocoder
        x = self._conv("dec.conv_pre", frames, self._size.hidden, channels, 7)
        if self._speakers > 1:
            x = net.add("Add", x, self._speaker(channels))
        blocks_of = self._size.blocks
        for at, (factor, width) in enumerate(self._size.rates):
            x = net.add("LeakyRelu", x)
            x = self._upsample(f"dec.ups.{at}", x, channels, factor, width)
            channels //= 2
            blocks = [
                self._block(f"dec.resblocks.{at}.{index}", x, channels, kernel, dilations)
                for index, (kernel, dilations) in enumerate(blocks_of)
            ]
            mixed = net.add("Add", net.add("Add", blocks[0], blocks[1]), blocks[2])
            x = net.add("Div", mixed, net.number(float(len(blocks_of))))
        x = self._conv("dec.conv_post", net.add("LeakyRelu", x), channels, 1, 7, gain=_LOUDNESS)
        net.add_named("Tanh", [x], ["output"])

    def _speaker(self, channels: int) -> str:
        """What a speaker adds to every frame: (1, channels, 1)."""
        net = self._net
        table = self._chance.standard_normal((self._speakers, _SPEAKER_CHANNELS)) * 0.1
        known = net.weights("emb_g.weight", table.astype(np.float32))
        one = net.add("Unsqueeze", net.add("Gather", known, "sid", axis=0), net.numbers(-1))
        return self._conv("dec.cond", one, _SPEAKER_CHANNELS, channels, 1)

    def _block(
        self, name: str, x: str, channels: int, kernel: int, dilations: Sequence[int]
    ) -> str:
        for at, dilation in enumerate(dilations):
            branch = self._conv(
                f"{name}.convs.{at}", self._net.add("LeakyRelu", x), channels, channels, kernel,
                dilation=dilation, gain=_RESIDUAL,
            )  # fmt: skip
            if self._size.doubled:
                branch = self._conv(
                    f"{name}.convs2.{at}", self._net.add("LeakyRelu", branch), channels, channels,
                    kernel, gain=1.4,
                )  # fmt: skip
            x = self._net.add("Add", x, branch)
        return x

    def _conv(
        self,
        name: str,
        x: str,
        channels: int,
        out: int,
        kernel: int,
        *,
        dilation: int = 1,
        gain: float = 1.0,
    ) -> str:
        pad = dilation * (kernel - 1) // 2
        weights = self._weights(name, (out, channels, kernel), channels * kernel, gain)
        return self._net.add(
            "Conv", x, weights, kernel_shape=[kernel], dilations=[dilation], pads=[pad, pad],
            strides=[1], group=1,
        )  # fmt: skip

    def _upsample(self, name: str, x: str, channels: int, factor: int, width: int) -> str:
        heard = channels * width // factor
        weights = self._weights(name, (channels, channels // 2, width), heard, 1.4)
        pad = (width - factor) // 2
        return self._net.add(
            "ConvTranspose", x, weights, kernel_shape=[width], dilations=[1], pads=[pad, pad],
            strides=[factor], group=1,
        )  # fmt: skip

    def _weights(self, name: str, shape: tuple[int, ...], heard: int, gain: float) -> str:
        spread = gain / np.sqrt(heard)
        values = self._chance.standard_normal(shape).astype(np.float32) * np.float32(spread)
        return self._net.weights(name + ".weight", values)
