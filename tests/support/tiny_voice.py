"""The smallest ONNX voice of Piper's format: it looks phonemes up in a table and plays that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from backend.models_store.onnx_writer import OnnxWriter

WIDTH = 8
PHONEMES = "_^$abcdefghijklmnopqrstuvwxyzæɐɑɒɔəɛɪʃʊ"
SYMBOLS = len(PHONEMES)


def make_onnx(*, symbols: int = SYMBOLS, speakers: int = 1, seed: int = 0, nan: str = "") -> bytes:
    """The network as bytes; `nan` names a table in which one number is none."""
    random = np.random.default_rng(seed)
    net = OnnxWriter()
    ids = net.input("input", "int64", [1, "phonemes"])
    net.input("input_lengths", "int64", [1])
    net.input("scales", "float32", [3])

    def look_up(name: str, rows: int, at: str) -> str:
        table = random.normal(0, 0.1, (rows, WIDTH)).astype(np.float32)
        if name == nan:
            table[-1, -1] = np.nan
        return net.add("Gather", net.weights(name, table), at, axis=0)

    sound = look_up("enc_p.emb.weight", symbols, ids)
    if speakers > 1:
        sid = net.input("sid", "int64", [1])
        sound = net.add("Add", sound, look_up("emb_g.weight", speakers, sid))
    net.add_named("Reshape", [sound, net.numbers(1, 1, 1, -1)], ["output"])
    return net.model(["output"], {})


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
