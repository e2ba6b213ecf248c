"""Requests against what is kept: what is answered, whether the endpoint ran, and what is kept after it."""

import asyncio
import re
import time

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from starlette.responses import StreamingResponse

from nuthatch_cache import Cache
from nuthatch_cache.fastapi import cached, install

PATH = "/page"


class Site:
    def __init__(self, client):
        self.runs = 0
        self.cache = Cache(client)
        self.app = FastAPI()
        install(self.app, self.cache)
        self.http = httpx.AsyncClient(app=self.app, base_url="http://site")

    def page(self, path, methods=("GET",), **policy):
        """An endpoint whose answer is its number of runs."""

        @self.app.api_route(path, methods=list(methods), dependencies=[Depends(cached(**policy))])
        async def read(request: Request, response: Response):
            self.runs += 1
            if request.headers.get("x-vary"):
                response.headers["vary"] = request.headers["x-vary"]
            if request.query_params.get("stream"):
                return StreamingResponse(iter([b"a", b"b"]))
            return self.runs


@pytest.fixture
async def site(client):
    site = Site(client)
    yield site
    await site.http.aclose()
    await site.cache.close()


NOTHING, FRESH, STALE = "nothing", "fresh", "stale"
HIT, OLD, MISS = "nuthatch; hit; ttl=59", "nuthatch; hit; ttl=-1", "nuthatch; fwd=miss; stored"


def roughly(field):
    """Its seconds may have gone on by a few."""
    return None if field is None else re.sub("=(5[0-9]|60)$|=(5[0-9]|60)(?=,)", "=60", field)


# method, what is asked with, what is kept -> status, how often the endpoint has run then, Cache-Status, Cache-Control
@pytest.mark.parametrize("method, headers, kept, status, runs, cache_status, control", [
    ("GET", {}, NOTHING, 200, 1, MISS, "max-age=60, stale-while-revalidate=60"),
    ("GET", {}, FRESH, 200, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("GET", {}, STALE, 200, 1, OLD, "no-cache"),
    ("GET", {"if-none-match": "*"}, NOTHING, 304, 1, MISS, "max-age=60, stale-while-revalidate=60"),
    ("GET", {"if-none-match": "*"}, FRESH, 304, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("GET", {"if-none-match": "*"}, STALE, 304, 1, OLD, "no-cache"),
    ("GET", {"if-none-match": '"other"'}, FRESH, 200, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("GET", {"cache-control": "no-cache"}, FRESH, 200, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("GET", {"cache-control": "max-age=0"}, FRESH, 200, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("GET", {"cache-control": "no-store"}, FRESH, 200, 2, "nuthatch; fwd=request", None),
    ("GET", {"cache-control": "no-store"}, NOTHING, 200, 1, "nuthatch; fwd=request", None),
    ("GET", {"cache-control": "only-if-cached"}, FRESH, 200, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("GET", {"cache-control": "only-if-cached"}, NOTHING, 504, 0, "nuthatch; fwd=miss", None),
    ("GET", {"authorization": "Basic eA=="}, NOTHING, 200, 1, None, "private, no-cache"),
    ("GET", {"authorization": "Basic eA=="}, FRESH, 200, 2, None, "private, no-cache"),
    ("GET", {"cookie": "a=b"}, FRESH, 200, 2, None, "private, no-cache"),
    ("GET", {"range": "bytes=0-0"}, FRESH, 200, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("HEAD", {}, FRESH, 200, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("HEAD", {}, NOTHING, 200, 1, "nuthatch; fwd=method", None),
    ("HEAD", {"if-none-match": "*"}, FRESH, 304, 1, HIT, "max-age=59, stale-while-revalidate=60"),
    ("POST", {}, FRESH, 200, 2, "nuthatch; fwd=request", None),
])
async def test_a_request(site, method, headers, kept, status, runs, cache_status, control):
    site.page(PATH, ("GET", "HEAD", "POST"), ttl=60, grace=60, tags=["t"])
    if kept != NOTHING:
        await site.http.get(PATH)
    if kept == STALE:
        await site.cache.invalidate(tags=["t"], soft=True)
    answer = await site.http.request(method, PATH, headers=headers)
    assert (answer.status_code, site.runs) == (status, runs)
    assert roughly(answer.headers.get("cache-status")) == roughly(cache_status)
    assert roughly(answer.headers.get("cache-control")) == roughly(control)
    if method == "HEAD" or status == 304:
        assert answer.content == b""
    if status == 304:
        assert answer.headers["etag"] and "content-length" not in answer.headers and "content-type" not in answer.headers


@pytest.mark.parametrize("first, second, same", [
    ("/page?a=1&b=2", "/page?b=2&a=1", True),
    ("/page?a=1&a=2", "/page?a=2&a=1", False),
    ("/page?a=", "/page", False),
    ("/page?a=%2F", "/page?a=/", True),
    ("/page?a=%E4", "/page?a=%C3%A4", False),
    ("/page?a=1%26b=2", "/page?a=1&b=2", False),
])
async def test_which_addresses_are_one(site, first, second, same):
    site.page(PATH)
    await site.http.get(first)
    await site.http.get(second)
    assert site.runs == (1 if same else 2)


async def test_what_was_asked_of_another_name_is_another_answer(site):
    site.page(PATH)
    for host in ("site", "SITE", "attacker.example"):
        await site.http.get(PATH, headers={"host": host})
    assert site.runs == 2


async def test_whose_it_is_cannot_be_written_into_the_address(site):
    site.page("/{rest:path}", user=lambda request: request.headers.get("x-user"))
    await site.http.get("/a", headers={"x-user": "bob"})
    for path in ("/a%23%40bob", "/a?%23%40bob", "/a%3F%23%40bob"):
        await site.http.get(path)
    assert site.runs == 4


@pytest.mark.parametrize("vary, said, runs", [
    (["Accept-Language"], "Accept-Language", 2),
    ([], "Accept-Language", 3),
])
async def test_an_answer_that_varies(site, vary, said, runs):
    site.page(PATH, vary=vary)
    for language in ("en", "de", "en"):
        answer = await site.http.get(PATH, headers={"accept-language": language, "x-vary": said})
        assert "accept-language" in answer.headers["vary"].lower()
    assert site.runs == runs


async def test_a_stream_is_passed_on(site):
    site.page(PATH)
    for _ in range(2):
        assert (await site.http.get(PATH, params={"stream": 1})).content == b"ab"
    assert site.runs == 2


async def test_who_asks_again_each_time_gets_no_age(site):
    site.page(PATH, max_age=0, grace=60)
    for _ in range(2):
        assert (await site.http.get(PATH)).headers["cache-control"] == "no-cache"
    assert site.runs == 1


async def test_no_cache_computes_where_it_is_honoured(site):
    site.page(PATH, honour_no_cache=True)
    for _ in range(2):
        await site.http.get(PATH, headers={"cache-control": "no-cache"})
    assert site.runs == 2


async def test_at_a_router_and_at_an_endpoint_the_first_decides(site):
    router = APIRouter(dependencies=[Depends(cached(max_age=0))])

    @router.get(PATH, dependencies=[Depends(cached())])
    async def read():
        return 1

    site.app.include_router(router)
    for _ in range(2):
        assert (await site.http.get(PATH)).headers["cache-control"] == "no-cache"


async def test_an_old_answer_of_a_part_that_is_mounted_is_made_anew(site):
    part = FastAPI()

    @part.get("/{name}", dependencies=[Depends(cached(grace=60, tags=["{name}"]))])
    async def read(name: str):
        site.runs += 1
        return site.runs

    site.app.mount("/part", part)
    await site.http.get("/part/x")
    await site.cache.invalidate(tags=["x"], soft=True)
    await site.http.get("/part/x")
    deadline = time.monotonic() + 10
    while (await site.http.get("/part/x")).json() != 2:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    assert site.runs == 2


async def test_what_the_application_does_not_stand_by_any_more_goes(site):
    @site.app.get("/{name}", dependencies=[Depends(cached(grace=60, tags=["{name}"]))])
    async def read(name: str):
        site.runs += 1
        if site.runs > 1:
            raise HTTPException(404)

    assert (await site.http.get("/x")).status_code == 200
    await site.cache.invalidate(tags=["x"], soft=True)
    assert (await site.http.get("/x")).status_code == 200  # and behind it, it is seen that there is none
    deadline = time.monotonic() + 10
    while (await site.http.get("/x")).status_code != 404:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_name_of_any_length_is_a_tag(site):
    site.page("/{name}", tags=["{name}"])
    name = "x" * 2000
    for _ in range(2):
        await site.http.get(f"/{name}")
    await site.cache.invalidate(tags=[name])
    await site.http.get(f"/{name}")
    assert site.runs == 2


async def test_a_file_that_the_server_sends_by_itself_is_passed_on(site):
    class Sent(Response):
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            await send({"type": "http.response.pathsend", "path": "/a"})

    @site.app.get(PATH, dependencies=[Depends(cached())])
    async def read():
        return Sent()

    sent = []

    async def send(message):
        sent.append(message["type"])

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    for _ in range(2):
        await site.app({"type": "http", "method": "GET", "path": PATH, "query_string": b"", "root_path": "", "scheme": "http",
                        "headers": [(b"host", b"site")], "server": ("site", 80), "http_version": "1.1"}, receive, send)
    assert sent == ["http.response.start", "http.response.pathsend"] * 2
