"""Pure ASGI. What cached() does not stand at goes through untouched."""

from __future__ import annotations

import asyncio
from typing import Optional, Set

from . import rules, verbs
from .cache import Cache
from .exchange import SCOPE_KEY, Answered, App, Asked, Exchange, Fill, Message, Receive, Scope, Send
from .stored import Stored, dump, make
from .standing import log
from .tags import collecting_tags
from .turns import LEFT, PASSES, Turns

#: A longer body is passed on as it comes, and not kept.
BODY_BYTES_MAX = 8 << 20


class HttpCacheMiddleware:
    def __init__(self, app: App, cache: Cache) -> None:
        self._app = app
        self._cache = cache
        self._turns = Turns()
        self._behind: "Set[asyncio.Task[None]]" = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(self._cache, self._turns, Asked(scope["headers"]))
        as_it_came = dict(scope)  # routers write into it
        scope[SCOPE_KEY] = exchange
        await self._run(scope, receive, send, exchange)
        if exchange.renewal is not None:
            task = asyncio.get_running_loop().create_task(self._renew(as_it_came, exchange.renewal))
            self._behind.add(task)
            task.add_done_callback(self._behind.discard)

    async def _run(self, scope: Scope, receive: Receive, send: Send, exchange: Exchange) -> None:
        reply = _Reply(scope, send, exchange)
        try:
            with collecting_tags() as exchange.tags:
                await self._app(scope, receive, reply.take)
        except Answered:
            if exchange.shown is not None:
                await reply.show(exchange.shown)
        except BaseException as error:
            reply.fail(error)
            raise
        else:
            reply.fail(None)  # if it has not answered at all

    async def _renew(self, scope: Scope, fill: Fill) -> None:
        """The same request once more, for the cache alone."""

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: Message) -> None:
            return

        exchange = Exchange(self._cache, self._turns, Asked(scope["headers"]), refreshes=fill)
        try:
            await self._run({**scope, SCOPE_KEY: exchange}, receive, send, exchange)
        except Exception as error:  # nobody waits for it
            log.warning("%s could not be computed anew: %r", fill.key, error)


class _Reply:
    """What the application sends, on its way to the client."""

    __slots__ = ("_send", "_exchange", "_is_head", "_start", "_body", "_ttl")

    def __init__(self, scope: Scope, send: Send, exchange: Exchange) -> None:
        self._send = send
        self._exchange = exchange
        self._is_head = scope["method"] == "HEAD"
        self._start: Optional[Message] = None  # held back until it is clear whether it is kept
        self._body = bytearray()
        self._ttl = 0.0

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            await self._gather(message)
        else:  # a file that the server sends by itself, say
            await self._pass_on(message)

    async def show(self, stored: Stored) -> None:
        exchange, asked = self._exchange, self._exchange.asked
        control = rules.cache_control(exchange.left, exchange.grace, exchange.private, exchange.max_age)
        extra = [(b"cache-control", control), (b"cache-status", b"nuthatch; " + exchange.status.encode())]
        if exchange.vary:
            extra.append((b"vary", exchange.vary))
        status, headers, body = rules.answer(stored, extra, asked.if_none_match, asked.if_modified_since)
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"" if self._is_head else body})

    def fail(self, error: Optional[BaseException]) -> None:
        """The lease ends at once, though who is being cancelled must not wait for it."""
        fill, self._exchange.fill = self._exchange.fill, None
        if fill is None:
            return
        how = verbs.end_of_failure(error) if error is not None else ()
        if fill.token is not None:
            self._exchange.cache.release_later(fill.key, fill.token, *how)
        if fill.turn is not None:
            fill.turn.end(LEFT)

    async def _begin(self, message: Message) -> None:
        exchange = self._exchange
        if 200 <= message["status"] < 300:
            for tags, soft in exchange.invalidations:
                await exchange.cache.invalidate(tags=tags, soft=soft)
        ttl = None
        if exchange.fill is not None and exchange.policy is not None:
            ttl = rules.kept_for(message["status"], message["headers"], exchange.policy.ttl or 0, exchange.varies_by)
        if ttl is not None:
            self._start, self._ttl = message, ttl
            return
        await self._let_go(message["status"])
        await self._send(self._marked(message))

    async def _gather(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if len(self._body) > BODY_BYTES_MAX:
            await self._pass_on({**message, "body": bytes(self._body)})
        elif not message.get("more_body", False):
            await self._keep()

    async def _pass_on(self, message: Message) -> None:
        """It is not kept after all."""
        start, self._start = self._start, None
        await self._let_go(200)
        await self._send(self._marked(start or {}))
        await self._send(message)

    async def _keep(self) -> None:
        exchange, fill, policy, start = self._exchange, self._exchange.fill, self._exchange.policy, self._start
        assert fill is not None and policy is not None and start is not None
        policy = policy.with_tags(sorted(exchange.tags))
        headers = list(start["headers"])
        if policy.tags:
            headers.append((b"cache-groups", rules.groups(policy.tags)))
        stored = make(headers, bytes(self._body))
        kept = False
        if fill.token is not None or exchange.cache.is_plain:
            kept = await exchange.cache.fill(fill.key, dump(stored), fill.token, policy.living(self._ttl))
        exchange.fill = self._start = None
        if fill.turn is not None:
            # What was invalidated on the way is an answer to who has asked before, as it is to this request.
            fill.turn.end((stored, self._ttl, "fwd=miss; collapsed") if kept else LEFT)
        exchange.status += "; stored" if kept else ""
        exchange.left = self._ttl
        await self.show(stored)

    async def _let_go(self, status: int) -> None:
        """It is not kept: an answer of its own for each, or a failure that the next need not repeat at once. An old
        value that the application does not stand by any more goes."""
        fill, self._exchange.fill = self._exchange.fill, None
        if fill is None:
            return
        if self._exchange.refreshes is not None and status < 500:
            await self._exchange.cache.invalidate(fill.key)
        elif fill.token is not None:
            how = "RETRY" if status >= 500 else "PASS"
            await self._exchange.cache.release(fill.key, fill.token, how, verbs.PAUSE_MS)
        if fill.turn is not None:
            fill.turn.end(LEFT if status >= 500 else PASSES)

    def _marked(self, start: Message) -> Message:
        exchange, extra = self._exchange, []
        if exchange.status:
            extra.append((b"cache-status", b"nuthatch; " + exchange.status.encode()))
        if exchange.private and not any(name.lower() == b"cache-control" for name, _ in start["headers"]):
            extra.append((b"cache-control", b"private, no-cache"))
        invalidated = [tag for tags, _ in exchange.invalidations for tag in tags]
        if invalidated and 200 <= start["status"] < 300:
            extra.append((b"cache-group-invalidation", rules.groups(invalidated)))
        return {**start, "headers": [*start["headers"], *extra]} if extra else start
