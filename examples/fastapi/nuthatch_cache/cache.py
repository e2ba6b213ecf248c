"""The cache for asyncio."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import Any, Awaitable, Callable, Dict, Optional, Sequence, Set

import redis.asyncio as redis
from redis.exceptions import RedisError, ResponseError

from . import verbs
from .verbs import Answer, Codec, ComputeFailed, NotCacheable, Policy

Compute = Callable[[], Awaitable[Any]]


class Cache:
    """Values by key, computed once however many ask.

    `client` speaks to a Nuthatch and must not decode replies. `lease` is how long one may compute before another takes
    over, `wait` how long others wait for it, in seconds. If the server is away, everybody computes.
    """

    def __init__(self, client: "redis.Redis", *, lease: float = 5, wait: float = 5, codec: Codec = Codec()) -> None:
        self._client = client
        self._lease = lease
        self._wait = wait
        self._codec = codec
        self._under_way: Dict[Any, "asyncio.Future[Any]"] = {}
        self._behind: Set["asyncio.Task[Any]"] = set()
        self._plain = False

    async def get_or_compute(self, key: str, compute: Compute, *, ttl: float = 60, grace: float = 0,
                             tags: Sequence[str] = (), version: Optional[str] = None, jitter: int = 0) -> Any:
        """The value of `key`, else what `compute` returns, which is kept for `ttl` seconds and `grace` beyond."""
        policy = Policy(ttl, grace, tags, version, jitter)
        return await self._once((key, version), lambda: self._look_up(key, compute, policy))

    async def set(self, key: str, value: Any, *, ttl: float = 60, grace: float = 0, tags: Sequence[str] = (),
                  version: Optional[str] = None) -> None:
        """Of somebody who knows the truth: whoever computes meanwhile does not overwrite it."""
        await self._store(key, value, None, Policy(ttl, grace, tags, version))

    async def invalidate(self, *keys: str, tags: Sequence[str] = (), soft: bool = False) -> None:
        """Once this returns, nothing older is shown as fresh. `soft`: old values may be shown while the new one is made."""
        if self._plain:
            await self._forget_plainly(keys, tags)
            return
        try:
            for command in verbs.invalidate_commands(keys, tags, soft):
                await self._client.execute_command(*command)
        except ResponseError as error:
            self._note_plain(error)
            await self._forget_plainly(keys, tags)

    tag = staticmethod(verbs.tag)

    def cached(self, key: str, **policy: Any) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
        """A decorator: `key` and tags are formatted with the function's arguments, as in "user:{id}"."""
        tags = policy.pop("tags", ())

        def decorate(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            signature = inspect.signature(function)

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                names = bound.arguments
                return await self.get_or_compute(key.format(**names), lambda: function(*args, **kwargs),
                                                 tags=[tag.format(**names) for tag in tags], **policy)

            return wrapper

        return decorate

    async def ask(self, key: str, *, wait: Optional[float] = None, version: Optional[str] = None,
                  meta: bool = False) -> Optional[Answer]:
        """CACHE GET, for those who compute elsewhere. None: the server is away, or has no such verb."""
        if self._plain:
            return None
        wait = self._wait if wait is None else wait
        try:
            reply = await self._client.execute_command(*verbs.get_command(key, self._lease, wait, version, meta))
        except ResponseError as error:
            self._note_plain(error)
            return None
        except RedisError as error:
            verbs.log.warning("the cache does not answer: %s", error)
            return None
        return verbs.read_answer(reply)

    async def fill(self, key: str, value: bytes, token: Optional[bytes], policy: Policy) -> bool:
        """CACHE SET of bytes. False: it was invalidated meanwhile, or the server is away."""
        command = verbs.set_command(key, value, token, policy)
        return await self._tell(*command) is not None

    async def release(self, key: str, token: bytes, *how: Any) -> None:
        await self._tell(*verbs.release_command(key, token, *how))

    async def close(self) -> None:
        """Waits for what is refreshed behind answers."""
        await asyncio.gather(*self._behind, return_exceptions=True)

    async def _once(self, identity: Any, work: Compute) -> Any:
        """One at a time asks for a key in this process, so that few connections are held by waiting."""
        under_way = self._under_way.get(identity)
        if under_way is None:
            under_way = asyncio.ensure_future(work())
            self._under_way[identity] = under_way
            under_way.add_done_callback(lambda _: self._under_way.pop(identity, None))
            # Who is the last to be interested may leave: the work goes on for the cache.
            under_way.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(under_way)

    async def _look_up(self, key: str, compute: Compute, policy: Policy) -> Any:
        answer = await self.ask(key, version=policy.version)
        if answer is None:
            return await self._look_up_plainly(key, compute, policy)
        if answer.is_shown:
            if answer.is_won:
                self._behind_the_answer(self._compute(key, compute, answer, policy))
            return self._codec.load(answer.value or b"")
        if answer.is_won:
            return await self._compute(key, compute, answer, policy)
        if answer.state == "fail":
            raise ComputeFailed(key)
        return await _without_keeping(compute)

    async def _compute(self, key: str, compute: Compute, answer: Answer, policy: Policy) -> Any:
        token = answer.token or b""
        try:
            with verbs.collecting_tags() as found:
                value = await compute()
        except BaseException as error:
            command, is_failure = verbs.end_of_failure(key, token, error)
            await self._tell(*command)
            if is_failure:
                raise
            return error.value  # type: ignore[attr-defined]
        if value is verbs.NOT_MODIFIED:
            await self.release(key, token, "RENEW", verbs.milliseconds(policy.ttl))
            return self._codec.load(answer.value) if answer.value is not None else None
        await self._store(key, value, token, policy.with_tags(found))
        return value

    async def _store(self, key: str, value: Any, token: Optional[bytes], policy: Policy) -> None:
        data = self._codec.dump(value)
        if not self._plain:
            await self.fill(key, data, token, policy)
        if self._plain:
            command = verbs.plain_set_command(key, data, policy)
            if command is not None:
                await self._tell(*command)

    async def _look_up_plainly(self, key: str, compute: Compute, policy: Policy) -> Any:
        data = None
        if self._plain and verbs.plain_set_command(key, b"", policy) is not None:
            data = await self._tell("GET", key)
        if data is not None:
            return self._codec.load(data)
        try:
            value = await compute()
        except NotCacheable as error:
            return error.value
        if self._plain:
            await self._store(key, value, None, policy)
        return value

    async def _forget_plainly(self, keys: Sequence[str], tags: Sequence[str]) -> None:
        if keys:
            await self._client.execute_command("DEL", *keys)

    async def _tell(self, *command: Any) -> Any:
        """A command without which the application goes on."""
        try:
            return await self._client.execute_command(*command)
        except ResponseError as error:
            self._note_plain(error)
        except RedisError as error:
            verbs.log.warning("the cache does not answer: %s", error)
        return None

    def _behind_the_answer(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)
        task.add_done_callback(_log_failure)

    def _note_plain(self, error: ResponseError) -> None:
        if not verbs.is_unknown_command(error):
            raise error
        if not self._plain:
            verbs.log.warning("this server has no CACHE: going on with GET and SET, without leases, grace and tags")
        self._plain = True


async def _without_keeping(compute: Compute) -> Any:
    try:
        return await compute()
    except NotCacheable as error:
        return error.value


def _log_failure(done: "asyncio.Future[Any]") -> None:
    if not done.cancelled() and done.exception() is not None:
        verbs.log.warning("a value could not be computed anew: %r", done.exception())
