"""A web application whose first cache is Nuthatch and whose second is the Redis behind it.

The application knows one address, that of Nuthatch (CACHE_URL). What it has read before is answered from the memory of
this machine; what it writes is in the Redis, where every other machine sees it; what others write there is seen here.
"""

import os
import time

import redis.asyncio as redis
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

cache = redis.from_url(os.environ.get("CACHE_URL", "redis://127.0.0.1:6379"), decode_responses=True)
app = FastAPI(title="Articles")


class Article(BaseModel):
    title: str
    ttl_seconds: int = 300


def look_up(name: str) -> str:
    """What a database would answer, and as slowly."""
    time.sleep(0.02)
    return f"the article about {name}"


@app.get("/articles/{name}")
async def read(name: str, response: Response):
    """From the cache, else from the database, and then into the cache."""
    key = f"article:{name}"
    try:
        title = await cache.get(key)
    except redis.RedisError:
        # Without a cache the application is slower, not broken.
        response.headers["x-cache"] = "down"
        return {"name": name, "title": look_up(name)}
    response.headers["x-cache"] = "miss" if title is None else "hit"
    if title is None:
        title = look_up(name)
        await cache.set(key, title, ex=300, nx=True)
    return {"name": name, "title": title}


@app.put("/articles/{name}")
async def write(name: str, article: Article):
    """Answered when it is in the Redis, so that no machine reads the old one any more."""
    try:
        await cache.set(f"article:{name}", article.title, ex=article.ttl_seconds)
    except redis.RedisError as error:
        raise HTTPException(503, f"not written: {error}") from error
    return {"name": name, "title": article.title}


@app.get("/stats")
async def stats():
    """How many reads never left this machine."""
    return await cache.info("nearcache")
