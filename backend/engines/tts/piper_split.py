"""A Piper network in two parts, so that the first sound need not wait for the last.

The first part makes, from all phonemes of a sentence, its frames; the second (the vocoder) turns
frames into sound, each frame knowing only its neighbours. Divided there, the vocoder can be run on
a window of frames at a time, and with enough neighbours around the window its sound is the same as
that of the undivided network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backend.engines.tts.piper_onnx import FLOAT, Node, OnnxModel, value_info


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts.

    Attributes:
        encoder: A model with the inputs of the whole; gives the frames, (1, channels, frames)
            float32, and how many frames each phoneme id lasts, (1, 1, ids) float32.
        vocoder: A model that takes frames, and "sid" if `takes_speaker`; gives the sound.
        frames: The name of the vocoder's input.
        takes_speaker: Whether the vocoder has to be told the speaker.
        reach: How many frames on each side have a part in a frame's sound.
        hop: Samples a frame.
    """

    encoder: bytes
    vocoder: bytes
    frames: str
    takes_speaker: bool
    reach: int
    hop: int


def durations_name(model: OnnxModel) -> str | None:
    """The tensor that holds each phoneme's frames: the one whole-number rounding of the network.

    That is where `piper.patch_voice_with_alignment` looks for it, too.
    """
    rounded = [node.outputs[0] for node in model.nodes if node.op == "Ceil" and node.outputs]
    return rounded[0] if len(rounded) == 1 else None


def split(model: OnnxModel) -> Split | None:
    """Divide a network before its vocoder; None when it is not built as Piper's are."""
    makers = {name: node for node in model.nodes for name in node.outputs}
    frames, durations = _frames_name(model, makers), durations_name(model)
    if frames is None or durations is None or len(model.outputs) > 2:
        return None
    (sound, *_others) = model.outputs
    vocoder, vocoder_needs = _ancestors([sound], {frames}, makers)
    encoder, encoder_needs = _ancestors([frames, durations], set(), makers)
    asked = vocoder_needs & set(model.inputs)
    if asked - {"sid"} or not encoder_needs >= {"input", "input_lengths", "scales"}:
        return None
    reach, hop = _reach(model, vocoder)
    speaker = {name: raw for name, raw in model.inputs.items() if name in asked}
    frames_input = {frames: value_info(frames, FLOAT, [1, "channels", "frames"])}
    return Split(
        encoder=model.part(_in_order(model, encoder), model.inputs, [frames, durations]),
        vocoder=model.part(_in_order(model, vocoder), {**frames_input, **speaker}, [sound]),
        frames=frames,
        takes_speaker=bool(speaker),
        reach=reach,
        hop=hop,
    )


def _frames_name(model: OnnxModel, makers: dict[str, Node]) -> str | None:
    """The input of the convolution before the first upsampling that hangs on the phonemes."""
    first = next((node for node in model.nodes if node.op == "ConvTranspose"), None)
    waiting = [first.inputs[0]] if first else []
    while waiting:
        node = makers.get(waiting.pop(0))
        if node is None or node.op not in ("Conv", "Add", "LeakyRelu"):
            continue
        if node.op != "Conv":
            waiting += node.inputs
        elif "input" in _ancestors([node.inputs[0]], set(), makers)[1]:
            return node.inputs[0]
    return None


def _ancestors(
    names: Iterable[str], stop_at: set[str], makers: dict[str, Node]
) -> tuple[list[Node], set[str]]:
    """The nodes that make these tensors, and the names that no node makes."""
    found: dict[int, Node] = {}
    unmade: set[str] = set()
    waiting, seen = list(names), set(stop_at)
    while waiting:
        name = waiting.pop()
        if name in seen or not name:
            continue
        seen.add(name)
        node = makers.get(name)
        if node is None:
            unmade.add(name)
        elif id(node) not in found:
            found[id(node)] = node
            waiting += node.inputs
    return list(found.values()), unmade


def _in_order(model: OnnxModel, nodes: Iterable[Node]) -> list[Node]:
    chosen = {id(node) for node in nodes}
    return [node for node in model.nodes if id(node) in chosen]


def _reach(model: OnnxModel, vocoder: Iterable[Node]) -> tuple[int, int]:
    """How far the vocoder looks to each side, in frames, and its samples a frame.

    A convolution looks as far as it pads; an upsampling at most a kernel's width further.
    """
    reach: dict[str, float] = {}
    rate: dict[str, int] = {}
    hop = 1
    for node in _in_order(model, vocoder):
        seen = max((reach.get(name, 0.0) for name in node.inputs), default=0.0)
        fine = max((rate.get(name, 1) for name in node.inputs), default=1)
        if node.op == "Conv":
            seen += max(node.ints.get("pads", (0,))) / fine
        elif node.op == "ConvTranspose":
            stride, width = node.ints.get("strides", (1,))[0], _kernel(model, node)
            seen += -(-width // (2 * stride)) / fine
            fine *= stride
        hop = max(hop, fine)
        for name in node.outputs:
            reach[name], rate[name] = seen, fine
    return int(max(reach.values(), default=0.0)) + 1, hop


def _kernel(model: OnnxModel, node: Node) -> int:
    """The width of a convolution's kernel."""
    weights = model.tensors.get(node.inputs[1])
    width = weights.dims[-1] if weights and weights.dims else 1
    return node.ints.get("kernel_shape", (width,))[0]
