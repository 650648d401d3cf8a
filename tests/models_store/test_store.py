"""Installing, pausing, checking and removing models."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from backend.models_store import errors
from backend.models_store.fetch import Limits
from backend.models_store.meter import Meter
from backend.models_store.part import part_path
from backend.models_store.store import ModelStore
from commands.benchmarks import fault_server as faults
from event_system import ModelFailed, ModelProgress, ModelSaved
from tests.support.model_bench import Bench

PATIENT = Limits(read_s=10.0, reserve=1000)


async def until(store: ModelStore, model_id: str, *states: str) -> None:
    for _ in range(500):
        if store.status(model_id).state in states:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(store.status(model_id))


async def test_a_voice_is_installed_with_progress_and_its_licence(bench: Bench) -> None:
    bench.voice()
    store = bench.store()
    assert store.status("anna").state == "absent"
    status = await store.install("anna")
    assert (status.state, status.checked, status.licence) == ("installed", True, "Recordings: CC0")
    assert status.done == status.bytes == sum(map(len, bench.contents.values()))
    saved = bench.events(ModelSaved)
    assert [(one.name, Path(one.path).name) for one in saved] == [("piper:anna", "anna.onnx")]
    assert [one.state for one in bench.events(ModelProgress)][-1] == "installed"
    assert not list(bench.root.rglob("*.part*"))


async def test_the_network_comes_last(bench: Bench) -> None:
    """An engine that sees NAME.onnx finds its description beside it."""
    bench.voice("anna", faults.status(404))
    store = bench.store()
    with pytest.raises(errors.GoneError):
        await store.install("anna")
    assert (bench.root / "piper/anna.onnx.json").is_file()
    assert not (bench.root / "piper/anna.onnx").exists()


async def test_a_missing_card_does_not_stop_a_voice(bench: Bench) -> None:
    bench.voice()
    bench.server.shelf.behaviours["/piper/anna.card.txt"] = [faults.status(404)]
    status = await bench.store().install("anna")
    assert (status.state, status.licence) == ("installed", "MIT")


async def test_a_failure_is_told_and_the_next_try_helps(bench: Bench) -> None:
    bench.big(faults.cut_after(100_000), faults.status(500), faults.status(500), faults.good)
    store = bench.store()
    with pytest.raises(errors.ServerFailedError):
        await store.install("test:big")
    status = store.status("test:big")
    assert (status.state, status.done) == ("failed", 100_000)
    assert "overloaded" in status.message
    assert f"/big/big.bin → {bench.root / 'big/big.bin'}" in status.by_hand
    assert [one.code for one in bench.events(ModelFailed)] == ["server_failed"]
    assert (await store.install("test:big")).state == "installed"
    assert bench.server.shelf.requests[-1].start == 100_000


async def test_pause_resume_and_a_restart_of_the_program(bench: Bench) -> None:
    bench.big(faults.stall_after(100_000, 5.0), faults.good)
    store = bench.store(limits=PATIENT)
    store.start("test:big")
    await until(store, "test:big", "downloading")
    for _ in range(500):
        if store.status("test:big").done == 100_000:
            break
        await asyncio.sleep(0.01)
    paused = await store.pause("test:big")
    assert (paused.state, paused.done) == ("partial", 100_000)
    await store.close()
    later = bench.store()
    assert later.status("test:big").done == 100_000
    assert (await later.install("test:big")).state == "installed"
    assert [one.start for one in bench.server.shelf.requests] == [0, 100_000]


async def test_cancel_throws_away_what_came(bench: Bench) -> None:
    bench.big(faults.cut_after(100_000), faults.status(403))
    store = bench.store()
    with pytest.raises(errors.RefusedError):
        await store.install("test:big")
    assert (await store.cancel("test:big")).state == "absent"
    assert not list(bench.root.rglob("big.*"))


async def test_two_at_a_time(bench: Bench) -> None:
    for name in ("aa", "bbb", "cccc"):
        bench.voice(name, faults.stall_after(10, 5.0))
    store = bench.store(limits=PATIENT)
    for name in ("aa", "bbb", "cccc"):
        store.start(name)
    await until(store, "piper:bbb", "downloading")
    assert store.status("piper:cccc").state == "waiting"
    with pytest.raises(errors.BusyModelError):
        await store.verify("cccc")
    await store.pause("aa")
    await until(store, "piper:cccc", "downloading")
    await store.close()
    stopped = {store.status(name).state for name in ("aa", "bbb", "cccc")}
    assert stopped <= {"absent", "partial"}


async def test_damage_is_found_and_mended(bench: Bench) -> None:
    bench.voice()
    store = bench.store()
    await store.install("anna")
    path = bench.root / "piper/anna.onnx"
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    assert not store.status("anna").checked
    with pytest.raises(errors.WrongHashError):
        await store.verify("anna")
    assert store.status("anna").state == "damaged"
    bench.server.shelf.requests.clear()
    mended = await store.install("anna")
    assert (mended.state, mended.checked) == ("installed", True)
    assert [one.path for one in bench.server.shelf.requests] == ["/piper/anna.onnx"]


async def test_files_dropped_in_by_hand_are_recognised_and_checked(bench: Bench) -> None:
    bench.voice("good")
    bench.voice("bad")
    bench.drop("piper:good")
    bench.drop("piper:bad")
    path = bench.root / "piper/bad.onnx"
    path.write_bytes(b"\0" * path.stat().st_size)
    store = bench.store()
    assert [one.state for one in store.list()] == ["installed"] * 2
    await store.upkeep.check_new()
    assert [(one.state, one.checked) for one in store.list()] == [
        ("installed", True), ("damaged", False),
    ]  # fmt: skip


async def test_removal_keeps_to_the_models_folder(bench: Bench, tmp_path: Path) -> None:
    bench.voice()
    store = bench.store()
    await store.install("anna")
    precious = tmp_path / "precious.onnx"
    precious.write_bytes((bench.root / "piper/anna.onnx").read_bytes())
    (bench.root / "piper/anna.onnx").unlink()
    (bench.root / "piper/anna.onnx").symlink_to(precious)
    assert await store.remove("anna") > 0
    assert precious.is_file()
    assert not (bench.root / "piper").exists()
    away = tmp_path / "away"
    away.mkdir()
    (away / "anna.onnx").write_bytes(b"mine")
    (bench.root / "piper").symlink_to(away, target_is_directory=True)
    with pytest.raises(errors.OutsideError):
        await store.remove("anna")
    assert (away / "anna.onnx").read_bytes() == b"mine"
    with pytest.raises(errors.OutsideError):
        await store.install("anna")


async def test_a_file_that_two_models_share_stays(bench: Bench) -> None:
    shared = bench.put("sad/shared.bin", b"shared" * 100)
    bench.add("sad:a", shared, bench.put("sad/a.bin", b"a" * 1000))
    bench.add("sad:b", shared, bench.put("sad/b.bin", b"b" * 1000))
    store = bench.store()
    await store.install("sad:a")
    await store.install("sad:b")
    await store.remove("sad:a")
    assert store.status("sad:b").state == "installed"
    await store.remove("sad:b")
    assert not (bench.root / "sad").exists()


async def test_what_is_not_fetched_says_how_to_get_it(bench: Bench) -> None:
    bench.add("ollama:qwen", kind="llm", by_hand="Run `ollama pull qwen`.", about=5)
    store = bench.store()
    assert not store.status("ollama:qwen").fetched
    with pytest.raises(errors.ByHandError, match="ollama pull"):
        store.start("ollama:qwen")
    with pytest.raises(errors.UnknownModelError):
        store.start("piper:nobody")
    with pytest.raises(errors.UnknownModelError):
        await store.remove("own:../../etc/passwd")


async def test_disk_use(bench: Bench) -> None:
    bench.voice()
    bench.big()
    store = bench.store()
    assert store.disk().used == 0
    await store.install("anna")
    await store.install("test:big")
    use = store.disk()
    assert use.folders["big"] == 300_000
    assert use.used == sum(use.folders.values())
    assert use.free > 0


def test_the_meter_tells_speed_and_rest() -> None:
    meter = Meter(1000)
    assert meter.seconds_left is None
    for second in range(10):
        meter.move(second * 50, float(second))
    assert meter.speed == 50
    assert meter.seconds_left == pytest.approx((1000 - 450) / 50)
    meter.move(0, 11.0)
    assert meter.speed == 0


async def test_an_unforeseen_error_is_told_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.big()
    store = bench.store()

    def broken(model: Any) -> Any:
        raise RuntimeError("what is this")

    monkeypatch.setattr(store.library, "missing", broken)
    with pytest.raises(errors.DownloadError, match="what is this"):
        await store.install("test:big")
    assert not part_path(bench.root / "big/big.bin").exists()
