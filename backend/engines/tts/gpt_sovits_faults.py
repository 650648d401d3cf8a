"""What goes wrong in GPT-SoVITS, in sentences for people.

Its server refuses with `{"message": ..., "Exception": ...}`. A failure in the middle of a stream it
cannot tell: it adds a second of silence and breaks off, and only its log has the reason.
"""

from __future__ import annotations

import json
import re

from backend.engines.http.answers import error_text, quoted
from backend.errors import EngineError

_MEANINGS = (
    (
        r"3\s*[~-]\s*10",
        "wants a reference of 3 to 10 s; choose another recording for the voice",
        False,
    ),
    (
        r"not exists|No such file|Error opening|LibsndfileError",
        "cannot read a file that it was told to use; it has to run on this computer, as the same"
        " user",
        False,
    ),
    (
        r"prompt_text cannot be empty|NO_PROMPT",
        "needs to know what is said in the reference; write it into reference.txt beside the"
        " recording",
        False,
    ),
    (
        r"out of memory|OutOfMemory|CUBLAS_STATUS_ALLOC_FAILED",
        "has not enough memory on the graphics card; close other programs that use it",
        True,
    ),
    (
        r"_lang: \S* is not supported in version",
        "does not speak this language with the weights that it has loaded; choose others",
        False,
    ),
    (
        r"Missing key|size mismatch|UnpicklingError|PytorchStreamReader|invalid load key",
        "cannot use the weights of this voice; they are damaged or of another version",
        False,
    ),
)
_EXCEPTION = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|NO_PROMPT_ERROR|Interrupt)\b(?::|$)")


def refused(server: str, status: int, body: str) -> EngineError:
    """The failure behind an answer that is not 200."""
    return explained(server, _said(body), f"refused the text (status {status})")


def explained(server: str, said: str, otherwise: str) -> EngineError:
    """A failure by what the server said of it.

    Args:
        server: Its name, as the beginning of a sentence.
        said: Its words; empty if it gave none.
        otherwise: What it did, where its words are not known here.
    """
    for pattern, meaning, retryable in _MEANINGS:
        if re.search(pattern, said):
            return EngineError(f"{server} {meaning}.", retryable=retryable)
    return EngineError(f"{server} {otherwise}{quoted(said) or '; try again'}.")


def exception_line(line: str) -> str:
    """A line of the log, if it is the last one of a traceback, which names the reason; else ""."""
    return line.strip() if _EXCEPTION.match(line.strip()) else ""


def _said(body: str) -> str:
    try:
        value = json.loads(body)
    except ValueError:
        return error_text(body)
    if isinstance(value, dict) and value.get("Exception"):
        return f"{value.get('message', '')}: {value['Exception']}"
    return error_text(body)
