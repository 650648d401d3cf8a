"""The model store: one place to list, install, pause, check, add and remove models.

Downloads are tasks of the running loop, two at a time. What they do goes out as events: progress
a few times a second, the end as a saved model or a failure with its reason.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.models_store.catalogue import Catalogue, CatalogueModel, load_catalogue
from backend.models_store.errors import (
    BusyModelError,
    ByHandError,
    DownloadError,
    StoreError,
    UnknownModelError,
)
from backend.models_store.library import OWN, Library, OwnModel
from backend.models_store.meter import Meter
from backend.models_store.part import discard, free_bytes
from backend.models_store.piper_voices import VOICES_URL
from backend.models_store.status import DiskUse, ModelStatus, State, own_status, status_of
from config import KotodamaError
from event_system import Event, ModelFailed, ModelProgress, ModelSaved

if TYPE_CHECKING:
    from backend.models_store.add import Added
    from backend.models_store.voice_package import About, Manifest

AT_ONCE = 2
EVERY_S = 0.25
log = logging.getLogger("kotodama.models")


@dataclass
class Job:
    """A download or a check that runs."""

    state: State
    meter: Meter
    task: asyncio.Task[None]
    told_at: float = field(default=-1.0)


class ModelStore:
    """The store.

    Args:
        root: The models folder; it need not be there.
        publish: Gives an event to the bus.
        limits: How patient downloads are; those of `Limits()` by default.
        catalogue: Tells the catalogue anew; the one of the program by default.
    """

    def __init__(
        self,
        root: Path,
        publish: Callable[[Event], object] = lambda event: None,
        limits: Any = None,
        catalogue: Callable[[], Catalogue] | None = None,
    ) -> None:
        self.library = Library(root)
        self._publish = publish
        self._limits = limits
        self._load = catalogue or (lambda: load_catalogue(root))
        self._catalogue: Catalogue | None = None
        self._jobs: dict[str, Job] = {}
        self._errors: dict[str, KotodamaError] = {}
        self._checking: asyncio.Task[None] | None = None
        self._places = asyncio.Semaphore(AT_ONCE)

    @property
    def catalogue(self) -> Catalogue:
        """What can be had; read at first use."""
        if self._catalogue is None:
            self._catalogue = self._load()
            if self._catalogue.notice:
                log.warning(self._catalogue.notice)
        return self._catalogue

    def list(self) -> list[ModelStatus]:
        """Every model of the catalogue and of the folder; blocks for the look at the disk."""
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

    def start(self, model_id: str) -> ModelStatus:
        """Begin to download a model, or go on with it; at once, the work goes on by itself.

        Of a damaged model the files that are not what they should be come anew.

        Raises:
            UnknownModelError: There is none of this name.
            ByHandError: The program cannot fetch it; the message says how to get it.
        """
        model = self._to_fetch(model_id)
        whole = self.library.presence(model) == "installed"
        damaged = whole and model.id in self._errors
        if model.id not in self._jobs and (damaged or not whole):
            self._errors.pop(model.id, None)
            self._run(model.id, "waiting", self._download_alone(model, damaged), model.bytes)
        return self._status(model)

    async def install(self, model_id: str) -> ModelStatus:
        """Download a model and wait for it.

        Raises:
            UnknownModelError, ByHandError: As `start`.
            DownloadError, StoreError: It did not come; what had come stays.
        """
        model = self._to_fetch(model_id)
        self.start(model.id)
        job = self._jobs.get(model.id)
        if job:
            try:
                await asyncio.wait([job.task])
            except asyncio.CancelledError:
                await self.pause(model.id)
                raise
        if model.id in self._errors:
            raise self._errors[model.id]
        return self._status(model)

    async def pause(self, model_id: str) -> ModelStatus:
        """Stop a download; what came stays, and `start` goes on with it."""
        model = self.catalogue.get(model_id)
        job = self._jobs.get(model.id)
        if job:
            job.task.cancel()
            await asyncio.wait([job.task])
        return self._tell(model.id)

    async def cancel(self, model_id: str) -> ModelStatus:
        """Stop a download and throw away what came of it."""
        model = self.catalogue.get(model_id)
        await self.pause(model_id)
        self._errors.pop(model.id, None)
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

    def check_soon(self) -> None:
        """Begin `check_new`, unless it runs."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self.check_new())

    async def check_new(self) -> None:
        """Check models that were put into the folder by hand, and tell of damaged ones."""
        for status in await asyncio.to_thread(self.list):
            busy = status.id in self._jobs or status.id in self._errors
            if status.own or status.checked or busy or status.state != "installed":
                continue
            try:
                await self.verify(status.id)
            except KotodamaError as error:
                log.warning("%s: %s", status.id, error.message)

    async def close(self) -> None:
        """Stop all downloads; what came stays."""
        tasks = [job.task for job in self._jobs.values()]
        tasks += [self._checking] if self._checking else []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _run(self, model_id: str, state: State, work: Any, total: int) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._jobs[model_id] = Job(state, Meter(total), task)

    async def _download_alone(self, model: CatalogueModel, damaged: bool) -> None:
        """Wait for a place, download, and leave word of the end."""
        try:
            async with self._places:
                if damaged:
                    self._jobs[model.id].state = "checking"
                    await asyncio.to_thread(self.library.drop_damaged, model)
                await self._download(model)
            path = str(self.library.root / model.in_order[-1].path)
            self._publish(ModelSaved(name=model.id, path=path))
        except KotodamaError as error:
            self._fail(model, error)
        except Exception as error:
            log.exception("the download of %s broke", model.id)
            self._fail(model, DownloadError(f"The download of {model.name} broke ({error})."))
        finally:
            self._jobs.pop(model.id, None)
            self._tell(model.id)

    async def _download(self, model: CatalogueModel) -> None:
        from backend.models_store.fetch import Fetch, make_client

        job = self._jobs[model.id]
        job.state = "downloading"
        limits = self._patience()
        before = 0
        client = await asyncio.to_thread(make_client, limits)
        async with client:
            for file in model.in_order:
                missing = await asyncio.to_thread(self.library.missing, model)
                if file in missing:
                    start = before

                    def progress(done: int, start: int = start) -> None:
                        self._progress(model.id, start + done)

                    target = self.library.target(file)
                    try:
                        await Fetch(file, target, client, limits, progress).run()
                    except DownloadError:
                        if not file.optional:
                            raise
                        log.warning("%s was not to be had", file.name)
                before += file.bytes
        job.state = "checking"
        await asyncio.to_thread(self.library.note_checked, model)

    def _patience(self) -> Any:
        from backend.models_store.fetch import Limits

        return self._limits or Limits()

    def _progress(self, model_id: str, done: int) -> None:
        job, now = self._jobs[model_id], time.monotonic()
        job.meter.move(done, now)
        if now - job.told_at >= EVERY_S:
            job.told_at = now
            self._tell(model_id)

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

    def _fail(self, model: CatalogueModel, error: KotodamaError) -> None:
        self._errors[model.id] = error
        self._publish(
            ModelFailed(
                kind=model.kind, engine=model.engine, code=error.code, message=error.message
            )
        )

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
        if not model.files:
            raise ByHandError(model.by_hand or f"Get {model.name} from {model.page}.")
        return model

    def _refuse_busy(self, model_id: str) -> None:
        if model_id in self._jobs:
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
        job = self._jobs.get(model.id)
        status = status_of(model, self.library, self._errors.get(model.id))
        if job is None:
            return status
        return status.model_copy(
            update={
                "state": job.state,
                "done": job.meter.done or status.done,
                "speed": job.meter.speed,
                "seconds_left": job.meter.seconds_left,
                "message": "",
            }
        )

    def _own_status(self, model: OwnModel) -> ModelStatus:
        return own_status(model, self._errors.get(model.id))
