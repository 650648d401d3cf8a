"""A program that is killed in mid-download: nothing half is in use, and the rest comes later."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from commands.benchmarks import fault_server as faults
from config import ROOT
from tests.support.model_bench import Bench

CHILD = """
import asyncio, sys
from pathlib import Path
from backend.models_store.catalogue import Catalogue, CatalogueModel
from backend.models_store.fetch import Limits
from backend.models_store.store import ModelStore

model = CatalogueModel.model_validate_json(sys.argv[2])
store = ModelStore(Path(sys.argv[1]), limits=Limits(read_s=60, reserve=1),
                   catalogue=lambda: Catalogue([model]))
asyncio.run(store.install(model.id))
"""
FIRST = 3 << 20


def test_a_killed_download_goes_on(bench: Bench) -> None:
    model = bench.big(faults.stall_after(FIRST, 30.0), faults.good, size=5 << 20)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(bench.root), model.model_dump_json()], cwd=ROOT
    )
    try:
        # What it holds in memory, a megabyte at most, is lost with it.
        wait_for_size(bench.root / "big/big.bin.part", FIRST - (1 << 20))
    finally:
        child.kill()
        child.wait()
    assert not (bench.root / "big/big.bin").exists()
    store = bench.store()
    kept = store.status("test:big").done
    assert store.status("test:big").state == "partial"
    assert asyncio.run(store.install("test:big")).state == "installed"
    assert (bench.root / "big/big.bin").read_bytes() == bench.contents["big/big.bin"]
    assert [one.start for one in bench.server.shelf.requests] == [0, kept]
    assert [path.name for path in (bench.root / "big").iterdir()] == ["big.bin"]


def wait_for_size(path: Path, size: int) -> None:
    for _ in range(3000):
        if path.exists() and path.stat().st_size >= size:
            return
        time.sleep(0.01)
    raise AssertionError("the download did not begin")
