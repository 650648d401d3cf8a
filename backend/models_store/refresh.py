"""Loads a newer list of Piper's voices, which replaces the old one only if it is one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from backend.models_store.catalogue import (
    MAX_CATALOGUE_BYTES,
    REFRESHED,
    CatalogueFile,
    is_allowed,
)
from backend.models_store.errors import (
    CaptivePortalError,
    CatalogueError,
    DamagedError,
    DownloadError,
)
from backend.models_store.fetch import Fetch, Limits, make_client
from backend.models_store.part import discard
from backend.models_store.piper_voices import read_voices
from config import write_atomically


async def refresh_voices(url: str, root: Path, limits: Limits) -> int:
    """Load a `voices.json` and keep it in the models folder.

    Returns:
        How many voices it has.

    Raises:
        CatalogueError: What came is no such list; the old one stays.
        DownloadError: It did not come; the old one stays.
    """
    if not is_allowed(url):
        raise CatalogueError(f"{url[:80]} is not an https address; the old list is kept.")
    landing = root / "catalogue" / "new-voices.txt"
    file = CatalogueFile(path="catalogue/new-voices.txt", urls=(url,), about=1)
    await asyncio.to_thread(discard, landing)
    try:
        client = await asyncio.to_thread(make_client, limits)
        async with client:
            await Fetch(file, landing, client, limits, _limit).run()
        return await asyncio.to_thread(_take, landing, root / REFRESHED)
    except (CaptivePortalError, DamagedError) as error:
        raise CatalogueError(
            "What came in place of the list of voices is a web page or empty; sign in to the"
            " network in a browser and try again. The old list is kept."
        ) from error
    finally:
        await asyncio.to_thread(discard, landing)
        await asyncio.to_thread(landing.unlink, missing_ok=True)


def _limit(done: int) -> None:
    if done > MAX_CATALOGUE_BYTES:
        raise DownloadError("The list of voices is far too long; the old one is kept.")


def _take(landing: Path, target: Path) -> int:
    data = landing.read_bytes()
    voices = read_voices(data)
    write_atomically(target, data)
    return len(voices)
