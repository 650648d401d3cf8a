"""A Piper voice on disk: a network (`.onnx`) and its description (`.onnx.json`).

Found in the models folder, read, and checked: whether both are whole and speak of the same voice,
before anything else relies on them. The description's keys are those of `piper.config`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.engines.tts.piper_onnx import OnnxFormatError, OnnxModel, read_onnx
from backend.errors import EngineError

INPUTS = ("input", "input_lengths", "scales")
PAD, BEGIN, END = "_", "^", "$"

_SAMPLE_RATES = range(8_000, 48_001)
_PHONEME_TYPES = ("espeak", "text", "pinyin", "hebrew", "japanese", "thai")
_RATE_OF_QUALITY = {"x_low": 16_000, "low": 16_000, "medium": 22_050, "high": 22_050}
"""The sample rates of the catalogue's qualities, by which a wrong rate shows."""
_LARGEST_DESCRIPTION = 4_000_000
_MOST_SPEAKERS = 10_000


class VoiceFileError(EngineError):
    """A voice's files are damaged, missing, or do not belong together."""

    code = "voice_file"
    status = 422
    retryable = False


@dataclass(frozen=True, slots=True)
class PiperFiles:
    """A voice's two files and what its description says.

    Attributes:
        model: The network.
        name: The file's name without its ending; what the voice is asked for by.
        language: BCP 47 tag.
        sample_rate: Hz.
        num_symbols: Rows of the network's table of phonemes.
        num_speakers: At least 1.
        speakers: Names of the speakers and their numbers; empty for a single one.
        described: The whole description.
        written: When the network's file was written, nanoseconds of the system's clock.
    """

    model: Path
    name: str
    language: str
    sample_rate: int
    num_symbols: int
    num_speakers: int
    speakers: Mapping[str, int]
    described: Mapping[str, Any]
    written: int


def description_path(model: Path) -> Path:
    """Where the description of a network lies."""
    return model.with_name(f"{model.name}.json")


def find_voices(*places: Path) -> list[Path]:
    """The networks that have a description beside them, in files and folders, each once."""
    found: dict[Path, None] = {}
    for place in places:
        networks = [place] if place.suffix == ".onnx" else sorted(place.rglob("*.onnx"))
        for path in networks:
            hidden = any(part.startswith(".") for part in path.parts[len(place.parts) :])
            if not hidden and path.is_file() and description_path(path).is_file():
                found.setdefault(path.resolve())
    return list(found)


def read_files(model: Path) -> PiperFiles:
    """Read a voice's description; fast, the network is not opened.

    Raises:
        VoiceFileError: A file is missing, or the description is damaged or contradicts itself.
    """
    for path in (model, description_path(model)):
        if not path.is_file():
            raise VoiceFileError(
                f"The voice {model.stem} is not complete: {path.name} is missing. Put it beside"
                " the other file."
            )
    described = _read_json(description_path(model))
    try:
        audio, speakers = described["audio"], described.get("speaker_id_map") or {}
        files = PiperFiles(
            model=model,
            name=model.stem,
            language=_language(described),
            sample_rate=_whole(audio["sample_rate"], "sample_rate"),
            num_symbols=_whole(described["num_symbols"], "num_symbols"),
            num_speakers=_whole(described["num_speakers"], "num_speakers"),
            speakers={str(name): _whole(at, "speaker_id_map") for name, at in speakers.items()},
            described=described,
            written=model.stat().st_mtime_ns,
        )
        faults = list(_faults(files))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"the key {error}" if isinstance(error, KeyError) else str(error)
        raise _bad(model, f"its description is not a Piper voice's ({what})") from error
    if faults:
        raise _bad(model, faults[0])
    return files


def check_voice(model: Path) -> PiperFiles:
    """Check both files of a voice, each number of its weights included; 0.3 s for 60 MB.

    Raises:
        VoiceFileError: What is wrong, in one sentence.
    """
    files = read_files(model)
    check_network(files, read_network(files)[1])
    return files


def read_network(files: PiperFiles) -> tuple[bytes, OnnxModel]:
    """Read a voice's network: its bytes, and what they hold.

    Raises:
        VoiceFileError: It cannot be read, is none, or is cut off.
    """
    try:
        data = files.model.read_bytes()
        return data, read_onnx(data)
    except OSError as error:
        raise _bad(files.model, f"it cannot be read ({error.strerror or error})") from error
    except OnnxFormatError as error:
        raise _bad(files.model, f"{files.model.name} is damaged: {error}") from error


def check_network(files: PiperFiles, network: OnnxModel) -> None:
    """Check that a network is whole, sound, and the one that its description speaks of.

    Raises:
        VoiceFileError: What is wrong, in one sentence.
    """
    missing = [name for name in INPUTS if name not in network.inputs]
    if missing:
        raise _bad(files.model, f"{files.model.name} is another kind of network, not a voice")
    _check_tables(files, network)
    noted = network.metadata.get("sample_rate", "")
    if noted.isdecimal() and int(noted) != files.sample_rate:
        raise _disagree(files, "sample_rate", files.sample_rate, int(noted))
    try:
        for tensor in network.tensors.values():
            values = tensor.values()
            if values is not None and values.dtype.kind == "f" and not np.isfinite(values).all():
                raise _bad(files.model, "its weights hold values that are no numbers (NaN)")
    except OnnxFormatError as error:
        raise _bad(files.model, f"{files.model.name} is damaged: {error}") from error


def _check_tables(files: PiperFiles, network: OnnxModel) -> None:
    """The tables of phonemes and of speakers have as many rows as the description says."""
    rows = {
        node.inputs[1]: network.tensors[node.inputs[0]].dims[0]
        for node in network.nodes
        if node.op == "Gather" and len(node.inputs) == 2 and node.inputs[0] in network.tensors
    }
    symbols = rows.get("input")
    if symbols is not None and symbols != files.num_symbols:
        raise _disagree(files, "num_symbols", files.num_symbols, symbols)
    speakers = rows.get("sid") if "sid" in network.inputs else 1
    if speakers is not None and speakers != files.num_speakers:
        raise _disagree(files, "num_speakers", files.num_speakers, speakers)


def _faults(files: PiperFiles) -> Iterator[str]:
    """What is wrong with a description, without looking into the network."""
    if files.sample_rate not in _SAMPLE_RATES:
        yield f"its sample rate of {files.sample_rate} Hz is not one of speech"
    usual = _RATE_OF_QUALITY.get(str(files.described["audio"].get("quality", "")))
    if usual not in (None, files.sample_rate):
        yield (
            f"its description gives {files.sample_rate} Hz, and its quality has {usual} Hz: one"
            " of both is wrong"
        )
    if files.described.get("phoneme_type", "espeak") not in _PHONEME_TYPES:
        yield f"its phonemes are of an unknown type, {files.described['phoneme_type']!r}"
    if not isinstance(files.described["espeak"]["voice"], str):
        yield "its description names no espeak voice"
    if not 1 <= files.num_speakers <= _MOST_SPEAKERS:
        yield f"it cannot have {files.num_speakers} speakers"
    if any(not 0 <= at < files.num_speakers for at in files.speakers.values()):
        yield f"its list of speakers names more than the {files.num_speakers} that it has"
    yield from _id_faults(files)
    scales = files.described.get("inference") or {}
    for key in ("noise_scale", "length_scale", "noise_w"):
        value = scales.get(key, 1.0)
        if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            yield f"its {key} is not a number of 0 or more"
    if scales.get("length_scale", 1.0) == 0:
        yield "its length_scale is 0"


def _id_faults(files: PiperFiles) -> Iterator[str]:
    ids = files.described["phoneme_id_map"]
    lacking = [mark for mark in (PAD, BEGIN, END) if mark not in ids]
    if lacking:
        yield f"its table of phonemes lacks {' '.join(lacking)}"
    listed = [_whole(one, "phoneme_id_map") for some in ids.values() for one in some]
    if listed and not 0 <= min(listed) <= max(listed) < files.num_symbols:
        yield (
            f"its table of phonemes goes to {max(listed)}, and num_symbols is {files.num_symbols}"
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_DESCRIPTION:
            raise _bad(path.with_suffix(""), f"{path.name} is too large for a description")
        described = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _bad(path.with_suffix(""), f"{path.name} cannot be read ({error})") from error
    except (ValueError, RecursionError) as error:
        raise _bad(path.with_suffix(""), f"{path.name} is cut off or no JSON") from error
    if not isinstance(described, dict):
        raise _bad(path.with_suffix(""), f"{path.name} holds no description")
    return described


def _language(described: Mapping[str, Any]) -> str:
    """The BCP 47 tag: the catalogue's code ("en_US"), or espeak's voice ("en-us")."""
    code = str((described.get("language") or {}).get("code") or described["espeak"]["voice"])
    base, *rest = code.replace("_", "-").split("-")
    region = rest[0] if rest else ""
    return f"{base.lower()}-{region.upper()}" if len(region) == 2 else base.lower()


def _whole(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} is no whole number")
    return value


def _disagree(files: PiperFiles, key: str, described: int, real: int) -> VoiceFileError:
    return _bad(
        files.model,
        f"its two files disagree: {key} is {described} in the description and {real} in the"
        " network",
    )


def _bad(model: Path, what: str) -> VoiceFileError:
    return VoiceFileError(
        f"The voice {model.stem} cannot be used: {what}. Get both of its files anew."
    )
