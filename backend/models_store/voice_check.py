"""Whether a Piper voice can be used: its `.onnx` and its `.onnx.json`, and that they agree.

The engine's own check reads both files and each weight. Here the network also has to speak some
phonemes, the last one of the table and the last speaker among them, and to give sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.engines.tts import piper_files
from backend.models_store.errors import VoiceFileError

_DEFAULT_SCALES = {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8}


@dataclass(frozen=True)
class VoiceFacts:
    """What a voice is.

    Attributes:
        sample_rate: Hz.
        language: BCP 47 tag.
        speakers: Names of its speakers by number; one without a name is "".
        symbols: Number of phoneme symbols that the network knows.
    """

    sample_rate: int
    language: str
    speakers: tuple[str, ...]
    symbols: int


def check_voice(onnx: Path, description: Path | None = None, *, run: bool = True) -> VoiceFacts:
    """Check a voice; takes up to some seconds for a large one.

    Args:
        onnx: The network.
        description: Its JSON, which must lie beside it as `NAME.onnx.json`.
        run: Whether to let it speak; without, only what can be read is checked.

    Raises:
        VoiceFileError: A file is missing or damaged, or the two disagree; the message names it.
    """
    beside = piper_files.description_path(onnx)
    if description is not None and description != beside:
        raise VoiceFileError(f"{description.name} must lie beside {onnx.name} as {beside.name}.")
    try:
        files = piper_files.check_voice(onnx)
    except piper_files.VoiceFileError as error:
        raise VoiceFileError(error.message) from error
    if run:
        _speak(files)
    names = [""] * files.num_speakers
    for name, at in files.speakers.items():
        names[at] = name
    return VoiceFacts(files.sample_rate, files.language, tuple(names), files.num_symbols)


def _speak(files: piper_files.PiperFiles) -> None:
    """Let the network speak, and look at what it gives."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    name = files.model.name
    try:
        session = onnxruntime.InferenceSession(
            str(files.model), options, providers=["CPUExecutionProvider"]
        )
        sound = np.asarray(session.run(None, _phonemes(files))[0])
    except Exception as error:  # the library has an exception class for each of its codes
        raise VoiceFileError(
            f"{name} cannot speak what {name}.json describes: the two do not belong together, or"
            " one is damaged; get the voice again."
        ) from error
    if sound.dtype != np.float32 or not sound.size or not np.isfinite(sound).all():
        raise VoiceFileError(f"{name} gives no sound; it is damaged, get the voice again.")


def _phonemes(files: piper_files.PiperFiles) -> dict[str, Any]:
    """Input of the network: the first phonemes of the table, the last one, the last speaker."""
    import numpy as np

    table = files.described["phoneme_id_map"]
    known = sorted({one for ids in table.values() for one in ids})
    ids = [*known[:6], known[-1]]
    given = files.described.get("inference") or {}
    scales = [float(given.get(key, value)) for key, value in _DEFAULT_SCALES.items()]
    feed: dict[str, Any] = {
        "input": np.array([ids], np.int64),
        "input_lengths": np.array([len(ids)], np.int64),
        "scales": np.array(scales, np.float32),
    }
    if files.num_speakers > 1:
        feed["sid"] = np.array([files.num_speakers - 1], np.int64)
    return feed
