"""What Ollama does about its models: lists, pulls with progress, goes on after a cut, deletes.

A handler for `llm_servers.serve`. Its answers are shaped as those of the real server: one JSON
object a line, a bad pull as a line with `error` after a 200, and statuses 404 and 500 with `error`.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.llm_servers import Reply, Request

PART = 100_000


@dataclass
class OllamaKeeper:
    """A small Ollama.

    Attributes:
        library: Sizes of the layers of models that can be pulled.
        kept: Sizes of the models that are there.
        came: Bytes of each layer that have come, also of a pull that was cut off.
        fault: What is wrong: "error: TEXT" in the stream, "status: TEXT" with a 500, "cut" after
            some progress, "silent", "not ollama", or nothing.
        pause_s: Seconds between two lines of progress.
        started_at: Bytes of the first layer at the beginning of each pull.
    """

    library: dict[str, list[int]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    came: dict[str, int] = field(default_factory=dict)
    fault: str = ""
    pause_s: float = 0.0
    started_at: list[int] = field(default_factory=list)

    async def __call__(self, request: Request, reply: Reply) -> None:
        if request.path == "/api/tags":
            models = [{"name": name, "size": size} for name, size in self.kept.items()]
            await reply.whole(json.dumps({"models": models}))
        elif request.path == "/api/pull":
            await self._pull(request.json["model"], reply)
        elif (request.method, request.path) == ("DELETE", "/api/delete"):
            name = request.json["model"]
            there = self.kept.pop(name, None) is not None
            body = "" if there else json.dumps({"error": f"model '{name}' not found"})
            await reply.whole(body, 200 if there else 404)

    async def _pull(self, name: str, reply: Reply) -> None:
        if self.fault.startswith("status: "):
            await reply.whole(json.dumps({"error": self.fault[8:]}), 500)
            return
        await reply.begin(content_type="application/x-ndjson")
        if self.fault == "not ollama":
            await reply.send("<html>hello</html>\n")
            await reply.end()
            return
        await self._say(reply, status="pulling manifest")
        if self.fault == "silent":
            await asyncio.sleep(30)
        if self.fault.startswith("error: "):
            await self._say(reply, error=self.fault[7:])
        elif name not in self.library:
            await self._say(reply, error="pull model manifest: file does not exist")
        else:
            await self._layers(name, reply)
        await reply.end()

    async def _layers(self, name: str, reply: Reply) -> None:
        for number, size in enumerate(self.library[name]):
            digest = f"sha256:{name}-{number}"
            if number == 0:
                self.started_at.append(self.came.get(digest, 0))
            while self.came.get(digest, 0) < size:
                await self._say(reply, **self._layer(digest, size))
                await asyncio.sleep(self.pause_s)
                self.came[digest] = min(size, self.came.get(digest, 0) + PART)
                if self.fault == "cut" and self.came[digest] >= size // 2:
                    self.fault = ""
                    reply.writer.close()
                    return
            await self._say(reply, **self._layer(digest, size))
        for status in ("verifying sha256 digest", "writing manifest"):
            await self._say(reply, status=status)
        self.kept[name] = sum(self.library[name])
        await self._say(reply, status="success")

    def _layer(self, digest: str, size: int) -> dict[str, Any]:
        """A line of progress; the first one of a layer has no `completed`."""
        done = self.came.get(digest, 0)
        line = {"status": f"pulling {digest[7:19]}", "digest": digest, "total": size}
        return {**line, "completed": done} if done else line

    async def _say(self, reply: Reply, **line: Any) -> None:
        await reply.send(json.dumps(line) + "\n")
