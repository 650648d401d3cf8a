"""A Piper voice's two files: found, read, checked; and what is said of damaged ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.engines.tts.piper_files import (
    VoiceFileError,
    check_voice,
    description_path,
    find_voices,
    read_files,
)
from backend.engines.tts.piper_onnx import OnnxFormatError, read_onnx
from backend.engines.tts.piper_split import durations_name, split
from commands.benchmarks.random_piper import SYMBOLS, network, write_voice
from commands.benchmarks.random_piper import TINY as TINY_SIZE


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_voice(tmp_path_factory.mktemp("voices") / "en_US-test-medium.onnx")


@pytest.fixture
def voice(whole: Path, tmp_path: Path) -> Path:
    for path in (whole, description_path(whole)):
        shutil.copy(path, tmp_path)
    return tmp_path / whole.name


def describe(voice: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = description_path(voice)
    described = json.loads(path.read_text(encoding="utf-8"))
    change(described)
    path.write_text(json.dumps(described), encoding="utf-8")


def test_a_whole_voice_is_what_its_description_says(voice: Path) -> None:
    files = check_voice(voice)
    assert (files.name, files.language) == ("en_US-test-medium", "en-US")
    assert (files.sample_rate, files.num_symbols, files.num_speakers) == (22_050, SYMBOLS, 1)


def test_speakers_are_listed(tmp_path: Path) -> None:
    files = check_voice(write_voice(tmp_path / "several.onnx", speakers=3))
    assert dict(files.speakers) == {"speaker_0": 0, "speaker_1": 1, "speaker_2": 2}


def test_voices_are_found_once_wherever_they_lie(voice: Path, tmp_path: Path) -> None:
    deep = tmp_path / "piper" / "de" / "de_DE-x-low.onnx"
    write_voice(deep, espeak_voice="de")
    (tmp_path / "other.onnx").write_bytes(b"a network of something else")
    assert find_voices(voice, tmp_path) == [voice, deep]
    assert find_voices(tmp_path / "nowhere") == []
    assert read_files(deep).language == "de"


@pytest.mark.parametrize("part", [".onnx", ".onnx.json"])
def test_a_missing_file_is_named(voice: Path, part: str) -> None:
    (voice.parent / f"en_US-test-medium{part}").unlink()
    with pytest.raises(VoiceFileError, match=f"en_US-test-medium{part} is missing"):
        check_voice(voice)


@pytest.mark.parametrize("kept", [0, 2, 100, 4_000, 40_000, 0.5, 0.9, 0.999])
def test_a_cut_network_is_refused(voice: Path, kept: float) -> None:
    data = voice.read_bytes()
    voice.write_bytes(data[: int(kept if kept > 1 else kept * len(data))])
    with pytest.raises(VoiceFileError, match="is damaged"):
        check_voice(voice)


def test_a_network_is_refused_wherever_it_is_cut() -> None:
    data = network(TINY_SIZE, 1, 22_050)
    for kept in np.random.default_rng(3).integers(0, len(data) - 40, 100):
        with pytest.raises(OnnxFormatError):
            read_onnx(data[:kept])


@pytest.mark.parametrize("kept", [0, 10, 0.3, 0.99])
def test_a_cut_description_is_refused(voice: Path, kept: float) -> None:
    path = description_path(voice)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: int(kept if kept > 1 else kept * len(text))], encoding="utf-8")
    with pytest.raises(VoiceFileError, match="cut off or no JSON"):
        check_voice(voice)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_symbols": 300}, "disagree: num_symbols is 300 .* and 256 in the network"),
        ({"num_symbols": 100}, "table of phonemes goes to 165, and num_symbols is 100"),
        ({"num_speakers": 2}, "disagree: num_speakers is 2 .* and 1 in the network"),
        ({"num_speakers": 0}, "cannot have 0 speakers"),
        ({"num_speakers": "one"}, "num_speakers is no whole number"),
        ({"audio": {"sample_rate": 16_000}}, "disagree: sample_rate is 16000 .* and 22050"),
        ({"audio": {"sample_rate": 22_050, "quality": "low"}}, "its quality has 16000 Hz"),
        ({"audio": {"sample_rate": 1}}, "not one of speech"),
        ({"audio": {}}, "the key 'sample_rate'"),
        ({"audio": None}, "not a Piper voice's"),
        ({"phoneme_type": "runes"}, "unknown type, 'runes'"),
        ({"phoneme_id_map": {"a": [1]}}, "lacks _ \\^ \\$"),
        ({"phoneme_id_map": []}, "not a Piper voice's"),
        ({"speaker_id_map": {"Ann": 7}}, "names more than the 1"),
        ({"inference": {"noise_w": float("nan")}}, "noise_w is not a number"),
        ({"inference": {"length_scale": 0}}, "length_scale is 0"),
        ({"espeak": {"voice": 5}}, "names no espeak voice"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    voice: Path, change: dict[str, Any], said: str
) -> None:
    describe(voice, lambda described: described.update(change))
    with pytest.raises(VoiceFileError, match=said):
        check_voice(voice)


def test_a_description_of_anything_else_is_refused(voice: Path) -> None:
    for content in (b"[]", b"{}", b"null", b'"text"', b"[" * 100_000, b"\xff\xfe\x00"):
        description_path(voice).write_bytes(content)
        with pytest.raises(VoiceFileError, match="The voice en_US-test-medium cannot be used"):
            check_voice(voice)


def test_weights_that_are_no_numbers_are_refused(voice: Path) -> None:
    data = voice.read_bytes()
    weights = read_onnx(data).tensors["dec.conv_pre.weight"]
    good = bytes(weights.data)
    assert data.count(good) == 1
    for bad in (np.nan, np.inf):
        values = weights.values()
        assert values is not None
        spoilt = values.copy()
        spoilt[7] = bad
        voice.write_bytes(data.replace(good, spoilt.tobytes()))
        with pytest.raises(VoiceFileError, match="NaN"):
            check_voice(voice)


@pytest.mark.parametrize(
    "content",
    [b"<!DOCTYPE html><html><body>Log in</body></html>" * 40, b"\0" * 5_000, b"\x08" * 99],
)
def test_what_is_no_network_is_refused(voice: Path, content: bytes) -> None:
    voice.write_bytes(content)
    with pytest.raises(VoiceFileError, match="is damaged"):
        check_voice(voice)


def test_a_network_of_another_kind_is_refused(voice: Path) -> None:
    voice.write_bytes(voice.read_bytes().replace(b"input_lengths", b"input_strides"))
    with pytest.raises(VoiceFileError, match="another kind of network"):
        check_voice(voice)


def test_a_network_is_divided_before_its_vocoder() -> None:
    model = read_onnx(network(TINY_SIZE, 1, 22_050))
    divided = split(model)
    assert divided is not None
    assert (divided.hop, divided.reach, divided.takes_speaker) == (256, 11, False)
    encoder, vocoder = read_onnx(divided.encoder), read_onnx(divided.vocoder)
    assert len(encoder.nodes) + len(vocoder.nodes) == len(model.nodes)
    assert list(encoder.outputs) == [divided.frames, durations_name(model)]
    assert list(vocoder.inputs) == [divided.frames]
    several = split(read_onnx(network(TINY_SIZE, 4, 22_050)))
    assert several is not None
    assert several.takes_speaker


def test_a_network_without_a_vocoder_is_not_divided() -> None:
    data = network(TINY_SIZE, 1, 22_050)
    model = read_onnx(data.replace(b"ConvTranspose", b"ConvTranspoze"))
    assert split(model) is None
    assert durations_name(model) is not None
