"""A voice as one file: packed, taken in elsewhere, and refused when it is not what it says."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backend.models_store.errors import StoreError, VoiceFileError
from backend.models_store.voice_package import (
    DESCRIPTION,
    LARGEST,
    MANIFEST,
    NETWORK,
    PREVIEW,
    About,
    Consent,
    pack_voice,
    unpack_voice,
)
from config import KotodamaError
from tests.support.model_bench import Bench
from tests.support.tiny_voice import write_voice

ABOUT = About(name="Anna of the sea", licence="CC-BY-4.0", source="me")
CONSENT = Consent(speaker="Anna", statement="You may share my voice.", given_on=date(2026, 1, 31))
Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    onnx = write_voice(tmp_path / "mine", "anna")
    target = tmp_path / "anna.kotodama-voice"
    pack_voice(onnx, target, ABOUT, b"RIFF a preview")
    return target


def rewrite(package: Path, change: Change) -> None:
    """Change the files of a package, its manifest left as it is."""
    with zipfile.ZipFile(package) as packed:
        contents = {name: packed.read(name) for name in packed.namelist()}
    change(contents)
    with zipfile.ZipFile(package, "w") as packed:
        for name, data in contents.items():
            packed.writestr(name, data)


def relist(contents: dict[str, bytes], **changes: Any) -> None:
    """Let the manifest fit the files, with other values of its own."""
    manifest = json.loads(contents[MANIFEST])
    manifest["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in contents.items()
        if name != MANIFEST
    }
    contents[MANIFEST] = json.dumps({**manifest, **changes}).encode()


def nothing_is_left(root: Path) -> bool:
    return not [path for path in root.rglob("*") if path.is_file()]


async def test_a_shared_voice_is_taken_in_and_removed_whole(bench: Bench, package: Path) -> None:
    store = bench.store()
    added = await store.add(package)
    assert added.refused == []
    (name,) = added.models
    assert name == "own:piper/Anna-of-the-sea/Anna-of-the-sea.onnx"
    home = bench.root / "piper" / "Anna-of-the-sea"
    assert (home / PREVIEW).read_bytes() == b"RIFF a preview"
    kept = json.loads((home / MANIFEST).read_text())
    assert kept["about"]["licence"] == "CC-BY-4.0"
    assert (await store.verify(name)).state == "installed"
    again = await store.add(package)
    assert "already" in again.refused[0]
    await store.remove(name)
    assert not home.exists()


async def test_what_was_taken_in_can_be_shared_on(
    bench: Bench, package: Path, tmp_path: Path
) -> None:
    store = bench.store()
    (name,) = (await store.add(package)).models
    manifest = await store.share(name, tmp_path / "again.kotodama-voice", ABOUT)
    with (
        zipfile.ZipFile(package) as first,
        zipfile.ZipFile(tmp_path / "again.kotodama-voice") as two,
    ):
        assert first.read(NETWORK) == two.read(NETWORK)
    assert manifest.language == "en-US"
    with pytest.raises(KotodamaError, match="nobody"):
        await store.share("own:nobody", tmp_path / "x.kotodama-voice", ABOUT)


def test_a_clone_needs_consent_to_be_packed_and_to_be_taken_in(
    package: Path, tmp_path: Path
) -> None:
    onnx = tmp_path / "mine" / "anna.onnx"
    clone = ABOUT.model_copy(update={"cloned": True})
    with pytest.raises(StoreError, match="consent"):
        pack_voice(onnx, tmp_path / "b.kotodama-voice", clone)
    agreed = clone.model_copy(update={"consent": CONSENT})
    assert pack_voice(onnx, package, agreed).about.consent == CONSENT
    assert unpack_voice(package, tmp_path / "models").is_file()
    without = json.loads(clone.model_dump_json())
    rewrite(package, lambda contents: relist(contents, about=without))
    with pytest.raises(StoreError, match="consent"):
        unpack_voice(package, tmp_path / "other")
    assert nothing_is_left(tmp_path / "other")


def test_a_damaged_voice_is_not_packed(tmp_path: Path) -> None:
    onnx = write_voice(tmp_path, "broken", nan="enc_p.emb.weight")
    with pytest.raises(VoiceFileError, match="broken"):
        pack_voice(onnx, tmp_path / "b.kotodama-voice", ABOUT)
    assert not (tmp_path / "b.kotodama-voice").exists()


def _pickle(contents: dict[str, bytes]) -> None:
    contents["weights.pkl"] = b"cos\nsystem\n."
    relist(contents)


def _escape(contents: dict[str, bytes]) -> None:
    contents["../../outside.json"] = b"{}"
    relist(contents)


def _unlisted(contents: dict[str, bytes]) -> None:
    del contents[PREVIEW]


def _other_network(contents: dict[str, bytes]) -> None:
    contents[NETWORK] = contents[NETWORK][:-1] + b"\0"


def _listed_rubbish(contents: dict[str, bytes]) -> None:
    contents[NETWORK] = b"not a network"
    relist(contents)


def _too_large(contents: dict[str, bytes]) -> None:
    contents[PREVIEW] = bytes(LARGEST[PREVIEW] + 1)
    relist(contents)


def _no_description(contents: dict[str, bytes]) -> None:
    del contents[DESCRIPTION]
    relist(contents)


def _other_version(contents: dict[str, bytes]) -> None:
    relist(contents, version=2)


def _no_manifest(contents: dict[str, bytes]) -> None:
    del contents[MANIFEST]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_pickle, "weights.pkl"),
        (_escape, "outside.json"),
        (_unlisted, "other files"),
        (_other_network, "not what its manifest says"),
        (_listed_rubbish, "Anna-of-the-sea"),
        (_too_large, "another size"),
        (_no_description, "voice.onnx.json is missing"),
        (_other_version, "manifest"),
        (_no_manifest, "no shared voice"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_is_named(package: Path, tmp_path: Path, change: Change, said: str) -> None:
    rewrite(package, change)
    root = tmp_path / "models"
    with pytest.raises(VoiceFileError, match=said):
        unpack_voice(package, root)
    assert nothing_is_left(root)
    assert not (tmp_path / "outside.json").exists()


def test_a_hundred_damaged_packages_are_refused_by_name(package: Path, tmp_path: Path) -> None:
    whole = package.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        network = packed.getinfo(NETWORK)
    chance = random.Random(4)
    root = tmp_path / "models"
    for number in range(100):
        data = bytearray(whole)
        if number % 2:
            del data[chance.randrange(len(data)) :]
        else:
            # Within the packed network, where every bit counts.
            at = network.header_offset + 60 + chance.randrange(network.compress_size - 60)
            data[at] ^= 1 << chance.randrange(8)
        package.write_bytes(data)
        with pytest.raises(VoiceFileError, match=r"anna\.kotodama-voice"):
            unpack_voice(package, root)
        assert nothing_is_left(root)


def test_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(VoiceFileError, match="no file"):
        unpack_voice(tmp_path / "none.kotodama-voice", tmp_path)
