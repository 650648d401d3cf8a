"""Server-sent events as chat servers send them, read with tolerance.

Comments keep a connection alive and carry nothing; an event's data may stand on several lines;
the last event may lack its blank line. A line that is bare JSON counts as data, because some
servers report errors so.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator


async def event_data(lines: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Yield the data of each event that has any."""
    data: list[str] = []
    async for raw in lines:
        line = raw.removeprefix("\ufeff")
        if not line:
            if data:
                yield "\n".join(data)
            data = []
        elif line.startswith("data:"):
            value = line[5:].removeprefix(" ")
            if data and _is_whole(data):
                yield "\n".join(data)
                data = []
            data.append(value)
        elif line.lstrip().startswith("{"):
            data.append(line)
    if data:
        yield "\n".join(data)


def _is_whole(data: list[str]) -> bool:
    """Whether an event came without the blank line after it: one whole object or the end mark."""
    if len(data) != 1:
        return False
    text = data[0].strip()
    return text == "[DONE]" or (text.startswith("{") and text.endswith("}"))
