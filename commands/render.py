"""Make a video of a portrait that speaks a text or a sound file."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from commands.shared import check_output, json_flag, show, with_room
from config import Settings

if TYPE_CHECKING:
    from backend.room import EngineRoom


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--image", type=Path, required=True, help="a portrait: PNG, JPEG or WebP")
    parser.add_argument("--audio", type=Path, help="the speech")
    parser.add_argument("--text", default="", help="what to say, or what the sound file says")
    parser.add_argument("--emotion", default="neutral", help="the expression")
    parser.add_argument("--out", type=Path, required=True, help="the MP4 to write")
    json_flag(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    from backend.avatar.emotion import EMOTIONS
    from backend.errors import BadInputError

    out = check_output(args.out, ".mp4")
    if args.audio is None and not args.text.strip():
        raise BadInputError("Give --audio, --text, or both.")
    if args.emotion not in EMOTIONS:
        raise BadInputError(f"--emotion is one of {', '.join(EMOTIONS)}.")

    async def work(room: EngineRoom) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            audio = args.audio or await _spoken(room, settings, args.text, Path(folder))
            return await _animate(room, args, audio, out)

    facts = with_room(settings, work)
    show(facts, [f"{out}: made in {facts['took_s']:.1f} s by {facts['engine']}"], as_json=args.json)
    return 0


async def _spoken(room: EngineRoom, settings: Settings, text: str, folder: Path) -> Path:
    """The text as a WAV, by the voice of the character on air."""
    from backend.conversation.preparation import voice_of
    from backend.conversation.safety import check_message
    from backend.conversation.speaking import speak_text
    from backend.media.wav import write_wav
    from event_system import PLAYOUT_RATE

    text = check_message(text, settings.max_message_chars)
    script = await speak_text(room.host, text, voice_of(room.characters.active(), settings))
    path = folder / "speech.wav"
    write_wav(path, script.pcm, PLAYOUT_RATE)
    return path


async def _animate(
    room: EngineRoom, args: argparse.Namespace, audio: Path, out: Path
) -> dict[str, Any]:
    from backend.engines.base import ClipAnimator, ClipRequest, EngineKind

    started = time.perf_counter()
    engine = cast(ClipAnimator, await room.host.ready(EngineKind.CLIP))
    request = ClipRequest(args.image, audio, out, args.text, args.emotion)
    shown = -1
    for progress in engine.animate(request):
        percent = int(progress.done * 100)
        if sys.stderr.isatty() and percent != shown:
            shown = percent
            sys.stderr.write(f"\r{percent:3d} %")
    if shown >= 0:
        sys.stderr.write("\r     \r")
    took = round(time.perf_counter() - started, 2)
    return {"out": str(out), "engine": engine.name, "took_s": took}
