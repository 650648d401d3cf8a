"""Calls of the backend's HTTP API that never block the window.

A call is made on a worker thread; its callback runs on Tk's loop, handed over by the pump.
"""

from __future__ import annotations

import http.client
import json
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from config import KotodamaError

Then = Callable[[Any], None]
Failed = Callable[["ApiError"], None]
WORKERS = 3
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Backend:
    """Where a backend listens (`http://host:port`) and the token that it wants."""

    url: str
    token: str


class BackendProvider(Protocol):
    """Who knows where the backend is: the supervisor, or a fixed address.

    `state` is "starting", "up", "down", or "failed: " and a sentence for the user; `notice` is
    something that the user should know about the start, or empty.
    """

    notice: str

    @property
    def state(self) -> str:
        """What the backend process is doing."""

    def current(self) -> Backend | None:
        """The backend to talk to; None while there is none."""


class ApiError(KotodamaError):
    """A call of the backend failed; the message is the backend's own where it gave one."""

    code = "api"
    retryable = True

    def __init__(self, message: str, code: str = "api", *, retryable: bool = True) -> None:
        super().__init__(message, retryable=retryable)
        self.error_code = code


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    body: bytes | None
    content_type: str
    timeout: float
    then: Then
    failed: Failed


class Api:
    """HTTP calls with callbacks.

    Args:
        deliver: Hands a function to Tk's loop; may be called from any thread.
        on_failure: What a call without a `failed` of its own does with its error.
    """

    def __init__(self, deliver: Callable[[Callable[[], None]], None], on_failure: Failed) -> None:
        self._deliver = deliver
        self._on_failure = on_failure
        self._backend: Backend | None = None
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []

    def retarget(self, backend: Backend | None) -> None:
        """Talk to this backend from now on."""
        self._backend = backend

    @property
    def is_local(self) -> bool:
        """Whether the backend runs on this computer; its files can be opened then."""
        host = urlsplit(self._backend.url).hostname if self._backend else None
        return host in ("127.0.0.1", "localhost", "::1")

    def get(self, path: str, then: Then, failed: Failed | None = None) -> None:
        """GET; `then` gets the JSON as Python values, or bytes of any other content type."""
        self.request("GET", path, then, failed)

    def post(self, path: str, body: Any, then: Then, failed: Failed | None = None) -> None:
        """POST `body` as JSON."""
        data = json.dumps(body).encode()
        self.request("POST", path, then, failed, body=data)

    def delete(self, path: str, then: Then, failed: Failed | None = None) -> None:
        """DELETE."""
        self.request("DELETE", path, then, failed)

    def request(
        self,
        method: str,
        path: str,
        then: Then,
        failed: Failed | None = None,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        timeout: float = TIMEOUT_S,
    ) -> None:
        """Any call: `body` is sent as it is, `timeout` is in seconds."""
        if len(self._workers) < WORKERS:
            worker = threading.Thread(target=self._work, name="api", daemon=True)
            self._workers.append(worker)
            worker.start()
        self._calls.put(
            _Call(method, path, body, content_type, timeout, then, failed or self._on_failure)
        )

    def close(self) -> None:
        """End the worker threads; calls under way are abandoned."""
        for _ in self._workers:
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            self._deliver(_outcome(call, self._backend))


def _outcome(call: _Call, backend: Backend | None) -> Callable[[], None]:
    """Make a call and give what is to be run on Tk's loop."""
    try:
        answer = _exchange(call, backend)
    except ApiError as error:
        # `error` itself is unbound when this block ends.
        failure = error
        return lambda: call.failed(failure)
    return lambda: call.then(answer)


def _exchange(call: _Call, backend: Backend | None) -> Any:
    if backend is None:
        raise ApiError("The backend is not running yet; try again in a moment.", "away")
    parts = urlsplit(backend.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=call.timeout)
    headers = {"Authorization": f"Bearer {backend.token}"}
    if call.body is not None:
        headers["Content-Type"] = call.content_type
    try:
        connection.request(call.method, call.path, body=call.body, headers=headers)
        response = connection.getresponse()
        data = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ApiError("The backend does not answer; it may be starting again.", "away") from error
    finally:
        connection.close()
    if response.status >= 400:
        raise _refusal(response.status, data)
    if "json" in (response.getheader("Content-Type") or ""):
        return json.loads(data)
    return data


def _refusal(status: int, data: bytes) -> ApiError:
    try:
        error = json.loads(data)["error"]
        return ApiError(
            str(error["message"]), str(error["code"]), retryable=bool(error["retryable"])
        )
    except (ValueError, KeyError, TypeError):
        return ApiError(f"The backend refused the call (status {status}).", "http")
