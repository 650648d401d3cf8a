"""Lets a voice be heard: a recording that its makers publish, or the voice itself once it is here.

A recording is fetched only when it is asked for, kept, and thrown away when others need its room.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from pathlib import Path

from backend.media.wav import wav_bytes
from backend.models_store.catalogue import CatalogueFile, CatalogueModel
from backend.models_store.errors import (
    DamagedError,
    DownloadError,
    GoneError,
    NoSampleError,
    StoreError,
)
from backend.models_store.fetch import Fetch, Limits, make_client
from backend.models_store.part import discard
from backend.models_store.sentences import own_sentence
from event_system import PLAYOUT_RATE

FOLDER = "samples"
"""Where recordings are kept, in the models folder."""
MOST_BYTES = 3_000_000
KEPT_BYTES = 40_000_000
_MOST_S = 60.0
_USUAL_BYTES = 100_000
log = logging.getLogger("kotodama.models")


async def recorded_sample(model: CatalogueModel, root: Path, limits: Limits) -> bytes:
    """What a voice's makers let hear of it: a WAV, 48 kHz mono.

    Args:
        model: The voice.
        root: The models folder.
        limits: How patient the download is.

    Raises:
        NoSampleError: There is none.
        DownloadError: It did not come.
        DamagedError: What came is no sound.
    """
    if not model.sample:
        raise NoSampleError(f"There is no sample of {model.name}; install it to hear it.")
    path = root / FOLDER / (re.sub(r"[^\w.+-]", "_", model.id) + ".mp3")
    if not path.is_file():
        await _fetch(model, path, limits)
    return await asyncio.to_thread(_decoded, path, model.name)


async def _fetch(model: CatalogueModel, path: Path, limits: Limits) -> None:
    def watch(done: int) -> None:
        if done > MOST_BYTES:
            raise DownloadError(f"The sample of {model.name} is far too large to be one.")

    file = CatalogueFile(path=f"{FOLDER}/{path.name}", urls=model.sample, about=_USUAL_BYTES)
    client = await asyncio.to_thread(make_client, limits)
    try:
        async with client:
            await Fetch(file, path, client, limits, watch).run()
    except GoneError as error:
        raise NoSampleError(
            f"The makers of {model.name} publish no sample of it; install it to hear it."
        ) from error
    finally:
        await asyncio.to_thread(discard, path)
    await asyncio.to_thread(_make_room, path)


def _decoded(path: Path, name: str) -> bytes:
    from backend.errors import BadInputError, TooLargeError
    from backend.media.decode import decode_audio

    try:
        pcm = decode_audio(path, PLAYOUT_RATE, _MOST_S)
    except (BadInputError, TooLargeError) as error:
        path.unlink(missing_ok=True)
        raise DamagedError(f"The sample of {name} is no sound that can be played.") from error
    # The time of use, by which old ones leave.
    os.utime(path)
    return wav_bytes(pcm, PLAYOUT_RATE)


def _make_room(newest: Path) -> None:
    """Delete the recordings that were heard least lately, beyond what is kept."""
    kept = [(one.stat().st_mtime, one) for one in newest.parent.glob("*.mp3") if one != newest]
    room = KEPT_BYTES - newest.stat().st_size
    for _at, one in sorted(kept, reverse=True):
        room -= one.stat().st_size
        if room < 0:
            one.unlink(missing_ok=True)


def own_sample(onnx: Path) -> bytes:
    """An installed Piper voice says what it is, in its own language; see `spoken_sample`."""
    from backend.engines.tts.piper_files import read_files

    language = read_files(onnx).language
    return spoken_sample(onnx, own_sentence(language), language)


def spoken_sample(onnx: Path, sentence: str, language: str) -> bytes:
    """An installed Piper voice says a sentence: a WAV; blocks for a second or two.

    Raises:
        StoreError: It says nothing.
        EngineError: It cannot be loaded, or fails.
    """
    import numpy as np

    from backend.engines.base import SpeechRequest
    from backend.engines.tts.piper import PiperVoice

    voice = PiperVoice({"model": str(onnx)})
    voice.load()
    try:
        request = SpeechRequest(sentence, language=language)
        chunks = list(voice.synthesize(request))
    finally:
        voice.unload()
    if not chunks:
        raise StoreError(f"{onnx.stem} says nothing of “{sentence}”; choose another sentence.")
    return wav_bytes(np.concatenate([one.pcm for one in chunks]), chunks[0].sample_rate)
