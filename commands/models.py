"""Models and voices: list, hear, install, measure, check, remove; convert Whisper's files."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.shared import json_flag, note, show
from config import KotodamaError, Settings, write_atomically

if TYPE_CHECKING:
    from backend.models_store.status import ModelStatus
    from backend.models_store.store import ModelStore
    from event_system import Event

PREVIEW = "Hello! This is how I sound."
DAMAGED = 3
BY_HAND = 4
_EXIT_CODES = """exit codes: 0 all is well, 1 it failed (the same command goes on with what came),
2 no such model or a wrong call, 3 a file is damaged, 4 to be got by hand, 130 stopped."""
_MARKS = {"installed": "✓", "damaged": "✗", "failed": "✗", "partial": "…", "absent": " "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = _EXIT_CODES
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the models that are there, or all")
    listing.add_argument("--all", action="store_true", help="also those that can be installed")
    listing.add_argument("--kind", choices=("tts", "stt", "llm", "clip"), help="of one kind")
    listing.add_argument("--language", help="of one language, for example de or en_GB")
    install = actions.add_parser("install", help="download models, or go on with a download")
    install.add_argument("names", nargs="+", metavar="NAME", help="as `models list --all` shows it")
    install.add_argument(
        "--accept-licence", action="store_true", help="of a model that is only for who accepts it"
    )
    sample = actions.add_parser("sample", help="hear a voice before it is installed, or after")
    sample.add_argument("name", help="as `models list --all --kind tts` shows it")
    sample.add_argument("--out", type=Path, help="write a WAV in place of playing it")
    speed = actions.add_parser("speed", help="measure how fast installed models are here")
    speed.add_argument("names", nargs="*", metavar="NAME", help="all that can be, by default")
    verify = actions.add_parser("verify", help="check the files of models; all by default")
    verify.add_argument("names", nargs="*", metavar="NAME")
    remove = actions.add_parser("remove", help="delete models")
    remove.add_argument("names", nargs="+", metavar="NAME")
    add = actions.add_parser("add", help="copy models from a folder or a USB stick")
    add.add_argument("path", type=Path, help="a folder or a file")
    refresh = actions.add_parser("refresh", help="load the list of Piper's voices anew")
    refresh.add_argument("--url", help="from elsewhere than its authors' address")
    disk = actions.add_parser("disk", help="show what takes how much room")
    convert = actions.add_parser("convert", help="convert OpenAI's .pt for faster-whisper")
    convert.add_argument("file", type=Path, help="the .pt file")
    convert.add_argument("--out", type=Path, help="the folder to make; in the models folder")
    convert.add_argument(
        "--quantization",
        choices=("float16", "int8", "float32"),
        default="float16",
        help="number format; float16 keeps everything, int8 halves the size",
    )
    share = actions.add_parser("share", help="write an installed Piper voice as one file")
    share.add_argument("name", help="as `models list` shows it")
    share.add_argument("out", type=Path, help="the file to write, NAME.kotodama-voice")
    share.add_argument("--licence", required=True, help="under which others may use it")
    share.add_argument("--title", default="", help="the voice's name for people")
    share.add_argument("--source", default="", help="who made it, or its address")
    share.add_argument("--sentence", default=PREVIEW, help="what the preview says")
    share.add_argument("--cloned-from", default="", help="the person whose voice it imitates")
    share.add_argument("--consent", default="", help="what that person agreed to, in their words")
    share.add_argument("--consented-on", default="", help="when, as 2026-01-31")
    for action in (
        listing,
        install,
        sample,
        speed,
        verify,
        remove,
        add,
        refresh,
        disk,
        convert,
        share,
    ):
        json_flag(action)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it; the exit code is one of those of the help."""
    if args.action == "convert":
        _convert(args, settings)
        return 0
    work = {
        "list": _list, "install": _install, "verify": _verify, "remove": _remove, "add": _add,
        "refresh": _refresh, "disk": _disk, "share": _share, "sample": _sample, "speed": _speed,
    }[args.action]  # fmt: skip
    try:
        return asyncio.run(_with_store(settings, args, work))
    except KotodamaError as error:
        code = _exit_code(error)
        if code is None:
            raise
        note(error.message)
        return code


async def _with_store(
    settings: Settings,
    args: argparse.Namespace,
    work: Callable[[ModelStore, argparse.Namespace], Awaitable[int]],
) -> int:
    from backend.models_store.store import ModelStore

    store = ModelStore(
        settings.models_dir, ProgressLine(sys.stderr), ollama_url=lambda: settings.ollama_url
    )
    try:
        return await work(store, args)
    finally:
        await store.close()


def _exit_code(error: KotodamaError) -> int | None:
    """The exit code of what is worth one of its own."""
    from backend.models_store import errors

    if isinstance(error, errors.UnknownModelError):
        return 2
    if isinstance(error, errors.ByHandError):
        return BY_HAND
    if isinstance(error, (errors.DamagedError, errors.WrongHashError, errors.WrongSizeError)):
        return DAMAGED
    return None


async def _list(store: ModelStore, args: argparse.Namespace) -> int:
    await asyncio.to_thread(store.pace.prepare)
    found = [one for one in store.list() if args.all or one.state != "absent"]
    if args.kind:
        found = [one for one in found if one.kind == args.kind]
    if args.language:
        wanted = args.language.replace("-", "_").lower()
        found = [one for one in found if f"{one.language.lower()}_".startswith(f"{wanted}_")]
    lines = [_line(one) for one in found]
    if not args.all:
        lines.append(f"{len(found)} in {store.library.root}; `./run models list --all` shows more.")
    show([one.model_dump() for one in found], lines, as_json=args.json)
    return 0


async def _install(store: ModelStore, args: argparse.Namespace) -> int:
    from backend.models_store.errors import DownloadError, LicenceError

    done = []
    for name in args.names:
        try:
            status = await store.install(name, accepted=args.accept_licence)
        except LicenceError:
            note("--accept-licence says that you do.")
            raise
        except DownloadError:
            note(store.status(name).by_hand)
            raise
        if not status.commercial:
            note(f"{status.name}: {status.licence}.")
        done.append(await store.upkeep.measure_if_new(status))
    lines = [f"{one.id} is installed ({_size(one.bytes)}): {_place(one)}" for one in done]
    show([one.model_dump() for one in done], lines, as_json=args.json)
    return 0


async def _sample(store: ModelStore, args: argparse.Namespace) -> int:
    wav, kind = await store.sample(args.name)
    facts = {"kind": kind, "bytes": len(wav), "path": str(args.out) if args.out else ""}
    told = {"recording": "a recording by its makers", "spoken": "the voice itself"}[kind]
    if args.out:
        await asyncio.to_thread(write_atomically, args.out, wav)
        show(facts, [f"{args.out} holds {told} ({_size(len(wav))})."], as_json=args.json)
        return 0
    note(f"{args.name}: {told}")
    await asyncio.to_thread(_play, wav)
    show(facts, [], as_json=args.json)
    return 0


def _play(wav: bytes) -> None:
    """Play a WAV to its end.

    Raises:
        BadInputError: There is no loudspeaker that can be used.
    """
    import io
    import wave

    import numpy as np

    from backend.errors import BadInputError

    with wave.open(io.BytesIO(wav)) as file:
        rate, pcm = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
    try:
        import sounddevice

        sounddevice.play(pcm, rate, blocking=True)
    except Exception as error:  # PortAudio's own errors exist only once it has been imported
        raise BadInputError(
            f"No loudspeaker can be used here ({error}); write the sample to a file: --out FILE."
        ) from error


async def _speed(store: ModelStore, args: argparse.Namespace) -> int:
    from backend.models_store.measure import can_measure

    names = args.names or [one.id for one in store.list() if can_measure(one)]
    done = [await store.measure(name) for name in names]
    lines = [f"{one.id}: {_pace(one)}" for one in done]
    lines = lines or ["no model is installed that can be measured"]
    show([one.model_dump() for one in done], lines, as_json=args.json)
    return 0


async def _verify(store: ModelStore, args: argparse.Namespace) -> int:
    names = args.names or [one.id for one in store.list() if one.state == "installed"]
    results: list[dict[str, Any]] = []
    for name in names:
        try:
            status = await store.verify(name)
            results.append({"id": status.id, "good": True, "message": ""})
        except KotodamaError as error:
            if _exit_code(error) != DAMAGED:
                raise
            results.append({"id": name, "good": False, "message": error.message})
    lines = [f"{'✓' if one['good'] else '✗'} {one['id']} {one['message']}" for one in results]
    show(results, lines or ["no model is installed"], as_json=args.json)
    return 0 if all(one["good"] for one in results) else DAMAGED


async def _remove(store: ModelStore, args: argparse.Namespace) -> int:
    freed = {name: await store.remove(name) for name in args.names}
    lines = [f"{name}: {_size(size)} are free again" for name, size in freed.items()]
    show(freed, lines, as_json=args.json)
    return 0


async def _add(store: ModelStore, args: argparse.Namespace) -> int:
    added = await store.add(args.path)
    lines = [f"✓ {name}" for name in added.models] + [f"✗ {line}" for line in added.refused]
    show({"models": added.models, "refused": added.refused}, lines, as_json=args.json)
    return 0 if added.models else DAMAGED


async def _share(store: ModelStore, args: argparse.Namespace) -> int:
    about = _about(args, store.status(args.name).name)
    onnx = Path(store.status(args.name).path)
    preview = await asyncio.to_thread(_preview, onnx, args.sentence) if args.sentence else b""
    manifest = await store.share(args.name, args.out, about, preview)
    facts = {"path": str(args.out), "bytes": args.out.stat().st_size}
    line = f"{args.out} holds the voice {manifest.about.name} ({_size(facts['bytes'])})."
    show(facts, [line], as_json=args.json)
    return 0


def _preview(onnx: Path, sentence: str) -> bytes:
    """A WAV in which the voice says a sentence."""
    from backend.engines.tts.piper_files import read_files
    from backend.models_store.samples import spoken_sample

    return spoken_sample(onnx, sentence, read_files(onnx).language)


def _about(args: argparse.Namespace, name: str) -> Any:
    """What is said of the voice to be shared.

    Raises:
        BadInputError: A statement of consent is not complete.
    """
    from pydantic import ValidationError

    from backend.errors import BadInputError
    from backend.models_store.voice_package import About, Consent

    given = (args.cloned_from, args.consent, args.consented_on)
    if any(given) and not all(given):
        raise BadInputError(
            "Of a cloned voice say all three: --cloned-from, --consent and --consented-on."
        )
    try:
        consent = (
            Consent(speaker=args.cloned_from, statement=args.consent, given_on=args.consented_on)
            if all(given)
            else None
        )
        return About(
            name=args.title or name, licence=args.licence, source=args.source,
            cloned=consent is not None, consent=consent,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInputError(f"{first['loc'][0]} is wrong: {first['msg']}.") from error


async def _refresh(store: ModelStore, args: argparse.Namespace) -> int:
    count = await (store.refresh(args.url) if args.url else store.refresh())
    show({"models": count}, [f"the catalogue has {count} models"], as_json=args.json)
    return 0


async def _disk(store: ModelStore, args: argparse.Namespace) -> int:
    use = store.disk()
    ranked = sorted(use.folders.items(), key=lambda item: -item[1])
    lines = [f"{_size(size):>10}  {name}" for name, size in ranked]
    lines.append(f"{_size(use.used):>10}  in {use.folder}, {_size(use.free)} are free")
    show(use.model_dump(), lines, as_json=args.json)
    return 0


def _line(one: ModelStatus) -> str:
    language = one.language_name or {"multi": "many languages"}.get(one.language, one.language)
    facts = ", ".join(filter(None, (language, one.quality, one.licence)))
    more = [_pace(one), one.message]
    if one.state == "absent" and not one.fetched:
        more.append(one.by_hand)
    first = f"{_MARKS.get(one.state, ' ')} {_size(one.bytes):>8}  {one.id:40} {facts}"
    return "".join([first, *(f"\n{'':12}{line}" for line in more if line)])


def _pace(one: ModelStatus) -> str:
    if one.pace is None:
        return ""
    return f"here {one.pace.words} ({'measured' if one.pace.measured else 'estimated'})"


def _place(one: ModelStatus) -> str:
    return one.path or "Ollama keeps it"


def _convert(args: argparse.Namespace, settings: Settings) -> None:
    from backend.engines.base import Requirement
    from backend.engines.stt.whisper_convert import convert
    from backend.errors import BadInputError

    package = Requirement("faster_whisper", "python main.py extras install faster-whisper")
    if not package.present:
        raise BadInputError(f"Converting needs a package: `{package.install}`.")
    target = args.out or settings.models_dir / f"faster-whisper-{args.file.stem}"
    note(f"converting {args.file.name} …")
    convert(args.file, target, quantization=args.quantization)
    size = sum(file.stat().st_size for file in target.iterdir() if file.is_file())
    facts = {"path": str(target), "mb": round(size / 1e6)}
    line = f"{target} is made ({facts['mb']} MB); WHISPER_MODEL={args.file.stem} uses it."
    show(facts, [line], as_json=args.json)


class ProgressLine:
    """Shows progress events: one line that changes in a terminal, a line a tenth elsewhere.

    Args:
        out: A text stream; standard error.
    """

    def __init__(self, out: Any) -> None:
        self._out = out
        self._live = bool(out.isatty())
        self._tenth: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        """Take an event of the store."""
        from event_system import ModelProgress

        if not isinstance(event, ModelProgress) or event.state not in ("downloading", "installed"):
            return
        done = event.done / event.total if event.total else 0.0
        if self._live:
            end = "\n" if event.state == "installed" else ""
            self._out.write(f"\r{self._bar(event, done):78}{end}")
            self._out.flush()
        elif self._tenth.get(event.model_id) != int(done * 10):
            self._tenth[event.model_id] = int(done * 10)
            note(self._bar(event, done))

    def _bar(self, event: Any, done: float) -> str:
        left = "" if event.seconds_left is None else f", {_time(event.seconds_left)} left"
        return (
            f"{event.model_id} [{'#' * round(done * 20):20}] {done:4.0%} of {_size(event.total)},"
            f" {_size(event.speed)}/s{left}"
        )


def _size(count: float) -> str:
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count:.0f} B"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes}:{rest:02} min"
