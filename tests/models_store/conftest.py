"""A store to try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.benchmarks.fault_server import FaultServer
from tests.support.model_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with FaultServer() as server:
        yield Bench(tmp_path / "models", server)
