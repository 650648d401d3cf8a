"""One download against a real server with faults: a whole file or a named error, nothing else."""

from __future__ import annotations

import errno
import hashlib
import random
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from backend.models_store import errors
from backend.models_store.catalogue import CatalogueFile
from backend.models_store.fetch import Fetch, Limits, make_client
from backend.models_store.part import Part, part_path, state_path
from commands.benchmarks import fault_server as faults
from commands.benchmarks.fault_server import FaultServer

TLS = ssl.create_default_context()
CONTENT = random.Random(4).randbytes(60_000)
LIMITS = Limits(
    connect_s=2.0, read_s=0.4, slow_after_s=0.2, slow_bytes_s=500, tries=3, backoff_s=0.01,
    reserve=1000,
)  # fmt: skip


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    # A proxy of the environment must not be asked for what is on this computer.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with FaultServer() as running:
        yield running


def entry(*urls: str, content: bytes = CONTENT, **changes: Any) -> CatalogueFile:
    facts: dict[str, Any] = {
        "path": "piper/voice.bin",
        "urls": urls,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **changes,
    }
    return CatalogueFile(**facts)


async def fetch(file: CatalogueFile, folder: Path, **options: Any) -> Path:
    target = folder / file.path
    limits = options.pop("limits", LIMITS)
    async with make_client(limits, TLS) as client:
        await Fetch(file, target, client, limits, **options).run()
    return target


def starts(server: FaultServer) -> list[int]:
    return [request.start for request in server.shelf.requests]


async def test_a_file_comes_whole(server: FaultServer, tmp_path: Path) -> None:
    told: list[int] = []
    file = entry(server.put("/f", CONTENT))
    target = await fetch(file, tmp_path, progress=told.append)
    assert target.read_bytes() == CONTENT
    assert sorted(told) == told and told[-1] == len(CONTENT)
    assert not part_path(target).exists() and not state_path(target).exists()
    assert server.shelf.requests[0].headers["Accept-Encoding"] == "identity"


async def test_after_cuts_it_goes_on_where_it_stopped(server: FaultServer, tmp_path: Path) -> None:
    cut = faults.cut_after(20_000)
    target = await fetch(entry(server.put("/f", CONTENT, cut, cut, faults.good)), tmp_path)
    assert target.read_bytes() == CONTENT
    assert starts(server) == [0, 20_000, 40_000]
    assert server.shelf.requests[1].headers["If-Range"] == faults.etag(CONTENT)


async def test_a_part_of_yesterday_is_continued(server: FaultServer, tmp_path: Path) -> None:
    file = entry(server.put("/f", CONTENT, faults.cut_after(20_000), faults.status(503)))
    with pytest.raises(errors.ServerFailedError):
        await fetch(file, tmp_path)
    assert part_path(tmp_path / file.path).stat().st_size == 20_000
    server.shelf.behaviours["/f"] = [faults.good]
    server.shelf.requests.clear()
    target = await fetch(file, tmp_path)
    assert target.read_bytes() == CONTENT
    assert starts(server) == [20_000]


async def test_a_pause_keeps_what_came(server: FaultServer, tmp_path: Path) -> None:
    file = entry(server.put("/f", CONTENT, faults.stall_after(30_000, 1.0), faults.good))
    with anyio.CancelScope() as scope:
        await fetch(
            file,
            tmp_path,
            limits=Limits(read_s=5.0, reserve=1000),
            progress=lambda done: scope.cancel() if done == 30_000 else None,
        )
    assert scope.cancelled_caught
    assert part_path(tmp_path / file.path).stat().st_size == 30_000
    assert (await fetch(file, tmp_path)).read_bytes() == CONTENT
    assert starts(server) == [0, 30_000]


async def test_a_server_without_ranges_sends_all_again(server: FaultServer, tmp_path: Path) -> None:
    url = server.put("/f", CONTENT, faults.cut_after(9_000), faults.no_ranges)
    assert (await fetch(entry(url), tmp_path)).read_bytes() == CONTENT


async def test_a_file_that_changed_meanwhile_is_taken_anew(
    server: FaultServer, tmp_path: Path
) -> None:
    old = random.Random(1).randbytes(len(CONTENT))

    def cut_old(handler: Any, _content: bytes, request: Any) -> None:
        faults.cut_after(9_000)(handler, old, request)

    url = server.put("/f", CONTENT, cut_old, faults.good)
    assert (await fetch(entry(url), tmp_path)).read_bytes() == CONTENT
    assert starts(server) == [0, 9_000]


@pytest.mark.parametrize("shift", [-5_000, 7])
async def test_a_wrong_range_is_not_joined(server: FaultServer, tmp_path: Path, shift: int) -> None:
    url = server.put("/f", CONTENT, faults.cut_after(9_000), faults.wrong_range(shift))
    assert (await fetch(entry(url), tmp_path)).read_bytes() == CONTENT
    assert starts(server) == [0, 9_000, 0]


async def test_bytes_of_two_versions_are_noticed_by_the_hash(
    server: FaultServer, tmp_path: Path
) -> None:
    file = entry(server.put("/f", CONTENT))
    target = tmp_path / file.path
    part = Part(target, file)
    part.open()
    part.write(b"\0" * 9_000)
    part.came_from("http://127.0.0.1:1/other", "", 0)
    part.close()
    assert (await fetch(file, tmp_path)).read_bytes() == CONTENT
    assert starts(server) == [9_000, 0]


async def test_without_a_hash_only_the_same_version_is_continued(
    server: FaultServer, tmp_path: Path
) -> None:
    content = b"[" + b"1," * 20_000 + b"1]"
    file = entry(
        server.put("/a", content, faults.cut_after(9_000), faults.status(404)),
        server.put("/b", content),
        content=content, sha256="", path="x/list.json",
    )  # fmt: skip
    assert (await fetch(file, tmp_path)).read_bytes() == content
    assert [(one.path, one.start) for one in server.shelf.requests] == [
        ("/a", 0), ("/a", 9_000), ("/b", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (faults.status(404), errors.GoneError),
        (faults.status(403), errors.RefusedError),
        (faults.status(500), errors.ServerFailedError),
        (faults.status(429), errors.ServerFailedError),
        (faults.status(511), errors.CaptivePortalError),
        (faults.status(418), errors.ServerFailedError),
        (faults.portal, errors.CaptivePortalError),
        (faults.disguised_portal, errors.WrongSizeError),
        (faults.flipped, errors.WrongHashError),
        (faults.other_content(CONTENT[:-1]), errors.WrongSizeError),
        (faults.other_content(CONTENT + b"x"), errors.WrongSizeError),
        (faults.chunked(0.5), errors.WrongSizeError),
        (faults.other_content(b""), errors.WrongSizeError),
        (faults.cut_after(0), errors.CutError),
        (faults.stall_after(10, 1.0), errors.TooSlowError),
        (faults.drip(0.05), errors.TooSlowError),
        (faults.packed, errors.ServerFailedError),
        (faults.nonsense, errors.CutError),
        (faults.redirect("http://example.org/f"), errors.RedirectError),
        (faults.redirect("file:///etc/passwd"), errors.RedirectError),
        (faults.redirect("ftp://example.org/f"), errors.RedirectError),
        (faults.redirect("https://user:word@example.org/f"), errors.RedirectError),
        (faults.redirect("/f"), errors.RedirectError),
        (faults.redirect(""), errors.RedirectError),
        (faults.redirect("http://[::bad"), errors.RedirectError),
    ],
)
async def test_each_failure_has_a_name_and_leaves_no_file(
    server: FaultServer, tmp_path: Path, behaviour: faults.Behaviour, error: type[Exception]
) -> None:
    file = entry(server.put("/f", CONTENT, behaviour))
    with pytest.raises(errors.DownloadError) as caught:
        await fetch(file, tmp_path)
    assert type(caught.value) is error, caught.value.message
    assert caught.value.message.endswith((".", "?", "”"))
    assert not (tmp_path / file.path).exists()


async def test_without_a_size_a_disguised_page_is_known(
    server: FaultServer, tmp_path: Path
) -> None:
    file = entry(server.put("/f", CONTENT, faults.disguised_portal), size=None, sha256="")
    with pytest.raises(errors.CaptivePortalError):
        await fetch(file, tmp_path)


async def test_without_a_hash_the_structure_counts(server: FaultServer, tmp_path: Path) -> None:
    content = b'{"a": [1, 2'
    file = entry(server.put("/f", content), content=content, sha256="", path="x/list.json")
    with pytest.raises(errors.DamagedError):
        await fetch(file, tmp_path)
    assert not (tmp_path / file.path).exists()


async def test_it_follows_a_redirect_on_the_same_computer(
    server: FaultServer, tmp_path: Path
) -> None:
    server.put("/real", CONTENT)
    url = server.put("/f", b"", faults.redirect("/real"))
    assert (await fetch(entry(url), tmp_path)).read_bytes() == CONTENT


async def test_the_next_mirror_is_asked(server: FaultServer, tmp_path: Path) -> None:
    file = entry(
        server.put("/a", CONTENT, faults.status(404)),
        server.put("/b", CONTENT, faults.flipped),
        server.put("/c", CONTENT),
    )
    assert (await fetch(file, tmp_path)).read_bytes() == CONTENT
    gone = entry(
        server.put("/a", CONTENT, faults.status(404)),
        server.put("/b", CONTENT, faults.status(500)),
        path="piper/other.bin",
    )
    with pytest.raises(errors.GoneError):
        await fetch(gone, tmp_path)


async def test_a_passing_fault_of_the_server_is_waited_out(
    server: FaultServer, tmp_path: Path
) -> None:
    url = server.put("/f", CONTENT, faults.status(500), faults.status(503), faults.good)
    assert (await fetch(entry(url), tmp_path)).read_bytes() == CONTENT


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(errors.NoNetworkError):
        await fetch(entry("http://127.0.0.1:9/f"), tmp_path)


async def test_the_disk_is_looked_at_first(server: FaultServer, tmp_path: Path) -> None:
    file = entry(server.put("/f", CONTENT))
    with pytest.raises(errors.DiskFullError, match="make room"):
        await fetch(file, tmp_path, free=lambda folder: len(CONTENT))
    assert server.shelf.requests == []


async def test_a_disk_that_fills_up_keeps_what_is_written(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = entry(server.put("/f", CONTENT, faults.cut_after(20_000), faults.good))
    real = Part.open

    class Full:
        """A stream that takes 20,000 bytes."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def write(self, data: bytes) -> int:
            if self._stream.tell() >= 20_000:
                self._stream.write(data[:100])
                raise OSError(errno.ENOSPC, "No space left on device")
            return int(self._stream.write(data))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

    def open_full(part: Part) -> None:
        real(part)
        part._stream = Full(part._stream)  # type: ignore[assignment]

    monkeypatch.setattr(Part, "open", open_full)
    with pytest.raises(errors.DiskFullError, match="disk is full"):
        await fetch(file, tmp_path)
    assert part_path(tmp_path / file.path).stat().st_size == 20_000
    monkeypatch.setattr(Part, "open", real)
    assert (await fetch(file, tmp_path)).read_bytes() == CONTENT


async def test_a_part_that_is_a_link_is_not_written_through(
    server: FaultServer, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    file = entry(server.put("/f", CONTENT))
    target = tmp_path / "models" / file.path
    target.parent.mkdir(parents=True)
    part_path(target).symlink_to(precious)
    await fetch(file, tmp_path / "models")
    assert precious.read_bytes() == b"mine"
    assert target.read_bytes() == CONTENT


async def test_a_damaged_state_beside_the_part_is_ignored(
    server: FaultServer, tmp_path: Path
) -> None:
    file = entry(server.put("/f", CONTENT))
    target = tmp_path / file.path
    target.parent.mkdir(parents=True)
    part_path(target).write_bytes(b"x" * 500)
    state_path(target).write_text('{"wanted": 4')
    assert (await fetch(file, tmp_path)).read_bytes() == CONTENT
    assert starts(server) == [0]


async def test_two_processes_do_not_write_one_part(server: FaultServer, tmp_path: Path) -> None:
    file = entry(server.put("/f", CONTENT))
    other = Part(tmp_path / file.path, file)
    other.open()
    with pytest.raises(errors.BusyModelError):
        await fetch(file, tmp_path)
    other.close()
    assert (await fetch(file, tmp_path)).read_bytes() == CONTENT
    assert [path.name for path in target_folder(tmp_path).iterdir()] == ["voice.bin"]


def target_folder(folder: Path) -> Path:
    return folder / "piper"
