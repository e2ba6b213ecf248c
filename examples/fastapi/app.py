"""Articles, and every way to cache them.

CACHE_URL names a Nuthatch. Alone it has everything below. In front of a Redis (`--upstream`) it is the first tier of this
machine and the Redis the second, shared by all machines: what is kept is then kept by plain GET and SET, without tags.
"""

import asyncio
import os
from typing import Dict, Optional

import redis.asyncio as redis
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from nuthatch_cache import Cache
from nuthatch_cache.fastapi import cached, install, invalidates
from nuthatch_cache.local import LocalCache

client = redis.from_url(os.environ.get("CACHE_URL", "redis://127.0.0.1:6379"))
cache = Cache(client)
app = FastAPI(title="Articles")
install(app, cache)


class Article(BaseModel):
    title: str
    author: str = "anonymous"


class Database:
    """As slow as one, and as ignorant of caches."""

    def __init__(self) -> None:
        self.articles: Dict[str, Article] = {}
        self.reads = 0

    async def read(self, name: str) -> Optional[Article]:
        self.reads += 1
        await asyncio.sleep(0.02)
        return self.articles.get(name)

    async def write(self, name: str, article: Article) -> None:
        await asyncio.sleep(0.02)
        self.articles[name] = article


database = Database()


# 1. A whole answer. However many ask, one of them runs the endpoint; for 30 s it is fresh, for 5 minutes more an old
# one is shown while a new one is made. Browsers and CDNs get ETag and Cache-Control, and a 304 where they have it.


@app.get("/articles/{name}", dependencies=[Depends(cached(ttl=30, grace=300, tags=["article:{name}"]))])
async def read(name: str):
    article = await database.read(name)
    if article is None:
        raise HTTPException(404, "no such article")
    cache.tag(f"author:{article.author}")  # known only now
    return {"name": name, **article.dict()}


# 2. By dependency: nobody reads the old one once this has been answered.


@app.put("/articles/{name}", dependencies=[Depends(invalidates("article:{name}"))])
async def write(name: str, article: Article):
    await database.write(name, article)
    return {"name": name, **article.dict()}


@app.post("/authors/{author}/renamed", dependencies=[Depends(invalidates("author:{author}"))])
async def rename(author: str):
    """All their articles at once, however many there are."""
    return {"author": author}


# 3. The result of a function, under a key with a version: what was computed by older code is never read.


@cache.cached("words:{name}", ttl=600, tags=["article:{name}"], version="2")
async def count_words(name: str) -> int:
    article = await database.read(name)
    return len(article.title.split()) if article else 0


@app.get("/articles/{name}/words")
async def words(name: str):
    return {"words": await count_words(name)}


# 4. By hand.


@app.delete("/cache/articles/{name}")
async def forget(name: str):
    await cache.invalidate(tags=[f"article:{name}"])
    return {"forgotten": name}


# 5. Three tiers: this process for a second, Nuthatch, and what Redis stands behind it. A key and a time, nothing else.

seconds = LocalCache(seconds=1, entries=1000)


@app.get("/motd")
async def message_of_the_day():
    async def load() -> str:
        try:
            text = await client.get("motd")
        except redis.RedisError:
            return "nothing new"  # without a cache the application is slower, not broken
        return text.decode() if text else "nothing new"

    return {"message": await seconds.get_or_compute("motd", load)}


# 6. Watched.


@app.get("/stats")
async def stats(request: Request):
    info = await client.info("all")
    names = ("used_memory_human", "keyspace_hits", "keyspace_misses", "evicted_keys", "expired_keys")
    ours = {name: value for name, value in info.items() if name.startswith(("cache_", "nearcache_"))}
    return {"database_reads": database.reads, **{name: info.get(name) for name in names}, **ours}
