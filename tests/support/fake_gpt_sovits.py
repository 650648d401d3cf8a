"""A GPT-SoVITS that speaks in tones: it answers, refuses and fails as its `api_v2.py` does.

The file is copied into a folder as `api_v2.py` and runs there by the standard library alone. What
it does besides is read from `behaviour.json` for each request; what it was asked stands in
`asked.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import struct
import sys
import threading
import time
import wave
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

LANGUAGES = ("auto", "auto_yue", "en", "zh", "ja", "yue", "ko", "all_zh", "all_ja")
SECONDS_A_LETTER = 0.06


@dataclass
class FakeFolder:
    """A folder with the fake in it, as a test holds it."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> FakeFolder:
        """Write what a real folder has, as far as it is looked at."""
        (path / "GPT_SoVITS" / "configs").mkdir(parents=True)
        source = Path(__file__).read_text(encoding="utf-8")
        (path / "api_v2.py").write_text(source, encoding="utf-8")
        (path / "GPT_SoVITS" / "configs" / "tts_infer.yaml").write_text("custom:\n  version: v2\n")
        return cls(path)

    def behave(self, **how: Any) -> None:
        """What the next requests meet."""
        temporary = self.path / "behaviour.new"
        temporary.write_text(json.dumps(how))
        temporary.replace(self.path / "behaviour.json")

    def asked(self, call: str = "") -> list[dict[str, Any]]:
        """The requests so far, readiness left out."""
        path = self.path / "asked.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [one for one in found if not call or one["call"] == call]

    def config(self) -> str:
        """Its configuration, which must stay as it was."""
        return (self.path / "GPT_SoVITS" / "configs" / "tts_infer.yaml").read_text()


class _ModelError(Exception):
    """The model failed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    busy = threading.Lock()
    config = Path()

    def log_message(self, format: str, *args: Any) -> None:
        sys.stderr.write("INFO:     " + format % args + "\n")

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = {key: value[0] for key, value in parse_qs(parts.query).items()}
        if parts.path == "/control":
            if "command" in given:
                os._exit(0)
            self._say(400, {"message": "command is required"})
            return
        note(parts.path.lstrip("/"), given)
        path = given.get("weights_path", "")
        kind = parts.path.partition("_")[2].partition("_")[0]
        if not Path(path).is_file():
            reason = f"[Errno 2] No such file or directory: '{path}'"
            self._say(400, {"message": f"change {kind} weight failed", "Exception": reason})
            return
        self.config.write_text(f"custom:\n  {kind}: {path}\n")
        self._say(200, {"message": "success"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        note("tts", body)
        how = behaviour()
        refusal = check(body, how)
        if refusal:
            self._say(*refusal)
            return
        with self.busy:
            time.sleep(how.get("delay", 0.0))
            if how.get("fault") == "hangs":
                time.sleep(600)
            if body["streaming_mode"]:
                self._stream(body, how)
            else:
                self._whole(body, how)

    def _whole(self, body: dict[str, Any], how: dict[str, Any]) -> None:
        """Not streamed: a failure becomes silence, and the answer is good all the same."""
        try:
            rate, parts = how.get("rate", 32_000), list(speak(body, how))
        except _ModelError as error:
            sys.stderr.write(f"Traceback (most recent call last):\n{error}\n")
            rate, parts = 16_000, [bytes(32_000)]
        memory = BytesIO()
        with wave.open(memory, "wb") as writer:
            writer.setparams((1, 2, rate, 0, "NONE", ""))
            writer.writeframes(b"".join(parts))
        self._answer(200, memory.getvalue(), "audio/wav", how.get("lacking", 0))

    def _stream(self, body: dict[str, Any], how: dict[str, Any]) -> None:
        """A header once, then samples; a failure is a second of silence and a broken connection."""
        self.send_response(200)
        self.send_header("content-type", "audio/wav")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        rate, first = how.get("rate", 32_000), True
        try:
            for part in speak(body, how):
                if first:
                    self._chunk(header(rate))
                first = False
                self._chunk(part)
                if how.get("fault") == "dies":
                    sys.stderr.write("Segmentation fault (core dumped)\n")
                    sys.stderr.flush()
                    os._exit(139)
                if how.get("fault") == "truncated":
                    self.close_connection = True
                    return
        except _ModelError as error:
            if first:
                self._chunk(header(16_000))
            self._chunk(bytes(32_000))
            time.sleep(0.05)
            sys.stderr.write(f"Traceback (most recent call last):\n{error}\n")
            self.close_connection = True
            return
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _say(self, status: int, value: Any) -> None:
        self._answer(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _answer(self, status: int, body: bytes, kind: str, lacking: int = 0) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - lacking])
        self.close_connection = self.close_connection or bool(lacking)


def check(body: dict[str, Any], how: dict[str, Any]) -> tuple[int, Any] | None:
    """What the server refuses before it speaks, in the order in which it looks."""
    if how.get("old") and body["streaming_mode"] not in (True, False):
        detail = {"type": "bool_parsing", "loc": ["body", "streaming_mode"], "msg": "valid boolean"}
        return 422, {"detail": [detail]}
    for key in ("ref_audio_path", "text", "text_lang", "prompt_lang"):
        if not body.get(key):
            return 400, {"message": f"{key} is required"}
        if key.endswith("lang") and body[key] not in how.get("languages", LANGUAGES):
            return 400, {"message": f"{key}: {body[key]} is not supported in version v2"}
    if body["media_type"] not in ("wav", "raw", "ogg", "aac"):
        return 400, {"message": f"media_type: {body['media_type']} is not supported"}
    if "exception" in how:
        return 400, {"message": "tts failed", "Exception": how["exception"]}
    return None


def speak(body: dict[str, Any], how: dict[str, Any]) -> Any:
    """The parts of a text as samples: tones, as long as the letters, and a pause after each."""
    rate, fault = how.get("rate", 32_000), how.get("fault")
    with wave.open(body["ref_audio_path"], "rb") as reference:
        if not 3 <= reference.getnframes() / reference.getframerate() <= 10:
            raise _ModelError("OSError: 参考音频在3~10秒范围外，请更换！")
    if fault == "fails_at_once":
        raise _ModelError(how.get("reason", "torch.OutOfMemoryError: CUDA out of memory."))
    text = body["text"].replace(",", "\n").replace("。", "\n").split("\n")
    for number, part in enumerate(filter(None, text)):
        if number and fault == "fails_later":
            raise _ModelError("RuntimeError: probability tensor contains either `inf` or `nan`")
        seconds = len(part) * SECONDS_A_LETTER / body["speed_factor"]
        seconds = 0.02 if fault == "short" else seconds
        count = round(seconds * rate)
        tone = [round(9000 * math.sin(440 * math.tau * at / rate)) for at in range(count)]
        pause = [0] * round(rate * body["fragment_interval"])
        yield struct.pack(f"<{count + len(pause)}h", *tone, *pause)
        time.sleep(how.get("between", 0.0))


def header(rate: int) -> bytes:
    """The header of a WAV whose length is not known."""
    memory = BytesIO()
    with wave.open(memory, "wb") as writer:
        writer.setparams((1, 2, rate, 0, "NONE", ""))
        writer.writeframes(b"")
    return memory.getvalue()


def behaviour() -> dict[str, Any]:
    """What the test wants."""
    path = Path("behaviour.json")
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def note(call: str, given: dict[str, Any]) -> None:
    """Keep a request for the test."""
    line = json.dumps({"call": call, "pid": os.getpid(), **given}, ensure_ascii=False)
    with Path("asked.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def main() -> None:
    """Listen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", required=True)
    parser.add_argument("-a", default="127.0.0.1")
    parser.add_argument("-p", type=int, default=9880)
    given = parser.parse_args()
    fault = behaviour().get("fault")
    if fault == "dies_at_start":
        sys.exit("RuntimeError: CUDA driver version is insufficient")
    if fault == "never_ready":
        time.sleep(600)
    if fault == "babbles":
        os.write(2, b"\xff\xfe\x00 \x1b[31m 50%|##\r" * 500)
    _Handler.config = Path(given.c)
    _Handler.config.write_text("custom:\n  rewritten: true\n")
    start = {"config": given.c, "address": given.a, "environment": sorted(os.environ)}
    note("start", start)
    ThreadingHTTPServer((given.a, given.p), _Handler).serve_forever()


if __name__ == "__main__":
    main()
