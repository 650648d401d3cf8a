"""The model store under faults: downloads from servers that misbehave, and damaged voice files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import ssl
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from backend.models_store.catalogue import CatalogueFile
from backend.models_store.errors import DamagedError, DownloadError, VoiceFileError
from backend.models_store.fetch import Fetch, Limits, make_client
from backend.models_store.part import part_path
from backend.models_store.voice_check import check_voice
from commands.benchmarks import fault_server as faults
from commands.benchmarks.fault_server import Behaviour, FaultServer
from commands.benchmarks.figures import Figure
from commands.benchmarks.random_piper import write_voice
from config import Settings

DOWNLOADS = 200
VOICES = 100
AT_ONCE = 8
_LIMITS = Limits(
    connect_s=2.0, read_s=0.4, slow_after_s=0.3, slow_bytes_s=2_000, tries=3, backoff_s=0.02,
    reserve=1_000,
)  # fmt: skip


def measure(settings: Settings) -> list[Figure]:
    """Download through random faults, and check damaged voices."""
    with tempfile.TemporaryDirectory(prefix="kotodama-bench-") as folder:
        ends = asyncio.run(_download_all(Path(folder)))
        refused, passed = _check_voices(Path(folder))
    well = ends["verified"] + ends["named"]
    how = (
        f"{ends['verified']} ended in a verified file, {ends['named']} in a named error, with"
        f" {ends['errors']} different errors; seeded, over loopback"
    )
    return [
        Figure("downloads with faults that end well", well, "", how, at_least=DOWNLOADS),
        Figure("half or wrong files in use", ends["wrong"], "", "after those", at_most=0),
        Figure(
            "damaged voices refused by name", refused, "", f"{VOICES} tiny voices, each damaged"
            " in one place", at_least=VOICES,
        ),
        Figure("whole voices let through", passed, "", "10 tiny voices", at_least=10),
    ]  # fmt: skip


async def _download_all(folder: Path) -> Counter[str]:
    """How the downloads ended: verified, named, other, wrong; and how many kinds of error."""
    chance = random.Random(200)
    ends: Counter[str] = Counter()
    kinds: set[str] = set()
    places = asyncio.Semaphore(AT_ONCE)
    tls = ssl.create_default_context()
    with FaultServer() as server:
        async with make_client(_LIMITS, tls) as client:

            async def one(number: int, file: CatalogueFile, content: bytes, part: bytes) -> None:
                async with places:
                    target = folder / str(number) / file.path
                    _leave_part(target, file, part)
                    end, kind = await _download(file, target, client)
                    there = target.exists()
                    if there != (end == "verified") or (there and target.read_bytes() != content):
                        ends["wrong"] += 1
                    ends[end] += 1
                    kinds.add(kind)

            cases = [_case(chance, server, number) for number in range(DOWNLOADS)]
            await asyncio.gather(*(one(number, *case) for number, case in enumerate(cases)))
    ends["errors"] = len(kinds - {""})
    return ends


async def _download(
    file: CatalogueFile, target: Path, client: httpx.AsyncClient
) -> tuple[str, str]:
    try:
        await Fetch(file, target, client, _LIMITS).run()
    except (DownloadError, DamagedError) as error:
        return "named" if error.message.strip() else "other", error.code
    return "verified", ""


def _case(
    chance: random.Random, server: FaultServer, number: int
) -> tuple[CatalogueFile, bytes, bytes]:
    """A file with one to three addresses that misbehave, and what an earlier try left of it."""
    hashed = chance.random() < 0.85
    name = f"{number}.bin" if hashed else f"{number}.json"
    size = chance.randrange(2_000, 200_000)
    content = chance.randbytes(size) if hashed else json.dumps(list(range(size // 6))).encode()
    urls = []
    for mirror in range(chance.choice((1, 1, 1, 2, 3))):
        behaviours = [_behaviour(chance, content, hashed) for _ in range(chance.randrange(1, 4))]
        if chance.random() < 0.4:
            behaviours.append(faults.good)
        urls.append(server.put(f"/{number}/{mirror}/{name}", content, *behaviours))
    if chance.random() < 0.05:
        urls[0] = "http://127.0.0.1:9/nobody"
    file = CatalogueFile(
        path=name,
        urls=tuple(urls),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest() if hashed else "",
    )
    left = chance.choice((b"", b"", content[: size // 3], chance.randbytes(size // 4), content))
    return file, content, left if hashed else b""


def _behaviour(chance: random.Random, content: bytes, hashed: bool) -> Behaviour:
    size = len(content)
    some = chance.randrange(size)
    choices: list[Behaviour] = [
        faults.good,
        faults.no_ranges,
        faults.cut_after(some),
        faults.cut_after(some),
        faults.cut_after(0),
        faults.cut_after(some, ranged=False),
        faults.stall_after(some, 1.0),
        faults.drip(0.02),
        faults.wrong_range(chance.choice((-1, 1, -1_000, 500))),
        faults.status(chance.choice((400, 401, 403, 404, 410, 416, 429, 500, 502, 503, 511))),
        faults.status(500),
        faults.portal,
        faults.disguised_portal,
        faults.lying_length(chance.choice((-1, 1, -500, 10_000))),
        faults.chunked(),
        faults.chunked(chance.random()),
        faults.redirect(chance.choice(("http://example.org/x", "ftp://example.org/", "", "?"))),
        faults.packed,
        faults.nonsense,
        faults.other_content(content[: size // 2]),
        faults.other_content(content + b"more"),
    ]
    if hashed:
        # Without a hash, another content of the same size and structure cannot be told apart.
        choices += [faults.flipped, faults.other_content(chance.randbytes(size))]
    return chance.choice(choices)


def _leave_part(target: Path, file: CatalogueFile, data: bytes) -> None:
    """Lay what an earlier download left, as it would have."""
    if data:
        target.parent.mkdir(parents=True, exist_ok=True)
        part_path(target).write_bytes(data)
        state = {"wanted": file.sha256, "url": file.urls[0], "validator": "", "total": 0}
        target.with_name(target.name + ".part.json").write_text(json.dumps(state))


def _check_voices(folder: Path) -> tuple[int, int]:
    """How many damaged voices were refused by name, and how many whole ones let through."""
    chance = random.Random(100)
    refused = passed = 0
    for number, damage in zip(range(VOICES), _damages(), strict=False):
        onnx = write_voice(folder / "voices" / f"voice-{number}.onnx", speakers=1 + number % 3)
        if number < 10:
            passed += bool(check_voice(onnx).sample_rate)
        _damage(chance, onnx, damage)
        try:
            check_voice(onnx)
        except VoiceFileError as error:
            refused += onnx.stem in error.message
        onnx.unlink(missing_ok=True)
    return refused, passed


def _damages() -> Iterator[str]:
    while True:
        yield from ("cut network", "cut description", "disagree", "missing", "no numbers")


def _damage(chance: random.Random, onnx: Path, damage: str) -> None:
    described = onnx.with_name(onnx.name + ".json")
    if damage == "cut network":
        data = onnx.read_bytes()
        onnx.write_bytes(data[: chance.randrange(len(data) - 100)])
    elif damage == "cut description":
        data = described.read_bytes()
        described.write_bytes(data[: chance.randrange(len(data) - 2)])
    elif damage == "missing":
        chance.choice((onnx, described)).unlink()
    elif damage == "no numbers":
        _spoil_weight(chance, onnx)
    else:
        facts = json.loads(described.read_text(encoding="utf-8"))
        key = chance.choice(("num_symbols", "num_speakers"))
        facts[key] += chance.randrange(1, 20)
        described.write_text(json.dumps(facts), encoding="utf-8")


def _spoil_weight(chance: random.Random, onnx: Path) -> None:
    """Put a NaN into one of the weights."""
    from backend.engines.tts.piper_onnx import read_onnx

    data = bytearray(onnx.read_bytes())
    tensors = [one for one in read_onnx(bytes(data)).tensors.values() if one.code == 1]
    weights = bytes(chance.choice(tensors).data)
    at = data.find(weights) + 4 * chance.randrange(len(weights) // 4)
    data[at : at + 4] = b"\x00\x00\xc0\x7f"
    onnx.write_bytes(data)
