"""The catalogue that comes with the program, and loading a newer list of voices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.engines.stt.whisper_models import MEGABYTES, Found, find_checkpoint, find_folder
from backend.models_store import errors
from backend.models_store.catalogue import (
    HERE,
    REFRESHED,
    CatalogueFile,
    is_allowed,
    load_catalogue,
)
from backend.models_store.piper_voices import licence_of, read_voices
from backend.models_store.refresh import refresh_voices
from commands.benchmarks import fault_server as faults
from tests.support.model_bench import LIMITS, Bench


def voices(**changes: Any) -> dict[str, Any]:
    key = "en_US-test-medium"
    return {
        key: {
            "key": key,
            "name": "test",
            "language": {"code": "en_US", "name_english": "English", "country_english": "US"},
            "quality": "medium",
            "num_speakers": 1,
            "files": {
                f"en/en_US/test/medium/{key}.onnx": {"size_bytes": 5, "md5_digest": "0" * 32},
                f"en/en_US/test/medium/{key}.onnx.json": {"size_bytes": 6, "md5_digest": "1" * 32},
            },
            **changes,
        }
    }


def test_what_comes_with_the_program(tmp_path: Path) -> None:
    catalogue = load_catalogue(tmp_path)
    piper = [model for model in catalogue if model.engine == "piper"]
    assert len(piper) >= 150
    assert len({model.language for model in piper}) >= 40
    assert {model.engine for model in catalogue} == {
        "piper", "openai_whisper", "faster_whisper", "ollama", "sadtalker", "wav2lip",
        "gpt_sovits", "coqui",
    }  # fmt: skip
    for model in catalogue:
        assert model.licence and model.page.startswith("https://"), model.id
        assert model.files or model.by_hand, model.id
        assert model.bytes, model.id
        assert all(file.bytes for file in model.files), model.id
        assert bool(model.sample) == (model.engine == "piper"), model.id
    (lessac,) = (model for model in piper if model.id == "piper:en_US-lessac-medium")
    assert lessac.sample[0].endswith("/main/en/en_US/lessac/medium/samples/speaker_0.mp3")


def test_each_large_file_has_a_hash_but_one(tmp_path: Path) -> None:
    bare = [
        file.path
        for model in load_catalogue(tmp_path)
        for file in model.files
        if not (file.sha256 or file.md5) and file.bytes > 5_000_000
    ]
    assert bare == ["sadtalker/checkpoints/SadTalker_V0.0.2_512.safetensors"]


def test_a_path_means_one_file(tmp_path: Path) -> None:
    seen: dict[str, CatalogueFile] = {}
    for model in load_catalogue(tmp_path):
        for file in model.files:
            assert seen.setdefault(file.path, file) == file


def test_whisper_hashes_stand_in_their_addresses(tmp_path: Path) -> None:
    for model in load_catalogue(tmp_path):
        if model.engine == "openai_whisper":
            (file,) = model.files
            assert file.sha256 in file.urls[0]


@pytest.mark.parametrize(
    "path",
    ["../x.bin", "/etc/passwd", "a/../../b", "C:/x", "a\\b", ".hidden", "a//b", "con/x",
     "a/nul.bin", "x.", ""],
)  # fmt: skip
def test_a_path_out_of_the_folder_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="inside the models folder"):
        CatalogueFile(path=path, urls=("https://example.org/x",))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.org/x", True),
        ("http://127.0.0.1:80/x", True),
        ("http://example.org/x", False),
        ("http://127.0.0.1.example.org/x", False),
        ("ftp://example.org/x", False),
        ("file:///etc/passwd", False),
        ("https://name:word@example.org/x", False),
        ("https:///x", False),
        ("http://[::1", False),
    ],
)
def test_addresses(url: str, allowed: bool) -> None:
    assert is_allowed(url) is allowed


def test_names() -> None:
    catalogue = load_catalogue(Path("none"))
    assert catalogue.get("en_US-lessac-medium").id == "piper:en_US-lessac-medium"
    with pytest.raises(errors.UnknownModelError, match=r"whisper:tiny, faster-whisper:tiny"):
        catalogue.get("tiny")
    with pytest.raises(errors.UnknownModelError, match="models list"):
        catalogue.get("nobody")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b"<!DOCTYPE html><html>sign in</html>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        json.dumps({"a": 1}).encode(),
        json.dumps({"../x": voices()["en_US-test-medium"]}).encode(),
        json.dumps(voices(language=None)).encode(),
        json.dumps(voices(files={})).encode(),
        json.dumps(voices(files={"../../x.onnx": {"size_bytes": 1, "md5_digest": ""}})).encode(),
        json.dumps(voices(num_speakers="many")).encode(),
        json.dumps(voices(files=[1])).encode(),
    ],
)  # fmt: skip
async def test_a_wrong_list_is_refused_and_the_old_one_kept(bench: Bench, data: bytes) -> None:
    kept = bench.root / REFRESHED
    kept.parent.mkdir(parents=True)
    kept.write_bytes(json.dumps(voices()).encode())
    url = bench.server.put("/voices.json", data)
    with pytest.raises(errors.CatalogueError):
        await refresh_voices(url, bench.root, LIMITS)
    assert json.loads(kept.read_text()) == voices()
    assert [path.name for path in kept.parent.iterdir()] == ["voices.json"]


async def test_a_newer_list_is_taken(bench: Bench) -> None:
    url = bench.server.put("/voices.json", json.dumps(voices()).encode())
    assert await refresh_voices(url, bench.root, LIMITS) == 1
    catalogue = load_catalogue(bench.root)
    assert "piper:en_US-test-medium" in catalogue
    assert "piper:en_US-lessac-medium" in catalogue
    assert catalogue.notice == ""


def test_a_few_odd_entries_are_passed_over() -> None:
    whole = json.loads((HERE / "voices.json").read_bytes())
    whole["xx_XX-new-shape"] = {"engine": "another"}
    assert len(read_voices(json.dumps(whole).encode())) == len(whole) - 1


async def test_the_whole_list_of_piper_can_be_loaded(bench: Bench) -> None:
    data = (HERE / "voices.json").read_bytes()
    url = bench.server.put("/voices.json", data)
    assert await refresh_voices(url, bench.root, LIMITS) == len(read_voices(data))


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (faults.portal, errors.CatalogueError),
        (faults.status(404), errors.GoneError),
        (faults.cut_after(50), errors.CutError),
        (faults.redirect("http://example.org/voices.json"), errors.RedirectError),
    ],
)
async def test_a_list_that_does_not_come(
    bench: Bench, behaviour: faults.Behaviour, error: type[Exception]
) -> None:
    url = bench.server.put("/voices.json", json.dumps(voices()).encode(), behaviour)
    with pytest.raises(error):
        await refresh_voices(url, bench.root, LIMITS)
    assert not (bench.root / REFRESHED).exists()


async def test_only_https(bench: Bench) -> None:
    with pytest.raises(errors.CatalogueError):
        await refresh_voices("http://example.org/voices.json", bench.root, LIMITS)


def test_a_refreshed_list_that_broke_on_the_disk_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / REFRESHED
    path.parent.mkdir()
    path.write_bytes(b"{")
    catalogue = load_catalogue(tmp_path)
    assert "piper:en_US-lessac-medium" in catalogue
    assert "cannot be used" in catalogue.notice


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("* URL: x\n* License: CC0\n", "CC0"),
        ("License:   CC BY 4.0  \n", "CC BY 4.0"),
        ("* Licence: MIT", "MIT"),
        ("nothing", ""),
    ],
)
def test_the_card_tells_the_licence(card: str, licence: str) -> None:
    assert licence_of(card) == licence


@pytest.mark.parametrize("find", [find_folder, find_checkpoint])
def test_what_an_engine_tells_to_install_is_there(
    tmp_path: Path, find: Callable[[str, Path], Found]
) -> None:
    catalogue = load_catalogue(tmp_path)
    told = [find(name, tmp_path).remedy for name in MEGABYTES]
    named = [found[1] for remedy in told if (found := re.search(r"models install (\S+)`", remedy))]
    assert len(named) >= 11
    assert all(name in catalogue for name in named), named
