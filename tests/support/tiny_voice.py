"""The smallest ONNX voice of Piper's format: it looks phonemes up in a table and plays that.

Written as a protocol buffer by hand, so that it needs no library.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

WIDTH = 8
PHONEMES = "_^$abcdefghijklmnopqrstuvwxyzæɐɑɒɔəɛɪʃʊ"
SYMBOLS = len(PHONEMES)


def field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def tensor(name: str, array: np.ndarray[Any, Any]) -> bytes:
    kind = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}[array.dtype]
    dims = b"".join(field(1, size) for size in array.shape)
    return dims + field(2, kind) + field(8, name) + field(9, array.tobytes())


def node(operation: str, inputs: list[str], output: str) -> bytes:
    return b"".join(field(1, one) for one in inputs) + field(2, output) + field(4, operation)


def value_info(name: str, kind: int, dims: list[int | str]) -> bytes:
    shape = b"".join(field(1, field(1 if isinstance(one, int) else 2, one)) for one in dims)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def make_onnx(
    *, symbols: int = SYMBOLS, speakers: int = 1, seed: int = 0, nan: str = "", **weights: Any
) -> bytes:
    """The network as bytes; `nan` names a weight in which one number is none."""
    random = np.random.default_rng(seed)
    tables = {"enc_p.emb.weight": random.normal(0, 0.1, (symbols, WIDTH)).astype(np.float32)}
    nodes = [node("Gather", ["enc_p.emb.weight", "input"], "spoken")]
    inputs = [
        value_info("input", 7, [1, "phonemes"]),
        value_info("input_lengths", 7, [1]),
        value_info("scales", 1, [3]),
    ]
    if speakers > 1:
        tables["emb_g.weight"] = random.normal(0, 0.1, (speakers, WIDTH)).astype(np.float32)
        nodes += [
            node("Gather", ["emb_g.weight", "sid"], "speaker"),
            node("Add", ["spoken", "speaker"], "voiced"),
        ]
        inputs.append(value_info("sid", 7, [1]))
    nodes.append(node("Reshape", ["voiced" if speakers > 1 else "spoken", "shape"], "output"))
    if nan:
        tables[nan][-1, -1] = np.nan
    tensors = [tensor(name, table) for name, table in {**tables, **weights}.items()]
    tensors.append(tensor("shape", np.array([1, 1, 1, -1], np.int64)))
    graph = b"".join(
        [
            *(field(1, one) for one in nodes),
            field(2, "voice"),
            *(field(5, one) for one in tensors),
            *(field(11, one) for one in inputs),
            field(12, value_info("output", 1, [1, 1, 1, "samples"])),
        ]
    )
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def make_config(*, symbols: int = SYMBOLS, speakers: int = 1, **changes: Any) -> dict[str, Any]:
    """The description that fits."""
    return {
        "audio": {"sample_rate": 22_050, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": {
            ("_^$" + "abcdefghijklmnopqrstuvwxyzæɐɑɒɔəɛɪʃʊʌθðŋ")[at]: [at] for at in range(symbols)
        },
        "num_symbols": symbols,
        "num_speakers": speakers,
        "speaker_id_map": {f"p{at}": at for at in range(speakers)} if speakers > 1 else {},
        **changes,
    }


def write_voice(folder: Path, name: str = "my-voice", **options: Any) -> Path:
    """Write the pair; the path of the network comes back."""
    onnx = folder / f"{name}.onnx"
    folder.mkdir(parents=True, exist_ok=True)
    onnx.write_bytes(make_onnx(**options))
    shape = {key: options[key] for key in ("symbols", "speakers") if key in options}
    onnx.with_name(onnx.name + ".json").write_text(json.dumps(make_config(**shape)))
    return onnx
