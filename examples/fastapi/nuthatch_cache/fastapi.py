"""For FastAPI: what an endpoint says of its answer is a dependency, what is done about it a middleware.

    cache = Cache(redis.asyncio.from_url(...))
    app = FastAPI()
    install(app, cache)

    @app.get("/articles/{name}", dependencies=[Depends(cached(ttl=60, grace=300, tags=["article:{name}"]))])
    @app.put("/articles/{name}", dependencies=[Depends(invalidates("article:{name}"))])

A dependency that checks who asks stands before cached(): it runs for answers from the cache, too.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, Dict, List, MutableMapping, Optional, Sequence, Set, Tuple

from fastapi import FastAPI, HTTPException, Request, Response

from . import verbs
from .cache import Cache
from .stored import Stored, cache_control, directives, from_message, groups, may_be_kept, to_send
from .verbs import Policy

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SCOPE_KEY = "nuthatch_cache"
BODY_BYTES_MAX = 8 << 20


class _Answered(Exception):
    """The endpoint need not run: the exchange has an answer."""


@dataclass
class _Exchange:
    """One request on its way through the application."""

    refreshes: Optional["_Fill"] = None  # it is run for the cache alone
    shown: Optional[Stored] = None
    left: float = 0  # seconds that `shown` stays fresh
    status: str = ""  # for Cache-Status
    private: bool = False
    policy: Policy = field(default_factory=Policy)
    fill: Optional["_Fill"] = None
    renewal: Optional["_Fill"] = None  # to be computed behind the answer
    invalidations: List[Tuple[Sequence[str], bool]] = field(default_factory=list)


@dataclass
class _Fill:
    key: str
    token: Optional[bytes]
    turns: Dict[str, "asyncio.Future[Optional[bytes]]"] = field(default_factory=dict)

    def end(self, data: Optional[bytes]) -> None:
        """Tells those who wait for it in this process."""
        turn = self.turns.pop(self.key, None)
        if turn is not None and not turn.done():
            turn.set_result(data)


def _exchange_of(request: Request) -> _Exchange:
    exchange = request.scope.get(SCOPE_KEY)
    if exchange is None:
        raise RuntimeError("nuthatch_cache.fastapi.install(app, cache) is missing")
    return exchange


def _names_whom(request: Request) -> bool:
    return "authorization" in request.headers or "cookie" in request.headers


def _key_of(request: Request, user: Optional[str]) -> str:
    query = "&".join(sorted(str(request.query_params).split("&"))) if request.url.query else ""
    return f"http:{request.url.path}?{query}" + (f"#{user}" if user is not None else "")


def cached(*, ttl: float = 60, grace: float = 0, tags: Sequence[str] = (),
           user: Optional[Callable[[Request], Optional[str]]] = None,
           honour_no_cache: bool = False) -> Callable[[Request], Awaitable[None]]:
    """For an endpoint of GET. Tags are formatted with the path's parameters. `user` says whose the answer is: without
    it, what is asked with Authorization or a Cookie is not kept."""

    async def look_up(request: Request) -> None:
        exchange = _exchange_of(request)
        whose = user(request) if user is not None else None
        exchange.private = _names_whom(request) or whose is not None
        exchange.policy = Policy(ttl, grace, [tag.format(**request.path_params) for tag in tags])
        if request.method not in ("GET", "HEAD") or (_names_whom(request) and whose is None):
            return
        if honour_no_cache and "no-cache" in directives(request.headers.get("cache-control", "")):
            return
        if exchange.refreshes is not None:
            exchange.fill = exchange.refreshes
            return
        await _turns_of(request.app).look_up(_key_of(request, whose), exchange)
        if exchange.shown is not None:
            raise _Answered

    return look_up


def invalidates(*tags: str, soft: bool = False) -> Callable[[Request], Awaitable[None]]:
    """For an endpoint that writes: once it was successful, and before it is answered."""

    async def note(request: Request) -> None:
        names = [tag.format(**request.path_params) for tag in tags]
        _exchange_of(request).invalidations.append((names, soft))

    return note


class _Turns:
    """Who looks up what: one request a key and process asks the server, others wait for it."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._turns: Dict[str, "asyncio.Future[Optional[bytes]]"] = {}

    async def look_up(self, key: str, exchange: _Exchange) -> None:
        turn = self._turns.get(key)
        while turn is not None:
            data = await asyncio.shield(turn)
            if data is not None:
                self._show(exchange, data, exchange.policy.ttl, "hit; detail=COALESCED")
                return
            turn = self._turns.get(key)
        await self._ask(key, exchange)

    async def _ask(self, key: str, exchange: _Exchange) -> None:
        self._turns[key] = asyncio.get_running_loop().create_future()
        fill = _Fill(key, None, self._turns)
        try:
            answer = await self.cache.ask(key, meta=True)
        except BaseException:
            fill.end(None)
            raise
        if answer is not None and answer.is_shown:
            left = float(answer.meta.get("ttl", 0)) / 1000 if answer.state == "hit" else 0
            self._show(exchange, answer.value or b"", left, "hit" if answer.state == "hit" else "hit; detail=STALE")
            exchange.renewal = _Fill(key, answer.token) if answer.is_won else None
            fill.end(answer.value)
        elif answer is not None and answer.is_won:
            fill.token = answer.token
            exchange.fill = fill
            exchange.status = "fwd=miss"
        else:
            fill.end(None)
            exchange.status = "fwd=bypass" if answer is None else f"fwd=miss; detail={answer.state.upper()}"
            if answer is not None and answer.state == "fail":
                raise HTTPException(503, "computing failed a moment ago", headers={"retry-after": "1"})

    @staticmethod
    def _show(exchange: _Exchange, data: bytes, left: float, status: str) -> None:
        exchange.shown = Stored.load(data)
        exchange.left = left
        exchange.status = status


def _turns_of(app: FastAPI) -> _Turns:
    return app.state.nuthatch_cache_turns


def install(app: FastAPI, cache: Cache) -> None:
    app.state.nuthatch_cache_turns = _Turns(cache)
    app.add_middleware(HttpCacheMiddleware, cache=cache)

    @app.exception_handler(_Answered)
    async def answered(_: Request, __: Exception) -> Response:
        return Response()  # the middleware has the answer


class HttpCacheMiddleware:
    """Pure ASGI. Only what cached() stands at is touched."""

    def __init__(self, app: App, cache: Cache) -> None:
        self._app = app
        self._cache = cache
        self._behind: Set["asyncio.Task[None]"] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange()
        await self._run({**scope, SCOPE_KEY: exchange}, receive, send, exchange)
        if exchange.renewal is not None:
            task = asyncio.ensure_future(self._renew(scope, exchange.renewal))
            self._behind.add(task)
            task.add_done_callback(self._behind.discard)

    async def _run(self, scope: Scope, receive: Receive, send: Send, exchange: _Exchange) -> None:
        answer = _Reply(self._cache, scope, send, exchange)
        try:
            with verbs.collecting_tags() as answer.tags:
                await self._app(scope, receive, answer.take)
            await answer.end()
        except BaseException as error:
            await answer.fail(error)
            raise

    async def _renew(self, scope: Scope, fill: _Fill) -> None:
        """The same request once more, for the cache alone."""

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: Message) -> None:
            return

        exchange = _Exchange(refreshes=fill)
        headers = [header for header in scope["headers"] if header[0] != b"if-none-match"]
        try:
            await self._run({**scope, "headers": headers, SCOPE_KEY: exchange}, receive, send, exchange)
        except Exception as error:  # nobody waits for it
            verbs.log.warning("%s could not be computed anew: %r", fill.key, error)


class _Reply:
    """What the application sends, on its way to the client."""

    def __init__(self, cache: Cache, scope: Scope, send: Send, exchange: _Exchange) -> None:
        self._cache = cache
        self._send = send
        self._exchange = exchange
        self._condition = _condition_of(scope)
        self._is_head = scope["method"] == "HEAD"
        self._start: Optional[Message] = None  # held back until it is clear whether it is kept
        self._body = b""
        self.tags: Set[str] = set()

    async def take(self, message: Message) -> None:
        if self._exchange.shown is not None:
            return
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is None:
            await self._send(message)
        else:
            await self._gather(message)

    async def _begin(self, message: Message) -> None:
        if 200 <= message["status"] < 300:
            for tags, soft in self._exchange.invalidations:
                await self._cache.invalidate(tags=tags, soft=soft)
        if self._exchange.fill is not None and may_be_kept(message["status"], message["headers"]):
            self._start = message
            return
        await self._let_go(message["status"])
        await self._send(self._marked(message))

    async def _gather(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if len(self._body) > BODY_BYTES_MAX:
            start, self._start = self._start, None
            await self._let_go(200)
            await self._send(self._marked(start or {}))
            await self._send({**message, "body": self._body})
        elif not message.get("more_body", False):
            await self._keep()

    async def _keep(self) -> None:
        start, fill, policy = self._start or {}, self._exchange.fill, self._exchange.policy.with_tags(self.tags)
        self._start = None
        assert fill is not None
        headers = [*start["headers"], (b"cache-groups", groups(policy.tags).encode())] if policy.tags else start["headers"]
        stored = from_message(start["status"], headers, self._body)
        data = stored.dump()
        kept = await self._cache.fill(fill.key, data, fill.token, policy)
        fill.end(data if kept else None)
        self._exchange.fill = None
        self._exchange.status += "; stored" if kept else ""
        await self._show(stored, policy.ttl)

    async def end(self) -> None:
        shown = self._exchange.shown
        if shown is not None:
            await self._show(shown, self._exchange.left)

    async def _show(self, stored: Stored, left: float) -> None:
        exchange = self._exchange
        extra = [("cache-control", cache_control(left, exchange.policy.grace, exchange.private)),
                 ("cache-status", f"nuthatch; {exchange.status}")]
        status, headers, body = to_send(stored, extra, self._condition)
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        await self._send({"type": "http.response.body", "body": b"" if self._is_head else body})

    async def fail(self, error: BaseException) -> None:
        fill, self._exchange.fill = self._exchange.fill, None
        if fill is None:
            return
        if fill.token is not None:
            command, _ = verbs.end_of_failure(fill.key, fill.token, error)
            await self._cache.release(fill.key, fill.token, *command[4:])
        fill.end(None)

    async def _let_go(self, status: int) -> None:
        """It is not kept: an answer of its own for each, or a failure that the next need not repeat at once."""
        fill, self._exchange.fill = self._exchange.fill, None
        if fill is None:
            return
        if fill.token is not None:
            await self._cache.release(fill.key, fill.token, "RETRY" if status >= 500 else "PASS", 1000)
        fill.end(None)

    def _marked(self, start: Message) -> Message:
        extra = []
        if self._exchange.status:
            extra.append((b"cache-status", f"nuthatch; {self._exchange.status}".encode()))
        if self._exchange.private and not _has_cache_control(start):
            extra.append((b"cache-control", b"private, no-cache"))
        invalidated = [tag for tags, _ in self._exchange.invalidations for tag in tags]
        if invalidated and 200 <= start["status"] < 300:
            extra.append((b"cache-group-invalidation", groups(invalidated).encode()))
        return {**start, "headers": [*start["headers"], *extra]} if extra else start


def _has_cache_control(start: Message) -> bool:
    return any(name.lower() == b"cache-control" for name, _ in start["headers"])


def _condition_of(scope: Scope) -> Optional[str]:
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return value.decode("latin-1")
    return None
