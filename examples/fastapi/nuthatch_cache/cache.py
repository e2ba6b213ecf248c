"""The cache for asyncio."""

from __future__ import annotations

import asyncio
import functools
from typing import Any, Awaitable, Callable, Coroutine, Optional, Sequence, Set, Tuple, TypeVar

import redis.asyncio as redis
from redis.exceptions import RedisError, ResponseError

from . import tags as dependencies
from . import verbs
from .formatted import Formatted
from .lane import Lane
from .policy import NOT_MODIFIED, Codec, ComputeFailed, NotCacheable, Policy, milliseconds
from .standing import Standing, log
from .turns import LEFT, PASSES, Turn, Turns
from .verbs import Answer, Argument, Command

Compute = Callable[[], Awaitable[Any]]
Function = TypeVar("Function", bound=Callable[..., Any])

#: What is longer goes over the pool: in the lane everybody would stand behind it.
LANE_BYTES_MAX = 64 << 10

_UNREADABLE = object()
_REFUSED = object()


class Cache:
    """Values by key, computed once however many ask.

    `client` speaks to a Nuthatch. `lease` is how long one may compute before another takes over, `wait` how long others
    wait for it, `timeout` how long the server may be silent; in seconds. If it is away, everybody computes. For one
    event loop at a time.
    """

    def __init__(self, client: "redis.Redis[Any]", *, lease: float = 5, wait: float = 5, timeout: float = 2,
                 codec: Codec = Codec()) -> None:
        self._client = client
        self._lease = lease
        self._wait = wait
        self._timeout = timeout
        self._codec = codec
        self._lane = Lane(client, timeout)
        self._turns = Turns()
        self._behind: "Set[asyncio.Task[Any]]" = set()
        self._standing = Standing()

    tag = staticmethod(dependencies.tag)

    async def get_or_compute(self, key: str, compute: Compute, *, ttl: Optional[float] = 60, grace: float = 0,
                             tags: Sequence[str] = (), version: Optional[str] = None, jitter: int = 0,
                             early: bool = True, wait: Optional[float] = None, lease: Optional[float] = None) -> Any:
        """The value of `key`, else what `compute` returns, which is kept for `ttl` seconds and may be shown for `grace`
        more. Several who ask may be given the same object."""
        policy = Policy(ttl, grace, tags, version, jitter, early)
        dependencies.note(tags)  # who computes with this value depends on what it depends on
        turn, outcome = await self._turns.join((key, version))
        if turn is None:
            return outcome if outcome is not PASSES else await _without_keeping(compute)
        try:
            value = await self._look_up(key, compute, policy, turn, wait, lease)
        except Exception as error:
            turn.fail(error)
            raise
        except BaseException:
            turn.end(LEFT)
            raise
        turn.end(value)
        return value

    async def get(self, key: str, default: Any = None, *, version: Optional[str] = None) -> Any:
        """What is there, fresh or stale. Nobody is asked to compute."""
        if self._standing.is_plain:
            data = await self._say("GET", key)
        else:
            answer = await self.ask(key, version=version, peek=True)
            data = None if answer is None else answer.value
        value = _UNREADABLE if data is None else self._load(key, data)
        return default if value is _UNREADABLE else value

    async def set(self, key: str, value: Any, *, ttl: Optional[float] = 60, grace: float = 0,
                  tags: Sequence[str] = (), version: Optional[str] = None, jitter: int = 0) -> None:
        """Of somebody who knows the truth: whoever computes meanwhile does not overwrite it."""
        await self.fill(key, self._codec.dump(value), None, Policy(ttl, grace, tags, version, jitter))

    async def invalidate(self, *keys: str, tags: Sequence[str] = (), match: Optional[str] = None,
                         soft: bool = False) -> bool:
        """Once this is True, nothing older is shown as fresh, to nobody. `soft`: it may be shown as stale while the new
        one is made. False: the server is away; it is told before it is asked anything else by this process."""
        commands = verbs.invalidate_commands(keys, tags, match, soft)
        if self._standing.is_plain:
            commands = [["DEL", *keys]] if keys else []
        self._standing.owe(commands)
        try:
            await self._pay()
        except ResponseError as error:
            if not verbs.is_unknown_command(error):
                raise
            self._standing.refused(error)
            return await self.invalidate(*keys)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._standing.away(error)
            return False
        return True

    def cached(self, key: str, *, tags: Sequence[str] = (), **policy: Any) -> Callable[[Function], Function]:
        """A decorator: `key` and tags are formatted with the function's arguments, as in "user:{id}"."""

        def decorate(function: Function) -> Function:
            formatted = Formatted(function, key, tags)

            @functools.wraps(function)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                name, labels = formatted.of(args, kwargs)
                return await self.get_or_compute(name, functools.partial(function, *args, **kwargs), tags=labels, **policy)

            return wrapper  # type: ignore[return-value]

        return decorate

    # What follows is for those who compute elsewhere: the middleware, the backend.

    async def ask(self, key: str, *, wait: Optional[float] = None, lease: Optional[float] = None,
                  version: Optional[str] = None, meta: bool = False, peek: bool = False) -> Optional[Answer]:
        """CACHE GET. None: the server is away, or has no such verb. A lease that was won ends with fill() or release()."""
        if self._standing.is_plain:
            return None
        lease = self._lease if lease is None else lease
        wait = self._wait if wait is None else wait
        try:
            if self._standing.is_indebted:
                await self._pay()
            command = verbs.get_command(key, lease, 0, version, meta, peek)
            answer = verbs.read_answer(await self._lane.ask(*command, orphan=functools.partial(self._give_back, key)))
            if answer.state == "busy" and wait > 0 and not peek:
                command = verbs.get_command(key, lease, wait, version, meta)
                answer = verbs.read_answer(await self._over_pool(command, wait))
        except ResponseError as error:
            self._standing.refused(error)
            return None
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._standing.away(error)
            return None
        self._standing.heard()
        return answer

    async def get_plainly(self, key: str) -> Optional[Tuple[bytes, Optional[float]]]:
        """From a server without the verbs: bytes, and the seconds that they have left. None from any other."""
        data = await self._say("GET", key) if self._standing.is_plain else None
        if data is None:
            return None
        left_ms = await self._say("PTTL", key)
        return data, left_ms / 1000 if left_ms is not None and left_ms >= 0 else None

    async def fill(self, key: str, value: bytes, token: Optional[bytes], policy: Policy) -> bool:
        """CACHE SET of bytes. False: it was invalidated meanwhile, or the server is away."""
        if not self._standing.is_plain:
            said = await self._say(*verbs.set_command(key, value, token, policy), refused=_REFUSED)
            if said is _REFUSED and token is not None:  # it is full, say: nobody need wait for what cannot be kept
                await self.release(key, token, "PASS", verbs.PAUSE_MS)
            if not self._standing.is_plain:
                return said is not None and said is not _REFUSED
        command = verbs.plain_set_command(key, value, policy)
        return command is not None and await self._say(*command) is not None

    async def release(self, key: str, token: bytes, *how: Argument) -> None:
        await self._say(*verbs.release_command(key, token, *how))

    def release_later(self, key: str, token: bytes, *how: Argument) -> None:
        """For who must not wait: one that is being cancelled, a reply that came too late."""
        self._do_behind(self.release(key, token, *how))

    @property
    def is_plain(self) -> bool:
        """The server has turned out to have no CACHE."""
        return self._standing.is_plain

    async def settle(self) -> None:
        """Waits for what is refreshed behind answers."""
        await asyncio.gather(*self._behind, return_exceptions=True)

    async def close(self) -> None:
        """Settles, and closes the connection; the client is its owner's."""
        await self.settle()
        self._lane.close()

    async def _look_up(self, key: str, compute: Compute, policy: Policy, turn: Turn, wait: Optional[float],
                       lease: Optional[float]) -> Any:
        answer = await self.ask(key, wait=wait, lease=lease, version=policy.version)
        if answer is None:
            return await self._look_up_plainly(key, compute, policy)
        if answer.value is not None:
            value = self._load(key, answer.value)
            if value is _UNREADABLE:
                return await self._compute(key, compute, answer, policy, turn)
            if answer.is_won:
                self._do_behind(self._compute(key, compute, answer, policy, turn))
            return value
        if answer.is_won:
            return await self._compute(key, compute, answer, policy, turn)
        if answer.state == "fail":
            raise ComputeFailed(key)
        if answer.state == "pass":
            turn.end(PASSES)
        return await _without_keeping(compute)

    async def _compute(self, key: str, compute: Compute, answer: Answer, policy: Policy, turn: Turn) -> Any:
        """By who has won the lease, or has found what nobody can read."""
        token = answer.token
        try:
            with dependencies.collecting_tags() as found:
                value = await compute()
            if value is not NOT_MODIFIED:
                await self.fill(key, self._codec.dump(value), token, policy.with_tags(found))
                return value
        except BaseException as error:
            if token is not None:
                self.release_later(key, token, *verbs.end_of_failure(error))
            if not isinstance(error, NotCacheable):
                raise
            turn.end(PASSES)
            return error.value
        if token is not None:
            await self.release(key, token, "RENEW", milliseconds(policy.ttl or 365 * 86400))
        return None if answer.value is None else self._codec.load(answer.value)

    async def _look_up_plainly(self, key: str, compute: Compute, policy: Policy) -> Any:
        keeps = self._standing.is_plain and not policy.needs_verbs
        data = await self._say("GET", key) if keeps else None
        value = _UNREADABLE if data is None else self._load(key, data)
        if value is not _UNREADABLE:
            return value
        try:
            value = await compute()
        except NotCacheable as error:
            return error.value
        if keeps and value is not NOT_MODIFIED:
            await self.fill(key, self._codec.dump(value), None, policy)
        return None if value is NOT_MODIFIED else value

    def _load(self, key: str, data: bytes) -> Any:
        try:
            return self._codec.load(data)
        except Exception as error:  # of another program, or an older version of this one
            log.warning("what is kept under %s cannot be read and is made anew: %r", key, error)
            return _UNREADABLE

    async def _say(self, *command: Argument, refused: Any = None) -> Any:
        """A command without which the application goes on. `refused` is returned where the server says no."""
        try:
            if len(command) > 3 and isinstance(command[3], bytes) and len(command[3]) > LANE_BYTES_MAX:
                return await self._over_pool(list(command), 0)
            return await self._lane.ask(*command)
        except ResponseError as error:
            self._standing.refused(error)
            return refused
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._standing.away(error)
        return None

    async def _over_pool(self, command: Command, wait: float) -> Any:
        return await asyncio.wait_for(self._client.execute_command(*command), wait + self._timeout)

    async def _pay(self) -> None:
        """Says what is to be invalidated before anything else is said."""
        for command in self._standing.owed:
            try:
                if "MATCH" in command:
                    await self._over_pool(list(command), 600)  # it walks over all keys
                else:
                    await self._lane.ask(*command)
            except ResponseError as error:
                if not verbs.is_unknown_command(error):
                    self._standing.paid(command)  # it will not be taken later, either
                raise
            self._standing.paid(command)

    def _give_back(self, key: str, reply: Any) -> None:
        """Nobody waits any more for a reply that may be a lease."""
        if isinstance(reply, list) and reply[2] is not None:
            self.release_later(key, reply[2])

    def _do_behind(self, work: "Coroutine[Any, Any, Any]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)
        task.add_done_callback(_log_failure)


async def _without_keeping(compute: Compute) -> Any:
    try:
        return await compute()
    except NotCacheable as error:
        return error.value


def _log_failure(done: "asyncio.Future[Any]") -> None:
    if not done.cancelled() and done.exception() is not None:
        log.warning("a value could not be computed anew: %r", done.exception())
