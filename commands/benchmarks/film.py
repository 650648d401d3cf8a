"""Text to a video: how long five seconds take, and how well lips and voice fit in the file."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from commands.benchmarks.figures import Figure, scratch
from config import Settings
from event_system import PLAYOUT_RATE

if TYPE_CHECKING:
    from backend.conversation.speaking import Script
    from backend.room import EngineRoom

FIVE_SECONDS = (
    "Hello everyone, my name is Kotone, and I am so happy that you came to see my stream tonight."
)
SENTENCES = (
    "Peter Piper picked a peck of pickled peppers, and Bob bought my brown map.",
    "Hello everyone, my puppy bumps maps! Five very funny fish saw you go home.",
    "Maybe my mother baked a big apple pie before the party began on the boat.",
    "Please bring me a simple bubble bottle from the shop by the map room.",
    "My best memory of summer is a picnic by the harbour, with plums and bread.",
)
ROUNDS = 3
SIZE = 512
FPS = 30


def measure(settings: Settings) -> list[Figure]:
    """Film a sentence of about five seconds, then measure lips on decoded videos."""
    with scratch(settings) as own:
        return asyncio.run(_measure(own))


async def _measure(settings: Settings) -> list[Figure]:
    from backend.room import open_room

    room = open_room(settings)
    await room.rehearse()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.mp4"
        runs = [await _timed(room, FIVE_SECONDS, out) for _ in range(ROUNDS)]
        figures = [_speed(runs)]
        figures += await _lips(room, out)
    await room.close()
    return figures


async def _timed(room: EngineRoom, text: str, out: Path) -> tuple[float, float]:
    """Seconds that text to video took, and the seconds of speech in it."""
    started = time.perf_counter()
    script = await _film(room, text, out)
    return time.perf_counter() - started, len(script.pcm) / PLAYOUT_RATE


async def _film(room: EngineRoom, text: str, out: Path) -> Script:
    from backend.avatar.casting import cast
    from backend.avatar.film import film
    from backend.avatar.motion import Performer
    from backend.conversation.preparation import voice_of
    from backend.conversation.speaking import speak_text

    character = room.characters.active()
    casting = asyncio.create_task(asyncio.to_thread(cast, character.avatar_url, SIZE))
    script = await speak_text(room.host, text, voice_of(character, room.settings))
    puppet = await casting
    steps = film(
        out,
        puppet,
        Performer(character.id),
        script.pcm,
        PLAYOUT_RATE,
        script.mouth_at,
        emotion_at=script.emotion_at,
        fps=FPS,
    )
    for _done in steps:
        pass
    return script


def _speed(runs: list[tuple[float, float]]) -> Figure:
    per_five = min(took * 5.0 / seconds for took, seconds in runs)
    seconds = runs[0][1]
    how = (
        f"voice, puppet, H.264 and AAC of {seconds:.1f} s of speech at {SIZE}x{SIZE}, {FPS} fps, "
        f"scaled to 5 s; best of {len(runs)}"
    )
    return Figure("text to 5 s of video", round(per_five, 2), "s", how, at_most=1.0)


async def _lips(room: EngineRoom, out: Path) -> list[Figure]:
    from backend.avatar.layered import LayeredPuppet
    from backend.avatar.lip_metrics import MouthRig, measure_lip_sync

    mouth = MouthRig(*LayeredPuppet(SIZE).rig.mouth)
    reports = []
    for sentence in SENTENCES:
        script = await _film(room, sentence, out)
        reports.append(measure_lip_sync(out, script.phonemes, mouth, FPS, script.pcm, PLAYOUT_RATE))
    worst = max(reports, key=lambda one: abs(one.av_offset_ms)).av_offset_ms
    hits = sum(one.closure_hits for one in reports)
    total = sum(one.closure_total for one in reports)
    r = sum(one.aperture_correlation for one in reports) / len(reports)
    how = f"decoded MP4, {len(reports)} sentences, head moving"
    return [
        Figure("A/V offset, worst", round(abs(worst), 1), "ms", how, at_most=25),
        Figure(
            "closure of p b m",
            round(100 * hits / total, 1),
            "%",
            f"{how}, {hits} of {total} closed within 17 ms",
            at_least=95,
        ),
        Figure("opening, seen against spoken", round(r, 3), "r", how),
    ]
