"""Where Whisper models lie, what is missing of one, and how it can be had; nothing is downloaded.

Two formats: the folder that faster-whisper reads (CTranslate2), and the single `.pt` file of
OpenAI. Both are looked for under the name of the model in the models folder.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER_FILES = ("model.bin", "config.json", "tokenizer.json")
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")

MEGABYTES = {
    "tiny": 76, "tiny.en": 76, "base": 145, "base.en": 145, "small": 484, "small.en": 484,
    "medium": 1528, "medium.en": 1528, "large-v1": 3087, "large-v2": 3087, "large-v3": 3087,
    "large": 3087, "large-v3-turbo": 1618, "turbo": 1618, "distil-large-v3": 1513,
}  # fmt: skip
"""Size of the download by the model's name; both formats hold 16-bit weights."""

_ALIASES = ("large", "turbo")
"""Names of OpenAI's for the newest model of a size, under which none can be installed."""
_LANGUAGES = {"nb": "no", "nn": "no", "iw": "he", "fil": "tl", "jv": "jw", "cmn": "zh", "in": "id"}


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search.

    Attributes:
        path: The model, or None.
        reason: One sentence: what was found, or what is missing.
        remedy: What to do about it.
    """

    path: Path | None
    reason: str
    remedy: str = ""


def find_folder(model: str, models_dir: Path) -> Found:
    """Look for a model in faster-whisper's format: by path, or by name in the models folder."""
    broken: Found | None = None
    for folder in _folders(model, models_dir):
        absent = _absent(folder)
        if not absent:
            return Found(folder, f"The model {model} lies in {folder}.")
        broken = broken or Found(
            None,
            f"The Whisper model in {folder} is not complete: {', '.join(absent)} is missing.",
            "Put the missing files there, or convert the model anew:"
            " `python main.py models convert FILE.pt`.",
        )
    if broken:
        return broken
    checkpoint = find_checkpoint(model, models_dir).path
    if checkpoint:
        return Found(
            None,
            f"The Whisper model {model} is there in OpenAI's format only.",
            f"Convert it: `python main.py models convert {checkpoint}`.",
        )
    name = _name(model)
    target = models_dir / f"faster-whisper-{name}"
    return Found(
        None,
        f"There is no Whisper model {model!r} in {models_dir}.",
        f"{_install(f'faster-whisper:{name}', name)} its model.bin, config.json, tokenizer.json and"
        f" vocabulary.txt into {target}.",
    )


def find_checkpoint(model: str, models_dir: Path) -> Found:
    """Look for a model in OpenAI's format: by path, or by name in the models folder."""
    for path in (Path(model), *_beneath(models_dir, f"{model}.pt", model)):
        if path.suffix == ".pt" and path.is_file():
            return Found(path, f"The model {model} lies in {path}.")
    return Found(
        None,
        f"There is no Whisper model {model!r} (.pt) in {models_dir}.",
        f"{_install(f'whisper:{model}', model)} {model}.pt into {models_dir / 'whisper'}.",
    )


def installed(models_dir: Path) -> list[Path]:
    """Every Whisper model under the models folder, complete folders and `.pt` files."""
    found = {path for path in models_dir.rglob("*.pt") if path.is_file()}
    found |= {path.parent for path in models_dir.rglob("model.bin") if not _absent(path.parent)}
    return sorted(found)


def language_code(tag: str) -> str:
    """Whisper's code for a BCP 47 tag: "en" for "en-US"."""
    code = tag.replace("_", "-").split("-")[0].lower()
    return _LANGUAGES.get(code, code)


def _folders(model: str, models_dir: Path) -> Iterator[Path]:
    """Folders that could be the model, most exact first; also Hugging Face's own cache layout."""
    name, given = _name(model), Path(model)
    candidates = [given] if given.is_absolute() or len(given.parts) > 1 else []
    candidates += _beneath(models_dir, f"faster-whisper-{name}", name)
    for cache in sorted(models_dir.glob(f"models--*--faster-*whisper-{glob.escape(name)}")):
        candidates += sorted(cache.glob("snapshots/*"), reverse=True)
    for folder in candidates:
        if folder.is_dir() and any(folder.iterdir()):
            yield folder


def _name(model: str) -> str:
    """The model's name, also of a path to OpenAI's file or to a folder."""
    name = Path(model).name.removesuffix(".pt")
    return name.removeprefix("faster-whisper-") or model


def _beneath(models_dir: Path, *names: str) -> Iterator[Path]:
    for name in names:
        yield models_dir / name
        yield models_dir / "whisper" / name


def _absent(folder: Path) -> list[str]:
    absent = [name for name in FOLDER_FILES if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in VOCABULARIES):
        absent.append(VOCABULARIES[1])
    return absent


def _install(model_id: str, model: str) -> str:
    """The beginning of how to get a model: by command where the catalogue has it."""
    if model not in MEGABYTES or model in _ALIASES or model_id.startswith("whisper:distil"):
        return "Put"
    return f"Run `python main.py models install {model_id}`{_size(model)}, or put"


def _size(model: str) -> str:
    megabytes = MEGABYTES.get(model)
    if megabytes is None:
        return ""
    size = f"{megabytes} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"
    return f" ({size})"
