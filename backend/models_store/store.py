"""The model store: one place to list, install, pause, check, add and remove models.

What downloads do goes out as events: progress a few times a second, the end as a saved model or a
failure with its reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backend.models_store.catalogue import Catalogue, CatalogueModel, load_catalogue
from backend.models_store.downloads import Downloads
from backend.models_store.errors import (
    BusyModelError,
    ByHandError,
    LicenceError,
    NoSampleError,
    StoreError,
    UnknownModelError,
)
from backend.models_store.library import OWN, Library, OwnModel
from backend.models_store.part import discard, free_bytes
from backend.models_store.piper_voices import VOICES_URL
from backend.models_store.status import (
    DiskUse,
    ModelStatus,
    own_status,
    status_of,
)
from config import KotodamaError
from event_system import Event, ModelFailed, ModelProgress, ModelSaved

if TYPE_CHECKING:
    from backend.models_store.add import Added
    from backend.models_store.fetch import Limits
    from backend.models_store.ollama import OllamaServer
    from backend.models_store.pace_book import PaceBook
    from backend.models_store.upkeep import Upkeep
    from backend.models_store.voice_package import About, Manifest

log = logging.getLogger("kotodama.models")


class ModelStore:
    """The store.

    Args:
        root: The models folder; it need not be there.
        publish: Gives an event to the bus.
        limits: How patient downloads are; those of `Limits()` by default.
        catalogue: Tells the catalogue anew; the one of the program by default.
        ollama_url: Tells where Ollama is; nowhere by default.
        quiet: Tells whether nobody is being talked to: then new models may be measured.
    """

    def __init__(
        self,
        root: Path,
        publish: Callable[[Event], object] = lambda event: None,
        limits: Limits | None = None,
        catalogue: Callable[[], Catalogue] | None = None,
        ollama_url: Callable[[], str] = lambda: "",
        quiet: Callable[[], bool] | None = None,
    ) -> None:
        self.library = Library(root)
        self._publish = publish
        self._limits = limits
        self._load = catalogue or (lambda: load_catalogue(root))
        self._catalogue: Catalogue | None = None
        self._errors: dict[str, KotodamaError] = {}
        self._soundless: set[str] = set()
        self._ollama_url = ollama_url
        self._quiet = quiet

    @cached_property
    def pace(self) -> PaceBook:
        """How fast models are on this machine."""
        from backend.models_store.pace_book import PaceBook

        return PaceBook(self.library.root)

    @cached_property
    def ollama(self) -> OllamaServer:
        """The Ollama of the settings."""
        from backend.models_store.ollama import OllamaServer

        return OllamaServer(self._ollama_url)

    @cached_property
    def upkeep(self) -> Upkeep:
        """Looks after what is new in the folder."""
        from backend.models_store.upkeep import Upkeep

        return Upkeep(self, self._quiet)

    @cached_property
    def _downloads(self) -> Downloads:
        return Downloads(self.library, self.ollama, self._patience, self._tell, self._ended)

    @property
    def catalogue(self) -> Catalogue:
        """What can be had; read at first use."""
        if self._catalogue is None:
            self._catalogue = self._load()
            if self._catalogue.notice:
                log.warning(self._catalogue.notice)
        return self._catalogue

    def list(self) -> list[ModelStatus]:
        """Every model of the catalogue and of the folder.

        Blocks for the look at the disk, and at Ollama.
        """
        if self.ollama.address and any(model.by_ollama for model in self.catalogue):
            self.ollama.look()
        listed = [self._status(model) for model in self.catalogue]
        own = self.library.own_models(self.catalogue)
        return listed + [self._own_status(model) for model in own]

    def status(self, model_id: str) -> ModelStatus:
        """One model.

        Raises:
            UnknownModelError: There is none of this name.
        """
        found = self._find(model_id)
        return self._own_status(found) if isinstance(found, OwnModel) else self._status(found)

    def disk(self) -> DiskUse:
        """What takes how much room."""
        folders = self.library.disk()
        root = self.library.root
        return DiskUse(
            folder=str(root), free=free_bytes(root), used=sum(folders.values()), folders=folders
        )

    def start(self, model_id: str, *, accepted: bool = False) -> ModelStatus:
        """Begin to download a model, or go on with it; at once, the work goes on by itself.

        Of a damaged model the files that are not what they should be come anew.

        Args:
            model_id: The model.
            accepted: Whether the user accepts its licence, where that is asked for.

        Raises:
            UnknownModelError: There is none of this name.
            ByHandError: The program cannot fetch it; the message says how to get it.
            LicenceError: Its licence has to be accepted.
        """
        model = self._to_fetch(model_id)
        state = self._status(model).state
        if state == "absent" and model.accept and not accepted:
            raise LicenceError(
                f"{model.name} comes only to who accepts its licence: {model.accept}"
            )
        whole = state in ("installed", "damaged")
        if model.id not in self._downloads.jobs and state != "installed":
            self._errors.pop(model.id, None)
            self._downloads.begin(model, damaged=whole)
        return self._status(model)

    async def install(self, model_id: str, *, accepted: bool = False) -> ModelStatus:
        """Download a model and wait for it.

        Raises:
            UnknownModelError, ByHandError, LicenceError: As `start`.
            DownloadError, StoreError: It did not come; what had come stays.
        """
        model = self._to_fetch(model_id)
        if model.by_ollama:
            await asyncio.to_thread(self.ollama.look)
        self.start(model.id, accepted=accepted)
        await self._downloads.wait(model.id)
        if model.id in self._errors:
            raise self._errors[model.id]
        return self._status(model)

    async def pause(self, model_id: str) -> ModelStatus:
        """Stop a download; what came stays, and `start` goes on with it."""
        model = self.catalogue.get(model_id)
        await self._downloads.stop(model.id)
        return self._tell(model.id)

    async def cancel(self, model_id: str) -> ModelStatus:
        """Stop a download and throw away what came of it; Ollama does that when it starts next."""
        model = self.catalogue.get(model_id)
        await self.pause(model_id)
        self._errors.pop(model.id, None)
        self._downloads.came.pop(model.id, None)
        for file in model.files:
            await asyncio.to_thread(discard, self.library.target(file))
        return self._tell(model.id)

    async def verify(self, model_id: str) -> ModelStatus:
        """Check a model's files against the catalogue.

        Raises:
            UnknownModelError: It is not there.
            BusyModelError: It is being downloaded.
            WrongHashError, WrongSizeError, DamagedError: It is not what it should be.
        """
        model = self._find(model_id)
        self._refuse_busy(model.id)
        try:
            if isinstance(model, OwnModel):
                await asyncio.to_thread(self.library.verify_own, model)
            elif model.by_ollama:
                await asyncio.to_thread(self.ollama.check, model.name)
            else:
                await asyncio.to_thread(self.library.verify, model)
            self._errors.pop(model.id, None)
        except UnknownModelError:
            raise
        except KotodamaError as error:
            self._errors[model.id] = error
            raise
        finally:
            self._tell(model.id)
        return self.status(model.id)

    async def remove(self, model_id: str) -> int:
        """Delete a model's files; bytes that became free.

        Raises:
            UnknownModelError: There is none of this name.
            StoreError: A file cannot be deleted, or lies outside the models folder.
        """
        model = self._find(model_id)
        if isinstance(model, OwnModel):
            freed = await asyncio.to_thread(self.library.remove_own, model)
        elif model.by_ollama:
            await self.pause(model.id)
            freed = await self.ollama.delete(model.name, self._patience())
        else:
            await self.pause(model.id)
            freed = await asyncio.to_thread(self.library.remove, model, self._shared(model))
        self._errors.pop(model.id, None)
        self._publish(ModelProgress(model_id=model.id, state="absent"))
        return freed

    async def add(self, source: Path) -> Added:
        """Copy models from a folder or a file of this computer into the models folder.

        Raises:
            StoreError: There is nothing there that is a model.
            DiskFullError, DiskError: The disk refuses.
        """
        from backend.models_store.add import add_from

        added = await asyncio.to_thread(
            lambda: add_from(source.expanduser(), self.catalogue, self.library)
        )
        for name in added.models:
            self._errors.pop(name, None)
            self._publish(ModelSaved(name=name, path=self.status(name).path))
        return added

    async def sample(self, model_id: str) -> tuple[bytes, str]:
        """What there is to listen to of a voice: a WAV, and "recording" or "spoken".

        Raises:
            UnknownModelError: There is none of this name.
            NoSampleError: There is nothing to listen to.
            DownloadError, DamagedError: The recording did not come.
            EngineError: The voice itself cannot speak.
        """
        from backend.models_store.samples import own_sample, recorded_sample

        status = await asyncio.to_thread(self.status, model_id)
        if status.sample == "spoken":
            return await asyncio.to_thread(own_sample, Path(status.path)), status.sample
        try:
            model = self.catalogue.get(status.id)
            return await recorded_sample(model, self.library.root, self._patience()), "recording"
        except NoSampleError:
            self._soundless.add(status.id)
            raise

    async def measure(self, model_id: str) -> ModelStatus:
        """Measure how fast an installed model is here, and remember it.

        Raises:
            UnknownModelError: There is none of this name.
            StoreError: It is of a kind that is not measured, or not there.
            EngineError: It cannot be loaded, or fails.
        """
        from backend.models_store.measure import measure

        await asyncio.to_thread(self.pace.prepare)
        status = await asyncio.to_thread(self.status, model_id)
        pace = await asyncio.to_thread(measure, status)
        await asyncio.to_thread(self.pace.note, status, pace)
        return self._tell(status.id)

    async def share(self, name: str, target: Path, about: About, preview: bytes = b"") -> Manifest:
        """Write an installed Piper voice as one file (see `voice_package`).

        Raises:
            UnknownModelError: There is no such voice here.
            StoreError, DiskError: It cannot be shared, or not be written.
        """
        from backend.models_store.voice_package import pack_voice

        status = self.status(name)
        onnx = Path(status.path)
        if status.engine != "piper" or status.state != "installed" or onnx.suffix != ".onnx":
            raise StoreError(f"{name} is no voice that is installed here; only such is shared.")
        return await asyncio.to_thread(pack_voice, onnx, target, about, preview)

    async def refresh(self, url: str = VOICES_URL) -> int:
        """Load the list of Piper's voices anew; how many models there are now.

        Raises:
            CatalogueError: What came is no such list; the old one is kept.
            DownloadError: It did not come.
        """
        from backend.models_store.refresh import refresh_voices

        await refresh_voices(url, self.library.root, self._patience())
        self._catalogue = None
        return len(await asyncio.to_thread(lambda: self.catalogue))

    async def close(self) -> None:
        """Stop all downloads; what came stays."""
        await self._downloads.close()
        await self.upkeep.close()

    def _patience(self) -> Limits:
        from backend.models_store.fetch import Limits

        return self._limits or Limits()

    def _ended(self, model: CatalogueModel, error: KotodamaError | None) -> None:
        if error is None:
            path = "" if model.by_ollama else str(self.library.root / model.in_order[-1].path)
            self._publish(ModelSaved(name=model.id, path=path))
            return
        self._errors[model.id] = error
        self._publish(
            ModelFailed(
                kind=model.kind, engine=model.engine, code=error.code, message=error.message
            )
        )

    def _tell(self, model_id: str) -> ModelStatus:
        """Publish how a model stands."""
        status = self.status(model_id)
        self._publish(
            ModelProgress(
                model_id=status.id,
                state=status.state,
                done=status.done,
                total=status.bytes,
                speed=round(status.speed, 1),
                seconds_left=status.seconds_left,
                message=status.message,
            )
        )
        return status

    def _find(self, model_id: str) -> CatalogueModel | OwnModel:
        if not model_id.startswith(OWN):
            return self.catalogue.get(model_id)
        for model in self.library.own_models(self.catalogue):
            if model.id == model_id:
                return model
        raise UnknownModelError(f"There is no {model_id.removeprefix(OWN)} in the models folder.")

    def _to_fetch(self, model_id: str) -> CatalogueModel:
        model = self._find(model_id)
        if isinstance(model, OwnModel):
            raise ByHandError(f"{model.name} is in the models folder already.")
        if model.by_ollama and self.ollama.address:
            return model
        if not model.files:
            raise ByHandError(model.by_hand or f"Get {model.name} from {model.page}.")
        return model

    def _refuse_busy(self, model_id: str) -> None:
        if model_id in self._downloads.jobs:
            raise BusyModelError(f"{model_id} is being downloaded; pause it or wait.")

    def _shared(self, model: CatalogueModel) -> set[str]:
        """Files of a model that another installed one uses too."""
        mine = {file.path for file in model.files}
        return {
            file.path
            for other in self.catalogue
            if other.id != model.id and self.library.presence(other) == "installed"
            for file in other.files
            if file.path in mine
        }

    def _status(self, model: CatalogueModel) -> ModelStatus:
        job = self._downloads.jobs.get(model.id)
        error = self._errors.get(model.id)
        if model.by_ollama:
            status = self.ollama.status(model, self._downloads.came.get(model.id, 0), error)
        else:
            status = status_of(model, self.library, error)
        if status.id in self._soundless and status.sample == "recording":
            status.sample = ""
        status.pace = self.pace.pace(status)
        if job is None:
            return status
        return status.model_copy(
            update={
                "state": job.state,
                "bytes": job.meter.total or status.bytes,
                "done": job.meter.done or status.done,
                "speed": job.meter.speed,
                "seconds_left": job.meter.seconds_left,
                "message": "",
            }
        )

    def _own_status(self, model: OwnModel) -> ModelStatus:
        status = own_status(model, self._errors.get(model.id))
        status.pace = self.pace.pace(status)
        return status
