"""For FastAPI: what an endpoint says of its answer is a dependency, what is done about it a middleware.

    cache = Cache(redis.asyncio.from_url(...))
    app = FastAPI()
    install(app, cache)

    @app.get("/articles/{name}", dependencies=[Depends(cached(ttl=60, grace=300, tags=["article:{name}"]))])
    @app.put("/articles/{name}", dependencies=[Depends(invalidates("article:{name}"))])

A dependency that checks who asks stands before cached(): it runs for answers from the cache, too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Awaitable, Callable, List, Optional, Sequence
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import FastAPI, HTTPException, Request
from starlette.middleware import Middleware

from .cache import Cache
from .exchange import SCOPE_KEY, Answered, Exchange, Fill, Scope
from .middleware import HttpCacheMiddleware
from .policy import Policy
from .rules import directives
from .stored import Stored, load
from .turns import LEFT, PASSES

User = Callable[[Request], Optional[str]]


def install(app: FastAPI, cache: Cache) -> None:
    """Innermost, whatever is added before or after: compression, CORS and sessions go on around it."""
    app.user_middleware.append(Middleware(HttpCacheMiddleware, cache=cache))


def cached(*, ttl: float = 60, grace: float = 0, tags: Sequence[str] = (), user: Optional[User] = None,
           vary: Sequence[str] = (), max_age: Optional[float] = None, honour_no_cache: bool = False, jitter: int = 0,
           early: bool = True) -> Callable[[Request], Awaitable[None]]:
    """For an endpoint of GET. Tags are formatted with the path's parameters. `user` says whose the answer is: without
    it, what is asked with Authorization or a Cookie is not kept. `vary` names header fields that the answer depends on.
    `max_age` bounds what browsers are told, whom no invalidation reaches: with 0 they ask each time, and get a 304."""
    varies_by = [name.lower() for name in vary]
    plain = not varies_by and user is None
    said = ", ".join([*varies_by, *(["authorization", "cookie"] if user is not None else [])]).encode()

    async def look_up(request: Request) -> None:
        exchange = _exchange_of(request)
        if exchange.is_decided:
            return  # it stands at the router, too
        exchange.is_decided = True
        asked = exchange.asked
        whose = user(request) if user is not None else None
        exchange.private = asked.names_whom or whose is not None
        exchange.grace = grace
        exchange.max_age = max_age
        exchange.vary = said
        if asked.names_whom and whose is None:
            return
        wants = directives(asked.cache_control) if asked.cache_control is not None else {}
        method = request.scope["method"]
        if method not in ("GET", "HEAD") or "no-store" in wants or (honour_no_cache and "no-cache" in wants):
            exchange.status = "fwd=request"
            return
        if exchange.refreshes is not None:
            exchange.fill = exchange.refreshes
        else:
            key = _key_of(request.scope, asked.host)
            if not plain:
                key += _whose(request, varies_by, whose)
            await (_look_up if method == "GET" else _peek)(key, exchange)
            if exchange.shown is not None:
                raise Answered
        exchange.varies_by = varies_by
        exchange.policy = Policy(ttl, grace, [tag.format(**request.path_params) for tag in tags], None, jitter, early)
        if "only-if-cached" in wants:
            _give_up(exchange)
            raise HTTPException(504, "not in the cache")

    return look_up


def invalidates(*tags: str, soft: bool = False) -> Callable[[Request], Awaitable[None]]:
    """For an endpoint that writes: once it was successful, and before it is answered."""

    async def note(request: Request) -> None:
        names = [tag.format(**request.path_params) for tag in tags]
        _exchange_of(request).invalidations.append((names, soft))

    return note


async def _look_up(key: str, exchange: Exchange) -> None:
    turn, outcome = await exchange.turns.join(key)
    if turn is None:
        if outcome is PASSES:
            exchange.status = "fwd=miss"
        else:
            _show(exchange, *outcome)
        return
    try:
        answer = await exchange.cache.ask(key, meta=True)
    except BaseException:
        turn.end(LEFT)
        raise
    if answer is None:
        turn.end(PASSES)
        exchange.status = "fwd=bypass"
        exchange.fill = Fill(key, None, None)
        found = await exchange.cache.get_plainly(key)
        stored = None if found is None else load(found[0])
        if found is not None and stored is not None:
            _show(exchange, stored, found[1], _hit(found[1]))
        return
    stored = None if answer.value is None else load(answer.value)
    if stored is not None:
        left = answer.left_ms / 1000 if answer.left_ms >= 0 else None
        is_fresh = answer.state == "hit" or (answer.state == "win" and answer.left_ms > 0)
        shown = (stored, left if is_fresh else 0, _hit(left) if is_fresh else "hit; ttl=-1")
        turn.end(shown)
        _show(exchange, *shown)
        exchange.renewal = Fill(key, answer.token, None) if answer.token is not None else None
    elif answer.token is not None:
        exchange.fill = Fill(key, answer.token, turn)
        exchange.status = "fwd=miss"
    else:
        turn.end(PASSES)
        exchange.status = f"fwd=miss; detail={answer.state.upper()}"
        if answer.state == "fail":
            raise HTTPException(503, "computing failed a moment ago", headers={"retry-after": "1"})


async def _peek(key: str, exchange: Exchange) -> None:
    """A HEAD may be answered from what a GET has left, and leaves nothing itself."""
    answer = await exchange.cache.ask(key, meta=True, peek=True)
    stored = None if answer is None or answer.value is None else load(answer.value)
    if answer is not None and stored is not None and answer.state == "hit":
        left = answer.left_ms / 1000 if answer.left_ms >= 0 else None
        _show(exchange, stored, left, _hit(left))
    else:
        exchange.status = "fwd=method"


def _give_up(exchange: Exchange) -> None:
    fill, exchange.fill = exchange.fill, None
    if fill is not None:
        if fill.token is not None:
            exchange.cache.release_later(fill.key, fill.token)
        if fill.turn is not None:
            fill.turn.end(LEFT)


def _show(exchange: Exchange, stored: Stored, left: Optional[float], status: str) -> None:
    exchange.shown = stored
    exchange.left = left
    exchange.status = status


def _hit(left: Optional[float]) -> str:
    return "hit" if left is None else f"hit; ttl={int(left)}"


def _exchange_of(request: Request) -> Exchange:
    exchange = request.scope.get(SCOPE_KEY)
    if exchange is None:
        raise RuntimeError("nuthatch_cache.fastapi.install(app, cache) is missing")
    assert isinstance(exchange, Exchange)
    return exchange


def _key_of(scope: Scope, host: bytes) -> str:
    """Where it was asked, as one who writes addresses would: who calls this server by another name has keys of its own,
    so that what an answer says of its own address is nobody else's. Parameters stand in the order of their names."""
    query = scope["query_string"]
    name = quote(host, safe=":[]") if host else ""
    return f"http:{name}{_quoted(scope.get('root_path', '') + scope['path'])}{_sorted(query) if query else ''}"


@lru_cache(maxsize=1024)
def _quoted(path: str) -> str:
    return quote(path)


def _sorted(query: bytes) -> str:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return "?" + urlencode(sorted(pairs, key=lambda pair: pair[0]), encoding="latin-1")


def _whose(request: Request, varies_by: Sequence[str], whose: Optional[str]) -> str:
    parts: List[Any] = [quote(request.headers.get(name, ""), safe="") for name in varies_by]
    return "#" + "&".join([*parts, "" if whose is None else "@" + quote(whose, safe="")])


__all__ = ["HttpCacheMiddleware", "cached", "install", "invalidates"]
