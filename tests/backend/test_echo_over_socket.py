"""The character talks into her own microphone, over the real socket: nothing comes of it.

How often she falls silent for a moment depends on how steadily the machine runs: that is a figure
of `bench air`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.benchmarks.air import converse
from event_system import FRAME_SECONDS
from tests.support.live_backend import TOKEN, LiveBackend, embedded_backend

SECONDS = 6.0


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    with embedded_backend(tmp_path_factory.mktemp("echo")) as backend:
        yield backend


@pytest.mark.parametrize("level_db", [-5.0])
async def test_an_echo_is_not_answered_and_she_speaks_on(
    live: LiveBackend, level_db: float
) -> None:
    air = await converse(live.port, TOKEN, level_db, SECONDS)
    assert air.frames * FRAME_SECONDS > SECONDS / 2
    assert air.heard == []
