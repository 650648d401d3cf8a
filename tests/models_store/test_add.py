"""Models from a folder or a stick."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.models_store import errors
from backend.models_store.add import add_from
from backend.models_store.catalogue import Catalogue
from event_system import ModelSaved
from tests.support.model_bench import Bench
from tests.support.tiny_voice import write_voice


async def test_known_files_are_recognised_by_content(bench: Bench, tmp_path: Path) -> None:
    bench.voice()
    bench.big()
    stick = tmp_path / "stick"
    bench.drop("piper:anna", stick / "a")
    bench.drop("test:big", stick / "b")
    (stick / "b/big.bin").rename(stick / "b/renamed by the browser (1).bin")
    added = await bench.store().add(stick)
    assert sorted(added.models) == ["piper:anna", "test:big"]
    assert added.refused == []
    assert (bench.root / "big/big.bin").read_bytes() == bench.contents["big/big.bin"]
    assert (bench.root / "piper/anna.card.txt").is_file()
    assert len(bench.events(ModelSaved)) == 2
    assert not list(bench.root.rglob("*.part"))


async def test_an_own_voice_is_taken_when_its_files_agree(bench: Bench, tmp_path: Path) -> None:
    onnx = write_voice(tmp_path / "mine", "my voice")
    store = bench.store()
    added = await store.add(onnx)
    assert added.models == ["own:piper/my voice.onnx"]
    (mine,) = store.list()
    assert (mine.id, mine.own, mine.state) == ("own:piper/my voice.onnx", True, "installed")
    assert (await store.verify(mine.id)).state == "installed"
    await store.remove(mine.id)
    assert store.list() == []
    assert onnx.is_file()


@pytest.mark.parametrize("damage", ["cut", "no description", "other description"])
async def test_a_damaged_voice_is_refused_by_name(
    bench: Bench, tmp_path: Path, damage: str
) -> None:
    onnx = write_voice(tmp_path / "mine")
    described = onnx.with_name(onnx.name + ".json")
    if damage == "cut":
        onnx.write_bytes(onnx.read_bytes()[:-300])
    elif damage == "no description":
        described.unlink()
    else:
        other = write_voice(tmp_path / "other", symbols=20)
        described.write_bytes(other.with_name(other.name + ".json").read_bytes())
    added = await bench.store().add(tmp_path / "mine")
    assert added.models == []
    assert len(added.refused) == 1
    assert "my-voice" in added.refused[0]
    assert not (bench.root / "piper").exists()


async def test_half_a_model_is_told(bench: Bench, tmp_path: Path) -> None:
    bench.add(
        "test:pair",
        bench.put("pair/small.json", b'{"a": 1}'),
        bench.put("pair/large.bin", b"x" * 5000),
        kind="stt",
    )
    bench.drop("test:pair", tmp_path / "stick")
    (tmp_path / "stick/small.json").unlink()
    added = await bench.store().add(tmp_path / "stick")
    assert added.models == []
    assert added.refused == ["test:pair is not whole there: small.json is missing."]


async def test_a_small_file_without_hash_counts_beside_its_model(
    bench: Bench, tmp_path: Path
) -> None:
    bench.add(
        "test:pair",
        bench.put("pair/words.json", b"[1]", sha256=""),
        bench.put("pair/large.bin", b"x" * 5000),
        kind="stt",
    )
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/words.json").write_bytes(b"[1]")
    bench.drop("test:pair", tmp_path / "stick")
    assert (await bench.store().add(tmp_path / "stick")).models == ["test:pair"]
    with pytest.raises(errors.StoreError, match="Nothing in"):
        await bench.store().add(tmp_path / "elsewhere")


def test_links_are_not_followed(bench: Bench, tmp_path: Path) -> None:
    write_voice(tmp_path / "secret")
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "linked").symlink_to(tmp_path / "secret", target_is_directory=True)
    (stick / "my-voice.onnx").symlink_to(tmp_path / "secret/my-voice.onnx")
    with pytest.raises(errors.StoreError, match="Nothing in"):
        add_from(stick, Catalogue([]), bench.store().library)


@pytest.mark.parametrize("name", ["nowhere", "empty"])
async def test_nothing_there(bench: Bench, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.StoreError):
        await bench.store().add(tmp_path / name)


async def test_a_full_disk(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.models_store.add.free_bytes", lambda folder: 10)
    write_voice(tmp_path / "mine")
    with pytest.raises(errors.DiskFullError):
        await bench.store().add(tmp_path / "mine")
