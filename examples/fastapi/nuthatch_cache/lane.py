"""One connection for all questions of a process that are answered at once.

A pool lends a connection to each who asks, for as long as it takes; a thousand at a time need a thousand, and each pays
for the lending. Here all share one, and their questions stand in it one behind the other. So nothing may be said here that
waits: CACHE GET without WAIT, CACHE SET, RELEASE. What waits goes over the pool.

redis-py makes the connection, with its address, user, database and TLS, and then hands its transport over.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from typing import Any, Callable, Deque, Optional, Tuple

import redis.asyncio as redis
from redis.exceptions import ConnectionError, RedisError, TimeoutError

from . import resp
from .verbs import Argument

#: A server that has just refused is not asked again for so many seconds.
REST = 1.0

#: What is told a reply that nobody waits for any more.
Orphan = Optional[Callable[[Any], None]]


class _Wire(asyncio.Protocol):
    """Questions out, answers in, in their order."""

    def __init__(self, transport: asyncio.Transport, owner: Any, timeout: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.process = os.getpid()
        self.is_open = True
        self._transport = transport
        self._owner = owner  # keeps redis-py's connection alive, whose transport this is
        self._timeout = timeout
        self._asked: "Deque[Tuple[asyncio.Future[Any], Orphan]]" = deque()
        self._rest = b""
        self._answered = 0
        self._watch: Optional[asyncio.TimerHandle] = None

    def ask(self, question: bytes, orphan: Orphan) -> "asyncio.Future[Any]":
        answer = self.loop.create_future()
        self._asked.append((answer, orphan))
        self._transport.write(question)
        if self._watch is None:
            self._watch = self.loop.call_later(self._timeout, self._look, self._answered)
        return answer

    def data_received(self, data: bytes) -> None:
        try:
            replies, self._rest = resp.read(self._rest + data if self._rest else data)
        except (RedisError, ValueError) as error:
            self.end(ConnectionError(f"not a reply: {error}"))
            return
        for reply in replies:
            if not self._asked:
                self.end(ConnectionError("a reply that nobody asked for"))
                return
            self._answered += 1
            answer, orphan = self._asked.popleft()
            if answer.cancelled():
                if orphan is not None:
                    orphan(reply)
            elif isinstance(reply, RedisError):
                answer.set_exception(reply)
            else:
                answer.set_result(reply)

    def connection_lost(self, error: Optional[Exception]) -> None:
        self.end(ConnectionError("the connection was closed"))

    def end(self, error: RedisError) -> None:
        self.is_open = False
        self._owner._reader = None  # to redis-py it is closed as well
        self._transport.abort()
        if self._watch is not None:
            self._watch.cancel()
        while self._asked:
            answer, _ = self._asked.popleft()
            if not answer.done():
                answer.set_exception(error)

    def _look(self, answered: int) -> None:
        """Whether anything came since it was last looked. A clock for each question would cost more than asking."""
        self._watch = None
        if not self._asked:
            return
        if answered == self._answered:
            self.end(TimeoutError(f"no answer within {self._timeout} s"))
        else:
            self._watch = self.loop.call_later(self._timeout, self._look, self._answered)


class Lane:
    """Opens itself when it is used, in each process and each event loop anew. `timeout`: seconds without any answer
    after which the server is given up, and those that opening may take."""

    def __init__(self, client: "redis.Redis[Any]", timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self._wire: Optional[_Wire] = None
        self._opening: "Optional[asyncio.Task[_Wire]]" = None
        self._rests_until = 0.0

    async def ask(self, *command: Argument, orphan: Orphan = None) -> Any:
        """The reply. Raises RedisError: ResponseError if the server says so, another if it is not there.
        `orphan` is called with the reply if the asker is cancelled before it comes."""
        wire = self._wire
        if wire is None or not wire.is_open or wire.loop is not asyncio.get_running_loop() or wire.process != os.getpid():
            wire = await self._open()
        return await wire.ask(resp.encode(command), orphan)

    def close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None and wire.is_open and not wire.loop.is_closed():
            wire.end(ConnectionError("closed"))

    async def _open(self) -> _Wire:
        loop = asyncio.get_running_loop()
        if self._opening is None or self._opening.done() or self._opening.get_loop() is not loop:
            if time.monotonic() < self._rests_until:
                raise ConnectionError("the server was away a moment ago")
            self._opening = loop.create_task(self._connect())
            self._opening.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(self._opening)

    async def _connect(self) -> _Wire:
        pool = self._client.connection_pool
        connection = pool.connection_class(**pool.connection_kwargs)
        try:
            await asyncio.wait_for(connection.connect(), self._timeout)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._rests_until = time.monotonic() + REST
            if isinstance(error, RedisError):
                raise
            raise ConnectionError(f"no connection: {error!r}") from error
        transport = connection._writer.transport
        self._wire = _Wire(transport, connection, self._timeout)
        transport.set_protocol(self._wire)
        return self._wire
