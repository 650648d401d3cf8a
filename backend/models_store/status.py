"""How models stand, as lists and the API show it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from backend.models_store.catalogue import CatalogueModel
from backend.models_store.errors import StoreError
from backend.models_store.library import Library, OwnModel
from backend.models_store.pace import Pace
from backend.models_store.piper_voices import licence_of
from config import KotodamaError

State = Literal[
    "absent", "partial", "waiting", "downloading", "checking", "installed", "damaged", "failed"
]
Sample = Literal["", "recording", "spoken"]
_CARD_CHARS = 4_000


class ModelStatus(BaseModel):
    """A model as lists show it.

    Attributes:
        bytes: Size of all its files; on the disk, for a model that the catalogue does not have.
        done: Bytes that are there.
        checked: Whether its files were checked since they last changed.
        fetched: Whether the program can download it; else `by_hand` says how to get it.
        speed: Bytes a second; `seconds_left` is None where it cannot be told.
        message: What is wrong, or what is being done.
        accept: The licence that has to be accepted before it is downloaded; empty for none.
        sample: What there is to listen to: a recording by its makers, or itself; empty for nothing.
        pace: How fast it is on this machine; None where that is not known.
        path: Where its main file lies or will lie.
    """

    id: str
    kind: str
    engine: str
    name: str
    language: str = ""
    language_name: str = ""
    quality: str = ""
    licence: str = ""
    commercial: bool = True
    page: str = ""
    needs: str = ""
    by_hand: str = ""
    speakers: int = 1
    own: bool = False
    fetched: bool = True
    state: State = "absent"
    checked: bool = False
    bytes: int = 0
    done: int = 0
    speed: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    accept: str = ""
    sample: Sample = ""
    pace: Pace | None = None
    path: str = ""


class DiskUse(BaseModel):
    """Room on the disk of the models folder, bytes."""

    folder: str
    free: int
    used: int
    folders: dict[str, int]


def status_of(model: CatalogueModel, library: Library, error: KotodamaError | None) -> ModelStatus:
    """How a model of the catalogue stands, apart from a download that runs.

    Args:
        model: The model.
        library: The models folder.
        error: What went wrong with it last.
    """
    presence = library.presence(model)
    state: State = presence
    if error:
        state = "damaged" if presence == "installed" else "failed"
    own = {"bytes", "licence", "by_hand", "sample"}
    fields = model.model_dump(include=set(ModelStatus.model_fields) - own)
    return ModelStatus(
        **fields,
        licence=_licence(model, library),
        by_hand=by_hand(model, library) if state == "failed" else model.by_hand,
        bytes=model.bytes,
        fetched=bool(model.files),
        state=state,
        checked=presence == "installed" and library.is_checked(model),
        done=library.bytes_there(model),
        message=error.message if error else "",
        sample=_sample(model, presence == "installed"),
        path=str(library.root / model.in_order[-1].path) if model.files else "",
    )


def ollama_status(
    model: CatalogueModel, size: int | None, came: int, error: KotodamaError | None
) -> ModelStatus:
    """How a model of Ollama's stands, apart from a download that runs; see `ModelStatus.fetched`.

    Args:
        model: The model.
        size: Its bytes, where Ollama has it.
        came: Bytes of it that came before it was paused.
        error: What went wrong with it last.
    """
    state: State = "installed" if size is not None else "partial" if came else "absent"
    if error:
        state = "failed"
    fields = model.model_dump(include=set(ModelStatus.model_fields) - {"bytes", "sample"})
    return ModelStatus(
        **fields,
        bytes=size or model.bytes,
        state=state,
        checked=size is not None,
        done=size or came,
        message=error.message if error else "",
        fetched=False,
    )


def by_hand(model: CatalogueModel, library: Library) -> str:
    """How to get what is missing of a model without a download by the program."""
    missing = [file for file in library.missing(model) if not file.optional]
    if not missing:
        return model.by_hand
    places = "; ".join(f"{file.urls[0]} → {library.root / file.path}" for file in missing)
    return f"By hand: {places}. Or “Add from disk”, once it is on this computer."


def own_status(model: OwnModel, error: KotodamaError | None) -> ModelStatus:
    """How a model stands that the catalogue does not have."""
    size = sum(path.stat().st_size for path in model.paths if path.is_file())
    return ModelStatus(
        id=model.id,
        kind=model.kind,
        engine=model.engine,
        name=model.name,
        licence="your own",
        own=True,
        fetched=False,
        state="damaged" if error else "installed",
        bytes=size,
        done=size,
        message=error.message if error else "",
        sample="spoken" if model.engine == "piper" else "",
        path=str(model.path),
    )


def _sample(model: CatalogueModel, installed: bool) -> Sample:
    if installed and model.engine == "piper":
        return "spoken"
    return "recording" if model.sample else ""


def _licence(model: CatalogueModel, library: Library) -> str:
    """The licence; of a Piper voice that is there, what its model card says."""
    card = next((file for file in model.files if file.optional), None)
    if card is None:
        return model.licence
    try:
        text = library.target(card).read_text(encoding="utf-8", errors="replace")
    except (OSError, StoreError):
        return model.licence
    said = licence_of(text[:_CARD_CHARS])
    return f"Recordings: {said}" if said else model.licence
