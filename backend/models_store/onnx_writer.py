"""Writes small ONNX networks node by node, without the `onnx` package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.engines.tts.piper_onnx import (
    FLOAT,
    INT64,
    bytes_field,
    int_field,
    text_field,
    value_info,
)

IR_VERSION, OPSET = 8, 17
_CODES = {"float32": FLOAT, "int64": INT64, "uint8": 2, "int8": 3}
"""Numbers of the types in ONNX's `TensorProto.DataType`."""
_INT, _INTS = 2, 7


class OnnxWriter:
    """A network under construction; every method returns the name of the tensor that it makes."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []
        self._inputs: list[bytes] = []
        self._made = 0

    def input(self, name: str, dtype: str, dims: Sequence[int | str]) -> str:
        """Declare an input."""
        self._inputs.append(value_info(name, _CODES[dtype], dims))
        return name

    def weights(self, name: str, values: NDArray[Any]) -> str:
        """Store weights: float32, int64, uint8 or int8."""
        raw = b"".join(int_field(1, size) for size in values.shape)
        raw += int_field(2, _CODES[values.dtype.name]) + text_field(8, name)
        self._weights.append(
            bytes_field(5, raw + bytes_field(9, np.ascontiguousarray(values).tobytes()))
        )
        return name

    def numbers(self, *values: float) -> str:
        """Store a short list of numbers: int64 if all are whole, else float32."""
        whole = all(isinstance(value, int) for value in values)
        return self.weights(
            f"numbers_{len(self._weights)}", np.array(values, np.int64 if whole else np.float32)
        )

    def number(self, value: float) -> str:
        """Store one float32."""
        return self.weights(f"number_{len(self._weights)}", np.array(value, np.float32))

    def add(self, op: str, *inputs: str, **attributes: int | Sequence[int]) -> str:
        """Append an operation with one output."""
        return self.add_many(op, 1, *inputs, **attributes)[0]

    def add_many(
        self, op: str, outputs: int, *inputs: str, **attributes: int | Sequence[int]
    ) -> list[str]:
        """Append an operation with several outputs."""
        self._made += 1
        names = [f"{op}_{self._made}_{index}" for index in range(outputs)]
        self.add_named(op, inputs, names, **attributes)
        return names

    def add_named(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        **attributes: int | Sequence[int],
    ) -> None:
        """Append an operation whose outputs have given names."""
        raw = b"".join(text_field(1, name) for name in inputs)
        raw += b"".join(text_field(2, name) for name in outputs)
        raw += text_field(4, op)
        raw += b"".join(_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(bytes_field(1, raw))

    def model(self, outputs: Sequence[str], metadata: Mapping[str, str]) -> bytes:
        """The finished model; its outputs are float32 of any shape."""
        graph = b"".join(self._nodes) + text_field(2, "network") + b"".join(self._weights)
        graph += b"".join(bytes_field(11, one) for one in self._inputs)
        graph += b"".join(bytes_field(12, value_info(name, FLOAT)) for name in outputs)
        notes = b"".join(
            bytes_field(14, text_field(1, key) + text_field(2, value))
            for key, value in metadata.items()
        )
        opset = bytes_field(8, text_field(1, "") + int_field(2, OPSET))
        return int_field(1, IR_VERSION) + bytes_field(7, graph) + opset + notes


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return bytes_field(5, text_field(1, name) + int_field(3, value) + int_field(20, _INT))
    numbers = b"".join(int_field(8, one) for one in value)
    return bytes_field(5, text_field(1, name) + numbers + int_field(20, _INTS))
