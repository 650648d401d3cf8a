"""A model store on a local server with a small catalogue of its own."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.models_store.calibration import Calibration
from backend.models_store.catalogue import Catalogue, CatalogueFile, CatalogueModel
from backend.models_store.fetch import Limits
from backend.models_store.pace_book import PaceBook
from backend.models_store.store import ModelStore
from commands.benchmarks.fault_server import Behaviour, FaultServer
from event_system import Event
from tests.support.tiny_voice import make_config, make_onnx

LIMITS = Limits(
    connect_s=2.0, read_s=0.5, slow_after_s=0.3, slow_bytes_s=500, tries=2, backoff_s=0.01,
    reserve=1000,
)  # fmt: skip
MACHINE = Calibration(
    conv={32: 28.0, 64: 38.0, 128: 47.0, 256: 50.0}, gemm=65.0, gemm8=170.0, gemv=5.0, gemv8=30.0
)
CARD = b"# Model card\n\n## Dataset\n\n* URL: https://example.org\n* License: CC0\n"


@dataclass
class Bench:
    """A store, its server, and what it told."""

    root: Path
    server: FaultServer
    models: dict[str, CatalogueModel] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    def put(self, path: str, content: bytes, *behaviours: Behaviour, **facts: Any) -> CatalogueFile:
        """A file of the catalogue that the server gives."""
        self.contents[path] = content
        facts = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **facts}
        url = self.server.put("/" + path, content, *behaviours)
        return CatalogueFile(path=path, urls=(url,), **facts)

    def add(self, name: str, *files: CatalogueFile, **facts: Any) -> CatalogueModel:
        """A model of the catalogue."""
        shape: dict[str, Any] = {"kind": "tts", "engine": "piper", "licence": "MIT", "page": "-"}
        model = CatalogueModel(id=name, name=name, files=files, **{**shape, **facts})
        self.models[name] = model
        return model

    def voice(self, name: str = "anna", *behaviours: Behaviour) -> CatalogueModel:
        """A voice: network, description, card."""
        card = self.put(f"piper/{name}.card.txt", CARD, optional=True)
        return self.add(
            f"piper:{name}",
            self.put(f"piper/{name}.onnx", make_onnx(seed=len(name)), *behaviours),
            self.put(f"piper/{name}.onnx.json", json.dumps(make_config()).encode()),
            card,
        )

    def big(self, *behaviours: Behaviour, size: int = 300_000) -> CatalogueModel:
        """A model of one large file."""
        content = random.Random(size).randbytes(size)
        return self.add("test:big", self.put("big/big.bin", content, *behaviours), kind="stt")

    def store(self, **options: Any) -> ModelStore:
        """The store."""
        store = ModelStore(
            self.root,
            self.told.append,
            options.pop("limits", LIMITS),
            lambda: Catalogue(list(self.models.values())),
            **options,
        )
        store.pace = PaceBook(self.root, lambda: MACHINE)
        return store

    def drop(self, name: str, folder: Path | None = None) -> None:
        """Put a model's files into the models folder, or another, as a user would."""
        for file in self.models[name].files:
            path = (folder or self.root) / (file.path if folder is None else file.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.contents[file.path])

    def events(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]
