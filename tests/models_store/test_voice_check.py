"""Voices that are whole pass; damaged ones are refused by name."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from backend.engines.tts.piper_onnx import bytes_field, int_field, text_field
from backend.models_store.errors import VoiceFileError
from backend.models_store.voice_check import check_voice
from tests.support.tiny_voice import SYMBOLS, make_config, make_onnx, write_voice


@pytest.mark.parametrize("speakers", [1, 5])
def test_a_whole_voice_passes(tmp_path: Path, speakers: int) -> None:
    facts = check_voice(write_voice(tmp_path, speakers=speakers))
    assert (facts.sample_rate, facts.language, facts.symbols) == (22_050, "en-US", SYMBOLS)
    assert len(facts.speakers) == speakers


@pytest.mark.parametrize(
    "changes",
    [
        {"audio": {"sample_rate": 22_050_000}},
        {"audio": 3},
        {"num_symbols": "many"},
        {"num_symbols": True},
        {"num_speakers": 0},
        {"num_speakers": 4},
        {"num_symbols": SYMBOLS + 1},
        {"phoneme_id_map": {}},
        {"phoneme_id_map": {"a": [SYMBOLS]}},
        {"phoneme_id_map": {"a": ["0"]}},
        {"speaker_id_map": {"Anna": 3}},
        {"speaker_id_map": [1]},
        {"inference": {"length_scale": -1}},
        {"inference": {"noise_w": float("nan")}},
        {"inference": [1]},
        {"espeak": "en"},
    ],
)
def test_a_wrong_description_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = write_voice(tmp_path)
    path.with_name(path.name + ".json").write_text(json.dumps(make_config(**changes)))
    with pytest.raises(VoiceFileError, match="my-voice"):
        check_voice(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 4_000,
        b"<html>sign in</html>",
        make_onnx()[:-200],
        make_onnx(nan="enc_p.emb.weight"),
        make_onnx(symbols=30),
        make_onnx(speakers=3),
        bytes_field(7, text_field(2, "empty")),
        make_onnx().replace(b"Gather", b"Gether"),
        make_onnx().replace(b"input_lengths", b"input_lengthz"),
    ],
)
def test_a_wrong_network_is_named(tmp_path: Path, content: bytes) -> None:
    path = write_voice(tmp_path)
    path.write_bytes(content)
    with pytest.raises(VoiceFileError, match="my-voice"):
        check_voice(path)


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    path = write_voice(tmp_path)
    external = int_field(1, 4) + int_field(2, 1) + text_field(8, "w") + int_field(14, 1)
    path.write_bytes(int_field(1, 8) + bytes_field(7, bytes_field(5, external)))
    with pytest.raises(VoiceFileError, match="my-voice"):
        check_voice(path)


@pytest.mark.parametrize("missing", ["my-voice.onnx", "my-voice.onnx.json"])
def test_a_missing_half_is_named(tmp_path: Path, missing: str) -> None:
    path = write_voice(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(VoiceFileError, match=f"{missing} is missing"):
        check_voice(path)


def test_a_cut_at_any_place_is_noticed(tmp_path: Path) -> None:
    path = write_voice(tmp_path)
    config = path.with_name(path.name + ".json")
    whole, text = path.read_bytes(), config.read_bytes()
    chance = random.Random(8)
    for _ in range(25):
        path.write_bytes(whole[: chance.randrange(len(whole) - 1)])
        with pytest.raises(VoiceFileError):
            check_voice(path)
    path.write_bytes(whole)
    for _ in range(25):
        config.write_bytes(text[: chance.randrange(len(text) - 1)])
        with pytest.raises(VoiceFileError):
            check_voice(path)
