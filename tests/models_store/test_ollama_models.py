"""Ollama's models from the store: installing, pausing, deleting, and what can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import anyio
import pytest

from backend.models_store import errors
from backend.models_store.fetch import Limits
from backend.models_store.store import ModelStore
from event_system import ModelFailed, ModelProgress, ModelSaved
from tests.support.llm_servers import ChatServer, serve
from tests.support.model_bench import Bench
from tests.support.ollama_keeper import OllamaKeeper

NAME, ID = "qwen3:4b", "ollama:qwen3-4b"
SIZE = 1_200_000


@pytest.fixture
def keeper() -> OllamaKeeper:
    return OllamaKeeper(library={NAME: [SIZE - 20_000, 20_000]})


@pytest.fixture
async def server(keeper: OllamaKeeper) -> AsyncIterator[ChatServer]:
    async with serve(keeper) as running:
        yield running


@pytest.fixture
async def store(bench: Bench, server: ChatServer) -> AsyncIterator[ModelStore]:
    bench.add(ID, kind="llm", engine="ollama", about=SIZE, by_hand="Run `ollama pull`.")
    bench.models[ID] = bench.models[ID].model_copy(update={"name": NAME})
    made = bench.store(ollama_url=lambda: server.url)
    await asyncio.to_thread(made.list)
    yield made
    await made.close()


async def begun(store: ModelStore) -> None:
    for _ in range(500):
        if store.status(ID).done:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(store.status(ID))


async def test_a_model_is_pulled_with_progress_and_deleted(
    store: ModelStore, bench: Bench, keeper: OllamaKeeper
) -> None:
    keeper.pause_s = 0.03
    before = store.status(ID)
    assert (before.state, before.fetched, before.by_hand) == ("absent", True, "")
    status = await store.install(ID)
    assert (status.state, status.checked, status.bytes) == ("installed", True, SIZE)
    told = [one for one in bench.events(ModelProgress) if one.state == "downloading"]
    assert len(told) >= 2
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[-1].speed > 0
    assert told[-1].seconds_left is not None
    assert [one.name for one in bench.events(ModelSaved)] == [ID]
    assert (await store.verify(ID)).state == "installed"
    assert await store.remove(ID) == SIZE
    assert store.status(ID).state == "absent"
    assert keeper.kept == {}


async def test_a_paused_pull_goes_on_where_it_stopped(
    store: ModelStore, server: ChatServer, keeper: OllamaKeeper
) -> None:
    keeper.pause_s = 0.03
    store.start(ID)
    await begun(store)
    paused = await store.pause(ID)
    assert paused.state == "partial"
    assert 0 < paused.done < SIZE
    # Closing the stream is what tells Ollama to stop.
    with anyio.fail_after(5):
        await server.hung_up.wait()
    assert (await store.install(ID)).state == "installed"
    assert keeper.started_at[0] == 0
    assert keeper.started_at[1] >= paused.done


async def test_a_discarded_pull_is_forgotten(store: ModelStore, keeper: OllamaKeeper) -> None:
    keeper.pause_s = 0.03
    store.start(ID)
    await begun(store)
    assert (await store.cancel(ID)).state == "absent"


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("error: pull model manifest: file does not exist", errors.GoneError, "has no model"),
        ("error: write /blobs/x: no space left on device", errors.DiskFullError, "Make room"),
        ("status: not enough space on disk", errors.DiskFullError, "Make room"),
        ("error: pull model manifest: 412: this model requires a newer version of Ollama",
         errors.RefusedError, "too old"),
        ("error: Head https://registry: dial tcp: lookup registry: no such host",
         errors.NoNetworkError, "cannot reach its library"),
        ("error: the moon is full.", errors.ServerFailedError, r"\(the moon is full\)"),
        ("cut", errors.CutError, "can go on"),
        ("silent", errors.TooSlowError, "can go on"),
        ("not ollama", errors.ServerFailedError, "OLLAMA_URL"),
    ],
)  # fmt: skip
async def test_each_fault_has_a_name_and_the_next_try_works(
    store: ModelStore,
    bench: Bench,
    keeper: OllamaKeeper,
    fault: str,
    kind: type[Exception],
    said: str,
) -> None:
    keeper.fault = fault
    with pytest.raises(kind, match=said):
        await store.install(ID)
    assert store.status(ID).state == "failed"
    assert len(bench.events(ModelFailed)) == 1
    keeper.fault = ""
    assert (await store.install(ID)).state == "installed"


async def test_silence_while_it_checks_is_no_fault(
    bench: Bench, server: ChatServer, keeper: OllamaKeeper, store: ModelStore
) -> None:
    """Checking gigabytes takes minutes, in which Ollama says nothing."""

    async def slow(self: OllamaKeeper, reply: object, **line: object) -> None:
        await say(self, reply, **line)  # type: ignore[arg-type]
        if "verifying" in str(line.get("status")):
            await asyncio.sleep(0.4)

    say = OllamaKeeper._say
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OllamaKeeper, "_say", slow)
        patient = bench.store(ollama_url=lambda: server.url, limits=Limits(read_s=0.15))
        await asyncio.to_thread(patient.list)
        assert (await patient.install(ID)).state == "installed"


async def test_without_a_server_it_is_said_what_to_do(bench: Bench) -> None:
    bench.add(ID, kind="llm", engine="ollama", about=SIZE, by_hand="Run `ollama pull`.")
    store = bench.store(ollama_url=lambda: "http://127.0.0.1:9")
    await asyncio.to_thread(store.list)
    status = store.status(ID)
    assert (status.state, status.fetched) == ("absent", False)
    assert "ollama serve" in status.by_hand
    for call in (store.install, store.remove, store.verify):
        with pytest.raises(errors.OllamaAwayError, match="does not answer at http"):
            await call(ID)
    await store.close()


async def test_an_ollama_that_is_not_wanted_is_not_looked_for(bench: Bench) -> None:
    bench.add(ID, kind="llm", engine="ollama", about=SIZE, by_hand="Run `ollama pull`.")
    store = bench.store()
    store.list()
    with pytest.raises(errors.ByHandError, match="ollama pull"):
        await store.install(ID)


async def test_a_model_that_somebody_else_deleted(store: ModelStore, keeper: OllamaKeeper) -> None:
    await store.install(ID)
    keeper.kept.clear()
    with pytest.raises(errors.UnknownModelError, match="any more"):
        await store.remove(ID)
    with pytest.raises(errors.UnknownModelError, match="install it first"):
        await store.verify(ID)
    assert store.status(ID).state == "absent"


async def test_a_tag_is_known_also_without_latest(store: ModelStore, keeper: OllamaKeeper) -> None:
    keeper.kept[f"{NAME}:latest"] = 7
    await asyncio.to_thread(store.list)
    assert store.status(ID).bytes == 7
