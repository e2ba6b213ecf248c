"""Endpoints: a table of what is asked and kept, and what comes of it."""

import asyncio

import httpx
import pytest
import redis.asyncio
from fastapi import Depends, FastAPI, HTTPException, Request, Response

from nuthatch_cache import Cache
from nuthatch_cache.fastapi import cached, install, invalidates


class Site:
    def __init__(self, client, **policy):
        self.runs = 0
        self.title = "first"
        self.status = 200
        self.cache = Cache(client)
        self.app = FastAPI()
        install(self.app, self.cache)
        self._routes(policy)
        self.http = httpx.AsyncClient(app=self.app, base_url="http://site")

    def _routes(self, policy):
        @self.app.get("/a/{name}", dependencies=[Depends(cached(tags=["a:{name}"], **policy))])
        async def read(name: str):
            self.runs += 1
            await asyncio.sleep(0.01)
            if self.status != 200:
                raise HTTPException(self.status)
            self.cache.tag("late")
            return {"name": name, "title": self.title}

        @self.app.put("/a/{name}", dependencies=[Depends(invalidates("a:{name}"))])
        async def write(name: str, fail: bool = False):
            if fail:
                raise HTTPException(409)
            self.title = "second"
            return {}

        @self.app.get("/cookie", dependencies=[Depends(cached())])
        async def cookie(response: Response):
            self.runs += 1
            response.set_cookie("a", "b")

        @self.app.get("/mine", dependencies=[Depends(cached(user=lambda request: request.headers.get("x-user")))])
        async def mine(request: Request):
            self.runs += 1
            return request.headers.get("x-user")

        @self.app.get("/untagged", dependencies=[Depends(cached())])
        async def untagged():
            self.runs += 1
            return self.runs

        @self.app.get("/plain")
        async def plain():
            return "plain"


@pytest.fixture
async def site(client):
    site = Site(client, ttl=60, grace=60)
    yield site
    await site.http.aclose()
    await site.cache.close()


async def test_the_second_answer_comes_from_the_cache(site):
    first, second = await site.http.get("/a/x"), await site.http.get("/a/x")
    assert first.json() == second.json() == {"name": "x", "title": "first"}
    assert first.headers["cache-status"] == "nuthatch; fwd=miss; stored"
    assert second.headers["cache-status"].startswith("nuthatch; hit; ttl=5")
    assert first.headers["etag"] == second.headers["etag"]
    assert second.headers["content-type"] == "application/json"
    assert second.headers["cache-control"].startswith("max-age=5")
    assert second.headers["cache-groups"] in ('"a:x", "late"',)
    assert site.runs == 1


async def test_who_has_it_gets_304_with_its_headers(site):
    etag = (await site.http.get("/a/x")).headers["etag"]
    for condition in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = await site.http.get("/a/x", headers={"if-none-match": condition})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag and "max-age" in answer.headers["cache-control"]
        assert "content-type" not in answer.headers
    assert (await site.http.get("/a/x", headers={"if-none-match": '"other"'})).status_code == 200


async def test_a_crowd_runs_the_endpoint_once(site):
    answers = await asyncio.gather(*(site.http.get("/a/x") for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200} and site.runs == 1


async def test_a_write_is_seen_at_once(site):
    await site.http.get("/a/x")
    written = await site.http.put("/a/x")
    assert written.headers["cache-group-invalidation"] == '"a:x"'
    assert (await site.http.get("/a/x")).json()["title"] == "second"


async def test_a_write_that_failed_invalidates_nothing(site):
    await site.http.get("/a/x")
    assert (await site.http.put("/a/x", params={"fail": True})).status_code == 409
    assert (await site.http.get("/a/x")).headers["cache-status"].startswith("nuthatch; hit")


async def test_a_tag_of_the_endpoint_counts(site):
    await site.http.get("/a/x")
    await site.cache.invalidate(tags=["late"])
    await site.http.get("/a/x")
    assert site.runs == 2


async def test_an_old_answer_is_shown_while_a_new_one_is_made(site):
    await site.http.get("/a/x")
    site.title = "second"
    await site.cache.invalidate(tags=["a:x"], soft=True)
    stale = await site.http.get("/a/x")
    assert stale.json()["title"] == "first" and stale.headers["cache-status"] == "nuthatch; hit; ttl=-1"
    assert stale.headers["cache-control"] == "no-cache"
    for _ in range(100):
        await asyncio.sleep(0.01)
        if site.runs == 2:
            break
    await asyncio.sleep(0.02)
    assert (await site.http.get("/a/x")).json()["title"] == "second"
    assert site.runs == 2


async def test_a_failure_is_not_repeated_by_everybody(site):
    site.status = 500
    assert (await site.http.get("/a/x")).status_code == 500
    again = await site.http.get("/a/x")
    assert again.status_code == 503 and again.headers["retry-after"] == "1"
    assert site.runs == 1


async def test_what_is_missing_is_not_kept(site):
    site.status = 404
    assert [(await site.http.get("/a/x")).status_code for _ in range(2)] == [404, 404]
    assert site.runs == 2


async def test_a_cookie_is_for_one(site):
    for _ in range(2):
        assert "set-cookie" in (await site.http.get("/cookie")).headers
    assert site.runs == 2


async def test_what_is_asked_with_authorization_is_not_shared(site):
    for _ in range(2):
        answer = await site.http.get("/a/x", headers={"authorization": "Basic eDp5"})
        assert answer.headers["cache-control"].startswith("private")
    assert site.runs == 2


async def test_answers_by_user(site):
    for user in ("ann", "bob", "ann", "bob"):
        answer = await site.http.get("/mine", headers={"x-user": user, "cookie": "s=1"})
        assert answer.json() == user and answer.headers["cache-control"].startswith("private")
        assert answer.headers["vary"] == "authorization, cookie"
    assert site.runs == 2


async def test_other_endpoints_are_left_alone(site):
    answer = await site.http.get("/plain")
    assert answer.json() == "plain" and "cache-status" not in answer.headers


async def test_a_plain_redis_keeps_what_has_no_tags(plain_client):
    site = Site(plain_client)
    assert [(await site.http.get("/a/x")).status_code for _ in range(2)] == [200, 200]
    assert site.runs == 2  # it has
    answers = [await site.http.get("/untagged") for _ in range(3)]
    assert [answer.json() for answer in answers] == [3, 3, 3]
    assert answers[2].headers["cache-status"].startswith("nuthatch; hit; ttl=")
    await site.http.aclose()
    await site.cache.close()


async def test_without_a_server_there_is_still_an_etag():
    site = Site(redis.asyncio.Redis(port=1))
    first = await site.http.get("/a/x")
    assert first.status_code == 200 and first.headers["cache-status"] == "nuthatch; fwd=bypass"
    again = await site.http.get("/a/x", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content, site.runs) == (304, b"", 2)
    await site.http.aclose()
    await site.cache.close()
