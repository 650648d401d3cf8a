"""The espeak-ng C library behind a small, thread-safe door.

espeak-ng keeps its whole state in globals, so a process has one `EspeakLibrary`, reached by
`EspeakLibrary.shared()`, and one call at a time runs in it. The binding follows espeak-ng's
`speak_lib.h` (version 1.52).
"""

from __future__ import annotations

import ctypes
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from backend.engines.base import Pcm, Phoneme
from backend.errors import EngineError

_OUTPUT_SYNCHRONOUS = 2
_INIT_PHONEME_EVENTS, _INIT_PHONEME_IPA, _INIT_DONT_EXIT = 0x0001, 0x0002, 0x8000
_EVENT_LIST_END, _EVENT_PHONEME = 0, 7
_PARAMETER_RATE, _PARAMETER_PITCH, _PARAMETER_RANGE = 1, 3, 4
_CHARS_UTF8, _ENDPAUSE = 0x01, 0x1000
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]*\)?")


class _EventId(ctypes.Union):
    _fields_ = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_SYNTH_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class EspeakVoiceInfo:
    """A voice that the library carries.

    Attributes:
        identifier: What `synthesize` takes ("gmw/en-US").
        name: For people ("English (America)").
        languages: (tag, priority) pairs, lower-case; the lower the priority number, the better
            the voice stands for that language.
    """

    identifier: str
    name: str
    languages: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class EspeakSettings:
    """How to speak: words a minute (80 to 450), pitch and pitch range (0 to 99, 50 is plain)."""

    rate: int = 165
    pitch: int = 50
    pitch_range: int = 50


@dataclass(slots=True)
class _Take:
    """What the callback collects during one call."""

    should_stop: Callable[[], bool]
    pcm: list[Pcm] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    error: Exception | None = None


class EspeakLibrary:
    """The loaded library. Use `shared()`; all methods may be called from any thread."""

    _guard: ClassVar[threading.Lock] = threading.Lock()
    _shared: ClassVar[EspeakLibrary | None] = None

    def __init__(self, library_path: str, data_path: str) -> None:
        """Load and initialise espeak-ng.

        Raises:
            EngineError: It cannot be loaded or initialised.
        """
        self._lock = threading.Lock()
        self._take: _Take | None = None
        self._voice = ""
        try:
            self._lib = ctypes.CDLL(library_path)
        except OSError as error:
            raise EngineError(f"The espeak-ng library cannot be loaded: {error}.") from error
        self._declare()
        # On Windows the library opens files by the names of the system's code page.
        path = data_path.encode("mbcs" if sys.platform == "win32" else "utf-8")
        flags = _INIT_PHONEME_EVENTS | _INIT_PHONEME_IPA | _INIT_DONT_EXIT
        self.sample_rate: int = self._lib.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, path, flags)
        if self.sample_rate <= 0:
            raise EngineError(f"espeak-ng does not start: its data is not at {data_path}.")
        # The library keeps only the address: the object must live as long as this one.
        self._callback = _SYNTH_CALLBACK(self._receive)
        self._lib.espeak_SetSynthCallback(self._callback)
        self.voices = self._list_voices()

    @classmethod
    def shared(cls) -> EspeakLibrary:
        """The one library of this process, loaded at the first call (about 10 ms)."""
        with cls._guard:
            if cls._shared is None:
                import espeakng_loader

                cls._shared = cls(
                    str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path())
                )
            return cls._shared

    def _declare(self) -> None:
        lib = self._lib
        lib.espeak_Initialize.argtypes = [
            ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int,
        ]  # fmt: skip
        lib.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        lib.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
        lib.espeak_SetSynthCallback.argtypes = [_SYNTH_CALLBACK]
        lib.espeak_SetSynthCallback.restype = None
        lib.espeak_Synth.argtypes = [
            ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
            ctypes.c_uint, ctypes.c_uint, ctypes.POINTER(ctypes.c_uint), ctypes.c_void_p,
        ]  # fmt: skip
        lib.espeak_ListVoices.argtypes = [ctypes.c_void_p]
        lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))

    def _list_voices(self) -> tuple[EspeakVoiceInfo, ...]:
        found = self._lib.espeak_ListVoices(None)
        voices = []
        index = 0
        while found[index]:
            voice = found[index].contents
            voices.append(
                EspeakVoiceInfo(
                    identifier=voice.identifier.decode(),
                    name=voice.name.decode().strip(),
                    languages=_languages(voice.languages),
                )
            )
            index += 1
        return tuple(voices)

    def synthesize(
        self,
        text: str,
        voice: str,
        settings: EspeakSettings,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[Pcm, tuple[Phoneme, ...]]:
        """Speak a text at once.

        Args:
            text: Without NUL characters; punctuation shapes the intonation.
            voice: A voice's identifier, with "+" and the name of a variant if wanted.
            settings: Speed and pitch.
            should_stop: Asked about every 60 ms of sound; true ends the synthesis early.

        Returns:
            (samples,) int16 at `sample_rate` and the phonemes, in seconds from its start. A
            voiceless stop starts at its burst (its closure is silent), any other phoneme where it
            begins to sound.

        Raises:
            EngineError: The voice is unknown or the library refuses.
        """
        with self._lock:
            self._select(voice, settings)
            take = self._take = _Take(should_stop)
            encoded = text.encode("utf-8", "ignore") + b"\0"
            try:
                status = self._lib.espeak_Synth(
                    encoded, len(encoded), 0, 1, 0, _CHARS_UTF8 | _ENDPAUSE, None, None
                )
            finally:
                self._take = None
        if take.error is not None:
            raise EngineError(f"espeak-ng's sound could not be received: {take.error}.")
        if status != 0:
            raise EngineError(f"espeak-ng could not speak the text (status {status}).")
        pcm = np.concatenate(take.pcm) if take.pcm else np.zeros(0, np.int16)
        return pcm, self._phonemes(take.marks, len(pcm))

    def _select(self, voice: str, settings: EspeakSettings) -> None:
        if voice != self._voice:
            self._voice = ""
            if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
                raise EngineError(f"espeak-ng has no voice named {voice}.")
            self._voice = voice
        self._lib.espeak_SetParameter(_PARAMETER_RATE, settings.rate, 0)
        self._lib.espeak_SetParameter(_PARAMETER_PITCH, settings.pitch, 0)
        self._lib.espeak_SetParameter(_PARAMETER_RANGE, settings.pitch_range, 0)

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        """The library's callback: 0 goes on, 1 stops. An exception must not cross into C."""
        take = self._take
        if take is None:
            return 1
        try:
            index = 0
            while events[index].type != _EVENT_LIST_END:
                event = events[index]
                if event.type == _EVENT_PHONEME:
                    # Names are cut at 8 bytes, which may be in the middle of a character.
                    name = event.id.string.decode("utf-8", "ignore")
                    take.marks.append((event.sample, name))
                index += 1
            if count > 0:
                # `as_array` would leave a ring of garbage and a type of its own each time.
                take.pcm.append(np.frombuffer(ctypes.string_at(samples, 2 * count), np.int16))
            return 1 if take.should_stop() else 0
        except Exception as error:
            take.error = error
            return 1

    def _phonemes(self, marks: list[tuple[int, str]], samples: int) -> tuple[Phoneme, ...]:
        """Close every phoneme where the next begins; a lead-in becomes a pause."""
        phonemes = []
        if marks and marks[0][0] > 0:
            marks = [(0, ""), *marks]
        for index, (sample, name) in enumerate(marks):
            end = marks[index + 1][0] if index + 1 < len(marks) else samples
            end = min(end, samples)
            if end > sample:
                ipa = _LANGUAGE_SWITCH.sub("", name)
                phonemes.append(Phoneme(sample / self.sample_rate, end / self.sample_rate, ipa))
        return tuple(phonemes)


def _languages(address: int | None) -> tuple[tuple[str, int], ...]:
    """Read espeak's list of languages: (priority byte, text, NUL) until a priority of 0."""
    languages = []
    while address:
        priority = ctypes.c_ubyte.from_address(address).value
        if priority == 0:
            break
        tag = ctypes.string_at(address + 1)
        languages.append((tag.decode().lower(), priority))
        address += len(tag) + 2
    return tuple(languages)
