"""The contracts of the engines: what each kind of engine promises to the rest of the program.

An engine is one class in one file, named by one line in `registry.py`. The class is cheap to
create and to `probe()`; its heavy library is imported inside `load()`. What `load()` made is
shared by every session; whatever belongs to one utterance lives in the call or in the stream
object that the call returns.

Threads: `probe`, `load`, `unload` and the blocking calls (`Voice.synthesize`,
`TranscriptionStream`) run in worker threads of the host, never two at once for one engine.
`ChatModel.stream` is asynchronous and runs on the event loop; it may run many times at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Pcm = NDArray[np.int16]
"""Mono sound: (samples,) int16. The sample rate always travels beside it."""


class EngineKind(str, Enum):
    """What an engine does."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"
    CLIP = "clip"
    TRAINER = "trainer"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A Python package that an engine needs: the module to find and the line that installs it."""

    module: str
    install: str

    @property
    def present(self) -> bool:
        """Whether the module can be found, without importing it."""
        return find_spec(self.module) is not None


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether an engine can run here.

    Attributes:
        ok: It can.
        reason: One plain sentence: what it would use, or why it cannot run.
        remedy: What the user can do about it, or an empty string.
        expected: The user has set this engine up, so that its absence has to be told.
    """

    ok: bool
    reason: str
    remedy: str = ""
    expected: bool = False


class EngineOptions(BaseModel):
    """Base of every engine's own options: unknown keys are refused, values are checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Engine(ABC):
    """What all engines share.

    Attributes:
        name: The engine's name in settings, events and the window.
        kind: What it does.
        label: Its name for people.
        summary: One sentence for pickers: what it is good for.
        requires: The packages it needs.
        embedded: Whether it runs with nothing downloaded, no account and no other program.
    """

    name: ClassVar[str]
    kind: ClassVar[EngineKind]
    label: ClassVar[str]
    summary: ClassVar[str]
    requires: ClassVar[tuple[Requirement, ...]] = ()
    embedded: ClassVar[bool] = False

    options: Any
    """An instance of the class's own `Options`; subclasses declare it as such."""

    class Options(EngineOptions):
        """No options."""

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Check the options.

        Raises:
            pydantic.ValidationError: An option is unknown or has a wrong value.
        """
        self.options = self.Options(**dict(options or {}))

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The options that the program's settings imply (field names in lower case)."""
        return {}

    def missing(self) -> Availability | None:
        """The answer of `probe` when a required package is absent, else None."""
        for requirement in self.requires:
            if not requirement.present:
                return Availability(
                    ok=False,
                    reason=f"{self.label} needs the Python package {requirement.module}.",
                    remedy=requirement.install,
                )
        return None

    @abstractmethod
    def probe(self) -> Availability:
        """Say whether the engine can run here; fast (under a second), without loading anything."""

    def load(self) -> None:  # noqa: B027 - not every engine has something to load
        """Make the engine ready for work.

        Raises:
            EngineError: It cannot be made ready.
        """

    @property
    def asleep(self) -> bool:
        """Whether it has freed by itself what `load` took; it is loaded anew before it works."""
        return False

    def unload(self) -> None:  # noqa: B027
        """Free what `load` took. May be called when nothing is loaded."""


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One phoneme of spoken text: seconds from the start of its chunk, and its IPA symbol(s).

    A pause is a phoneme with an empty `ipa`. A primary stress mark stands before the symbol.
    """

    start: float
    end: float
    ipa: str


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A sentence to speak.

    Attributes:
        text: Plain text, already made speakable.
        voice: The engine's own name of a voice; empty for the engine's default. The host takes a
            full name (see `voice_names`) and gives each engine its own.
        language: BCP 47 tag ("en", "en-US", "ja").
        speed: 1.0 is the voice's own speed; 0.5 to 2.0.
        pitch: Semitones up or down; -12 to 12.
        emotion: One of the emotion names, or "neutral".
    """

    text: str
    voice: str = ""
    language: str = "en"
    speed: float = 1.0
    pitch: float = 0.0
    emotion: str = "neutral"


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A piece of synthesized speech; chunks of one request join without a gap.

    Attributes:
        pcm: (samples,) int16 mono.
        sample_rate: Hz.
        phonemes: Their times within this chunk; empty when the engine does not know them.
        whole: Whether it is all of what the request says. Only then can the text tell the lips of
            an engine that does not know its phonemes.
    """

    pcm: Pcm
    sample_rate: int
    phonemes: tuple[Phoneme, ...] = ()
    whole: bool = True

    @property
    def seconds(self) -> float:
        """The chunk's length."""
        return len(self.pcm) / self.sample_rate


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that an engine can speak with."""

    id: str
    name: str
    language: str


class Voice(Engine):
    """Text to speech.

    Attributes:
        levelled: Whether what it says is at `loudness.TARGET_LUFS` already.
        tells_phonemes: Whether its chunks come with phonemes, as a rule.
    """

    kind = EngineKind.TTS
    levelled: ClassVar[bool] = False
    tells_phonemes: ClassVar[bool] = False

    def fingerprint(self) -> str:
        """What, beside the request, shapes the sound: kept sentences of another one are not used.

        An engine whose voices are files adds what tells that a file was replaced.
        """
        return str(self.options.model_dump_json())

    @abstractmethod
    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        """Speak one sentence, chunk by chunk. Closing the iterator stops the work.

        An iterator that may wait long has a `cancel()`, too, which may be called from any thread
        and ends the wait.

        Raises:
            EngineError: It cannot be spoken.
        """

    @abstractmethod
    def voices(self) -> list[VoiceInfo]:
        """The voices that can be asked for by `SpeechRequest.voice`."""

    def knows(self, voice: str) -> bool:
        """Whether a voice can be asked for: one of the list, or another name that it takes."""
        return any(voice == one.id for one in self.voices())


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was recognised.

    Attributes:
        text: The words; empty when nothing was said.
        language: BCP 47 tag.
        confidence: 0 to 1, or None when the engine does not tell.
        stable: How many characters of a partial transcript will not change any more.
    """

    text: str
    language: str = "en"
    confidence: float | None = None
    stable: int = 0


class TranscriptionStream(ABC):
    """One utterance on its way through a recogniser."""

    @abstractmethod
    def feed(self, pcm: Pcm) -> None:
        """Take the next piece: (samples,) int16 mono at 16,000 Hz."""

    @abstractmethod
    def partial(self) -> Transcript:
        """What has been understood so far; may change with the next piece."""

    def speculate(self) -> Transcript:
        """What the final transcript is if the utterance ends here; it may go on all the same.

        An engine that decodes in one piece keeps the result, so that `finalize` without further
        sound costs nothing.
        """
        return self.partial()

    def interrupt(self) -> None:
        """Let a partial transcript that is being made end soon, with what was known before.

        May be called from another thread, at any time. An engine that cannot need not.
        """
        return

    @abstractmethod
    def finalize(self) -> Transcript:
        """End the utterance and return the final transcript. The stream takes no more."""

    @abstractmethod
    def cancel(self) -> None:
        """Drop the utterance."""


class SpeechToText(Engine):
    """Speech to text, 16,000 Hz mono."""

    kind = EngineKind.STT

    @abstractmethod
    def open_stream(self, language: str = "en") -> TranscriptionStream:
        """Begin an utterance."""


Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class LoreEntry:
    """A lorebook entry: told to the model when one of its keys is mentioned."""

    keys: tuple[str, ...]
    content: str
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Persona:
    """Who the character is, as a chat model needs it (the fields of a character card)."""

    name: str
    profile: str = ""
    personality: str = ""
    scenario: str = ""
    first_mes: str = ""
    mes_example: str = ""
    lorebook: tuple[LoreEntry, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A reply to be written.

    Attributes:
        messages: System prompt, history and the new user message, in order.
        persona: The character; models that take a prompt may ignore it.
        user_name: What the character calls the user; empty when unknown.
        facts: What was learned about the user in earlier messages of this chat.
        max_tokens: Most tokens to write.
        temperature: Sampling temperature.
        seed: Makes the reply repeatable where the model can; None for chance.
        now: The user's local time, ISO 8601 with offset.
    """

    messages: tuple[ChatMessage, ...]
    persona: Persona
    user_name: str = ""
    facts: tuple[str, ...] = ()
    max_tokens: int = 400
    temperature: float = 0.8
    seed: int | None = None
    now: str = ""


class ChatModel(Engine):
    """Writes the character's replies."""

    kind = EngineKind.LLM

    @abstractmethod
    def stream(self, request: ChatRequest) -> AsyncIterator[str]:
        """Yield the reply as pieces of text, as they are written (never reasoning text).

        Closing the iterator stops the model's work.

        Raises:
            EngineError: Before the first piece: the host may try the next engine. After it:
                what was said stands, and the turn ends with the error.
        """

    @property
    def model(self) -> str:
        """The model that answers, for the window; the engine's name when it has only one."""
        return self.name


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """A talking-head video to be made: a portrait, speech, and where the MP4 shall stand."""

    image: Path
    audio: Path
    out: Path
    text: str = ""
    emotion: str = "neutral"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is."""

    done: float
    message: str = ""


class ClipAnimator(Engine):
    """Makes a video of a portrait that speaks, offline."""

    kind = EngineKind.CLIP

    @abstractmethod
    def animate(self, request: ClipRequest) -> Iterator[Progress]:
        """Make the video, telling how far it is. Closing the iterator stops the work.

        Raises:
            EngineError: It cannot be made; nothing is left at `request.out`.
        """


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """A voice to be trained: recordings with transcripts, and where the checkpoint goes."""

    recordings: tuple[tuple[Path, str], ...]
    out: Path
    name: str
    language: str = "en"
    options: Mapping[str, Any] = field(default_factory=dict)


class VoiceTrainer(Engine):
    """Trains a voice from recordings."""

    kind = EngineKind.TRAINER

    @abstractmethod
    def train(self, request: TrainingRequest) -> Iterator[Progress]:
        """Train, telling how far it is. Closing the iterator stops the work.

        Raises:
            EngineError: Training failed; finished checkpoints stay.
        """
