"""Networks in the ONNX format, read and written without the `onnx` package.

Piper's voices are such files. To check one, to ask it for its phoneme durations and to divide it
in two, its nodes, the shapes of its weights and its inputs and outputs have to be known; all else
is passed on as it is. The wire format is that of protocol buffers
(https://protobuf.dev/programming-guides/encoding), the field numbers are those of `onnx.proto3`
(ONNX 1.17).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64, FLOAT16, DOUBLE = 1, 7, 10, 11
_DTYPES: Mapping[int, str] = {FLOAT: "<f4", FLOAT16: "<f2", DOUBLE: "<f8", INT64: "<i8"}

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH, _METADATA = 7, 14
_NODE, _GRAPH_NAME, _INITIALIZER, _INPUT, _OUTPUT = 1, 2, 5, 11, 12
_MOST_DIMS = 16


class OnnxFormatError(ValueError):
    """The bytes are no ONNX model, or their end is missing."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    Attributes:
        op: Its type ("Conv").
        inputs: Names of tensors; an empty name is an input left out.
        outputs: Names of tensors.
        ints: Its attributes that are lists of whole numbers ("pads").
        raw: Its message.
    """

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    ints: Mapping[str, tuple[int, ...]]
    raw: memoryview


@dataclass(frozen=True, slots=True)
class Tensor:
    """Weights that the model carries: `data` holds little-endian numbers of type `code`."""

    name: str
    dims: tuple[int, ...]
    code: int
    data: memoryview
    raw: memoryview

    def values(self) -> NDArray[Any] | None:
        """The numbers, flat; None where they are of a type that is not read here.

        Raises:
            OnnxFormatError: There are more or fewer than the shape says.
        """
        dtype = _DTYPES.get(self.code)
        if dtype is None:
            return None
        if len(self.data) != math.prod(self.dims) * np.dtype(dtype).itemsize:
            raise OnnxFormatError(f"the weights {self.name} are not complete")
        return np.frombuffer(self.data, dtype)


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """What a model file holds.

    Attributes:
        header: The messages of the file around the graph (versions, operator sets, metadata).
        nodes: In an order in which they can be run.
        tensors: The weights by name.
        inputs: The messages of the graph's inputs by name.
        outputs: The messages of its outputs by name.
        metadata: The file's own notes.
    """

    header: bytes
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: Mapping[str, bytes]
    outputs: Mapping[str, bytes]
    metadata: Mapping[str, str] = field(default_factory=dict)

    def part(
        self, nodes: Iterable[Node], inputs: Mapping[str, bytes], outputs: Iterable[str]
    ) -> bytes:
        """A model of some of the nodes, with the weights that they use."""
        chosen = list(nodes)
        used = {name for node in chosen for name in node.inputs}
        graph = [bytes_field(_NODE, node.raw) for node in chosen]
        graph.append(text_field(_GRAPH_NAME, "part"))
        graph += [bytes_field(_INITIALIZER, t.raw) for t in self.tensors.values() if t.name in used]
        graph += [bytes_field(_INPUT, raw) for raw in inputs.values()]
        graph += [bytes_field(_OUTPUT, self.outputs.get(n) or text_field(1, n)) for n in outputs]
        return self.header + bytes_field(_GRAPH, b"".join(graph))


def read_onnx(data: bytes) -> OnnxModel:
    """Read a model.

    Raises:
        OnnxFormatError: It is none, or it is cut off.
    """
    header: list[bytes] = []
    graphs: list[memoryview] = []
    metadata: dict[str, str] = {}
    operators = False
    for number, value, raw in _fields(memoryview(data)):
        if number == _GRAPH and isinstance(value, memoryview):
            graphs.append(value)
            continue
        header.append(bytes(raw))
        operators |= number == 8
        if number == _METADATA and isinstance(value, memoryview):
            note = {key: _text(one) for key, one, _ in _fields(value)}
            metadata[note.get(1, "")] = note.get(2, "")
    if not graphs or not operators:
        raise OnnxFormatError("it holds no network")
    return _read_graph(graphs, b"".join(header), metadata)


def _read_graph(
    graphs: Iterable[memoryview], header: bytes, metadata: Mapping[str, str]
) -> OnnxModel:
    nodes: list[Node] = []
    tensors: dict[str, Tensor] = {}
    ends: dict[int, dict[str, bytes]] = {_INPUT: {}, _OUTPUT: {}}
    for graph in graphs:
        for number, value, _raw in _fields(graph):
            if not isinstance(value, memoryview):
                continue
            if number == _NODE:
                nodes.append(_read_node(value))
            elif number == _INITIALIZER:
                tensor = _read_tensor(value)
                tensors[tensor.name] = tensor
            elif number in ends:
                name = next((_text(one) for key, one, _ in _fields(value) if key == 1), "")
                ends[number][name] = bytes(value)
    inputs = {name: raw for name, raw in ends[_INPUT].items() if name not in tensors}
    if not nodes or not inputs or not ends[_OUTPUT]:
        raise OnnxFormatError("its network is empty")
    return OnnxModel(header, tuple(nodes), tensors, inputs, ends[_OUTPUT], metadata)


def _read_node(raw: memoryview) -> Node:
    inputs: list[str] = []
    outputs: list[str] = []
    op, ints = "", {}
    for number, value, _raw in _fields(raw):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            op = _text(value)
        elif number == 5 and isinstance(value, memoryview):
            name, numbers = _read_ints(value)
            if numbers:
                ints[name] = numbers
    return Node(op, tuple(inputs), tuple(outputs), ints, raw)


def _read_ints(raw: memoryview) -> tuple[str, tuple[int, ...]]:
    """An attribute's name and its list of whole numbers; none for one of another type."""
    name, numbers = "", []
    for number, value, _raw in _fields(raw):
        if number == 1:
            name = _text(value)
        elif number == 8:
            numbers += _whole_numbers(value)
    return name, tuple(numbers)


def _read_tensor(raw: memoryview) -> Tensor:
    name, code, data = "", 0, memoryview(b"")
    dims: list[int] = []
    for number, value, _raw in _fields(raw):
        if number == 1:
            dims += _whole_numbers(value)
        elif number == 2 and isinstance(value, int):
            code = value
        elif number == 8:
            name = _text(value)
        elif number in (4, 9) and isinstance(value, memoryview) and len(value):
            data = value
        elif number == 13:
            raise OnnxFormatError(f"the weights {name} lie in another file")
    if len(dims) > _MOST_DIMS or any(size < 0 for size in dims):
        raise OnnxFormatError(f"the weights {name} have no shape")
    return Tensor(name, tuple(dims), code, data, raw)


def _whole_numbers(value: int | memoryview) -> list[int]:
    """The numbers of a repeated field, packed or one by one."""
    if isinstance(value, int):
        return [_signed(value)]
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(_signed(number))
    return numbers


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _text(value: int | memoryview) -> str:
    if isinstance(value, int):
        raise OnnxFormatError("a name is a number")
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError as error:
        raise OnnxFormatError("a name is not text") from error


def _fields(raw: memoryview) -> Iterator[tuple[int, int | memoryview, memoryview]]:
    """A message's fields: number, value, and the bytes of both."""
    at, size = 0, len(raw)
    while at < size:
        start = at
        key, at = _varint(raw, at)
        number, kind = key >> 3, key & 7
        value: int | memoryview
        if kind == _VARINT:
            value, at = _varint(raw, at)
        elif kind == _BYTES:
            length, at = _varint(raw, at)
            value, at = raw[at : at + length], at + length
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
            value, at = raw[at : at + length], at + length
        else:
            raise OnnxFormatError("it is not in the ONNX format")
        if at > size:
            raise OnnxFormatError("its end is missing")
        if number == 0:
            raise OnnxFormatError("it is not in the ONNX format")
        yield number, value, raw[start:at]


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    """A number of 7 bits a byte, the lowest first; and where it ends."""
    value = shift = 0
    while at < len(raw) and shift < 70:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise OnnxFormatError("its end is missing" if shift < 70 else "it is not in the ONNX format")


def varint(value: int) -> bytes:
    """A whole number as the format writes it; a negative one takes ten bytes."""
    value &= (1 << 64) - 1
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def int_field(at: int, value: int) -> bytes:
    """A field that is a whole number."""
    return varint(at << 3 | _VARINT) + varint(value)


def bytes_field(at: int, raw: bytes | memoryview) -> bytes:
    """A field that is a message or bytes."""
    return b"".join((varint(at << 3 | _BYTES), varint(len(raw)), raw))


def text_field(at: int, value: str) -> bytes:
    """A field that is text."""
    return bytes_field(at, value.encode())


def value_info(name: str, code: int, dims: Sequence[int | str] | None = None) -> bytes:
    """A ValueInfoProto: a tensor's name, type, and shape where it is known."""
    kind = int_field(1, code)
    if dims is not None:
        sizes = [
            bytes_field(1, int_field(1, d) if isinstance(d, int) else text_field(2, d))
            for d in dims
        ]
        kind += bytes_field(2, b"".join(sizes))
    return text_field(1, name) + bytes_field(2, bytes_field(1, kind))
