"""A voice is found by its full name or its engine's own; a wrong one gets the nearest named."""

from __future__ import annotations

import pytest

from backend.engines.host import EngineHost
from backend.engines.voice_list import find_voice
from backend.errors import NotFoundError
from config import Settings
from event_system import EventBus


@pytest.fixture
def host(settings: Settings) -> EngineHost:
    chosen = settings.model_copy(update={"tts_engines": "espeak"})
    return EngineHost(lambda: chosen, EventBus())


@pytest.mark.parametrize("name", ["espeak/gmw/de", "gmw/de", "de"])
async def test_it_is_found(host: EngineHost, name: str) -> None:
    assert (await find_voice(host, name)).startswith("espeak/")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Germn", "the nearest are espeak/gmw/de"),
        ("espeak/gmw/dee", "the nearest are espeak/gmw/de"),
        ("qqqqqqqqqq", "`./run characters voices` lists them"),
    ],
)
async def test_what_is_not_there_is_said(host: EngineHost, name: str, said: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        await find_voice(host, name)
    assert said in caught.value.message
