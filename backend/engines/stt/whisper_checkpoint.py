"""Reads OpenAI's Whisper files (`.pt`) without torch, and without running what stands in them.

Such a file is a ZIP: a pickle that describes the tensors, and their bytes, one entry each. A
pickle can name any function to be called; here it gets the four names below and nothing else.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.errors import BadInputError

_MAX_PICKLE_BYTES = 8 << 20
_MAX_LAYERS, _MAX_WIDTH = 64, 1 << 18


@dataclass(frozen=True, slots=True)
class Dims:
    """The shape of a model, by OpenAI's own names."""

    n_mels: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_vocab: int
    n_text_ctx: int
    n_text_state: int
    n_text_head: int
    n_text_layer: int

    @property
    def multilingual(self) -> bool:
        """Whether it knows languages other than English."""
        return self.n_vocab >= 51865


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's shape, and its weights as float arrays (16 or 32 bits) by name."""

    dims: Dims
    weights: dict[str, NDArray[np.floating[Any]]]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a `.pt` file.

    Raises:
        BadInputError: It is missing, cut off, not a Whisper model, or holds what does not belong
            in one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = _Reader(archive).load()
    except OSError as error:
        raise BadInputError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except zipfile.BadZipFile as error:
        raise BadInputError(
            f"{path.name} is damaged or cut off, or no PyTorch file; download it again."
        ) from error
    except (pickle.UnpicklingError, KeyError, TypeError, ValueError, EOFError,
            AttributeError, IndexError, ImportError) as error:  # fmt: skip
        raise BadInputError(
            f"{path.name} is not a Whisper model as OpenAI writes it ({error})."
        ) from error
    return _checked(path.name, content)


def expected_shapes(dims: Dims) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of a model."""
    shapes: dict[str, tuple[int, ...]] = {
        "encoder.conv1.weight": (dims.n_audio_state, dims.n_mels, 3),
        "encoder.conv1.bias": (dims.n_audio_state,),
        "encoder.conv2.weight": (dims.n_audio_state, dims.n_audio_state, 3),
        "encoder.conv2.bias": (dims.n_audio_state,),
        "encoder.positional_embedding": (dims.n_audio_ctx, dims.n_audio_state),
        "decoder.token_embedding.weight": (dims.n_vocab, dims.n_text_state),
        "decoder.positional_embedding": (dims.n_text_ctx, dims.n_text_state),
    }
    for side, width, layers in (
        ("encoder", dims.n_audio_state, dims.n_audio_layer),
        ("decoder", dims.n_text_state, dims.n_text_layer),
    ):
        norms = ["encoder.ln_post" if side == "encoder" else "decoder.ln"]
        for layer in range(layers):
            block = f"{side}.blocks.{layer}"
            norms += [f"{block}.attn_ln", f"{block}.mlp_ln"]
            attentions = ["attn"] if side == "encoder" else ["attn", "cross_attn"]
            norms += [f"{block}.{name}_ln" for name in attentions[1:]]
            for name in attentions:
                for part in ("query", "key", "value", "out"):
                    shapes[f"{block}.{name}.{part}.weight"] = (width, width)
                    if part != "key":
                        shapes[f"{block}.{name}.{part}.bias"] = (width,)
            for part, rows, columns in (("0", 4 * width, width), ("2", width, 4 * width)):
                shapes[f"{block}.mlp.{part}.weight"] = (rows, columns)
                shapes[f"{block}.mlp.{part}.bias"] = (rows,)
        for norm in norms:
            shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (width,)
    return shapes


def _checked(name: str, content: Any) -> Checkpoint:
    """The content as a model, every weight there and of the right shape.

    Raises:
        BadInputError: It is not.
    """
    try:
        given, weights = content["dims"], content["model_state_dict"]
        dims = Dims(**{field.name: int(given[field.name]) for field in fields(Dims)})
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"{name} is not a Whisper model as OpenAI writes it.") from error
    widths = [getattr(dims, field.name) for field in fields(Dims)]
    layers = max(dims.n_audio_layer, dims.n_text_layer)
    if min(widths) < 1 or max(widths) > _MAX_WIDTH or layers > _MAX_LAYERS:
        raise BadInputError(f"{name} is not a Whisper model: its dimensions are {widths}.")
    for key, shape in expected_shapes(dims).items():
        found = weights.get(key)
        if not isinstance(found, np.ndarray) or found.shape != shape:
            raise BadInputError(f"{name} is not a whole Whisper model: {key} is missing or wrong.")
    return Checkpoint(dims, dict(weights))


@dataclass(frozen=True, slots=True)
class _StorageType:
    """Stands for torch's storage class of one number format."""

    dtype: str
    is_bfloat16: bool = False


_STORAGES = {
    "HalfStorage": _StorageType("<f2"),
    "FloatStorage": _StorageType("<f4"),
    "BFloat16Storage": _StorageType("<u2", is_bfloat16=True),
}


class _Reader(pickle.Unpickler):
    """Unpickles nothing but dictionaries, numbers, texts and tensors of the archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        names = [name for name in archive.namelist() if PurePosixPath(name).name == "data.pkl"]
        if len(names) != 1 or archive.getinfo(names[0]).file_size > _MAX_PICKLE_BYTES:
            raise pickle.UnpicklingError("it holds no description of tensors")
        super().__init__(io.BytesIO(archive.read(names[0])))
        self._archive = archive
        self._folder = names[0].removesuffix("data.pkl")
        self._storages: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        """The only names that a file may use."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _rebuild_parameter
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no model needs")

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        """The numbers of a storage, (count,)."""
        kind, storage, key, _device, count = pid
        if kind != "storage" or not isinstance(storage, _StorageType):
            raise pickle.UnpicklingError("it holds an unknown kind of storage")
        if key not in self._storages:
            entry = self._archive.getinfo(f"{self._folder}data/{key}")
            if entry.file_size != entry.compress_size:
                raise pickle.UnpicklingError("its tensors are compressed")
            numbers = np.frombuffer(self._archive.read(entry), storage.dtype)
            if storage.is_bfloat16:
                # The upper half of a 32-bit float.
                numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
            self._storages[key] = numbers
        if len(self._storages[key]) < count:
            raise pickle.UnpicklingError("a tensor is cut off")
        return self._storages[key]


def _rebuild_tensor(
    storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_rest: Any
) -> NDArray[Any]:
    """A tensor as a view of its storage, within its bounds."""
    if len(size) != len(stride) or min((offset, *size, *stride)) < 0:
        raise pickle.UnpicklingError("a tensor has no proper shape")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) and last >= len(storage):
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    width = storage.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage[offset:], size, [step * width for step in stride], writeable=False
    )
    return np.ascontiguousarray(view)


def _rebuild_parameter(data: NDArray[Any], *_rest: Any) -> NDArray[Any]:
    return data
