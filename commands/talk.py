"""One turn of a conversation, to a video or a sound file: text or speech in, the answer out."""

from __future__ import annotations

import argparse
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.shared import check_output, json_flag, note, show, with_room
from config import Settings

if TYPE_CHECKING:
    from backend.conversation.speaking import Script
    from backend.conversation.turn import Turn
    from backend.conversation.waterfall import Waterfall
    from backend.room import EngineRoom
    from database import Character


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("text", nargs="?", default="", help="what you say")
    parser.add_argument("--audio", type=Path, help="a sound file of what you say")
    parser.add_argument("--fast", action="store_true", help="hear --audio faster than real time")
    parser.add_argument("--out", type=Path, help="an MP4 or WAV for the answer")
    parser.add_argument("--character", default="", help="who answers; the one on air by default")
    parser.add_argument("--image", type=Path, help="another portrait for the video")
    parser.add_argument("--size", type=int, default=512, help="edge of the video, pixels (512)")
    parser.add_argument("--fps", type=int, default=30, help="pictures a second (30)")
    json_flag(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    from backend.errors import BadInputError

    if bool(args.text.strip()) == bool(args.audio):
        raise BadInputError("Give what you say: either as text in quotes, or as --audio FILE.")
    if args.out:
        check_output(args.out, ".mp4", ".wav")
    if not 128 <= args.size <= 1024 or not 10 <= args.fps <= 60 or args.size % 2:
        raise BadInputError("--size is an even number from 128 to 1024, and --fps 10 to 60.")
    facts = with_room(settings, lambda room: _talk(room, args))
    lines = [facts["reply"]]
    if args.out:
        lines.append(f"{args.out}: {facts['seconds']:.1f} s, made in {facts['render_ms']:.0f} ms")
    show(facts, lines, as_json=args.json)
    return 0


async def _talk(room: EngineRoom, args: argparse.Namespace) -> dict[str, Any]:
    from backend.conversation.speaking import Script
    from backend.conversation.waterfall import Waterfall

    await room.rehearse()
    character = room.characters.find(args.character) if args.character else room.characters.active()
    waterfall, script = Waterfall(), Script()
    text = args.text
    if args.audio:
        text, waterfall = await _hear(room, args.audio, fast=args.fast)
    turn = await _answer(room, character, text, waterfall, script)
    facts = {
        "text": text,
        "reply": turn.reply.written.strip(),
        "character": character.name,
        "emotion": turn.reply.emotion,
        "engine": turn.reply.engine,
        "model": turn.reply.model,
        "stages": [stage.model_dump() for stage in turn.waterfall.stages],
        "slowest": turn.waterfall.slowest,
    }
    if args.out:
        facts |= _write(args, character, script)
    return facts


async def _hear(room: EngineRoom, path: Path, *, fast: bool) -> tuple[str, Waterfall]:
    """The words of a sound file, as the microphone would hear them.

    Returns:
        The words, and the waterfall of the last utterance.

    Raises:
        BadInputError: It cannot be read, or no words were recognised.
    """
    from backend.errors import BadInputError
    from commands.dialogue import load_sound, words_of

    pcm, warning = load_sound(path)
    if warning:
        note(warning)
    said = await words_of(room, pcm, fast=fast)
    if not said:
        raise BadInputError(f"No words were recognised in {path.name}; is there speech in it?")
    return " ".join(text for text, _waterfall in said), said[-1][1]


async def _answer(
    room: EngineRoom, character: Character, text: str, waterfall: Any, script: Script
) -> Turn:
    from backend.conversation.preparation import chat_request, voice_of
    from backend.conversation.record import record_turn
    from backend.conversation.safety import SpeechGate, check_message
    from backend.conversation.turn import Turn
    from config import names

    text = check_message(text, room.settings.max_message_chars)
    turn = Turn(
        turn_id=uuid.uuid4().hex,
        host=room.host,
        voice=voice_of(character, room.settings),
        publish=room.bus.publish,
        waterfall=waterfall,
        target=script,
        gate=SpeechGate(names(room.settings.blocked_words)),
    )
    room.history.begin(turn.turn_id, character.id, text, "typed")
    turn.mark("received")
    request = chat_request(character, room.history, text, room.settings, turn.turn_id)
    reply = await turn.answer(request)
    said = reply.written.strip()
    await record_turn(room.history, room.bus.publish, turn, character.id, False, said)
    if reply.error:
        raise reply.error
    return turn


def _write(args: argparse.Namespace, character: Character, script: Script) -> dict[str, Any]:
    """The answer as a file, and what it took.

    Raises:
        BadInputError: Nothing was spoken, or the picture cannot be used.
    """
    from backend.avatar.casting import cast, cast_picture
    from backend.avatar.film import film
    from backend.avatar.motion import Performer
    from backend.errors import BadInputError
    from backend.media.wav import write_wav
    from event_system import PLAYOUT_RATE

    if not script.segments:
        raise BadInputError("The answer holds nothing that can be spoken, so there is no file.")
    started = time.perf_counter()
    if args.out.suffix.lower() == ".wav":
        write_wav(args.out, script.pcm, PLAYOUT_RATE)
    else:
        puppet = (
            cast_picture(args.image, args.size)
            if args.image
            else cast(character.avatar_url, args.size)
        )
        steps = film(
            args.out,
            puppet,
            Performer(character.id),
            script.pcm,
            PLAYOUT_RATE,
            script.mouth_at,
            emotion_at=script.emotion_at,
            fps=args.fps,
        )
        for _done in steps:
            pass
    return {
        "out": str(args.out),
        "seconds": round(len(script.pcm) / PLAYOUT_RATE, 3),
        "render_ms": round((time.perf_counter() - started) * 1000, 1),
        "phonemes": [[round(p.start, 3), round(p.end, 3), p.ipa] for p in script.phonemes],
    }
