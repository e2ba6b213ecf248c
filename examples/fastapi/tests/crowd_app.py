"""For test_crowd.py: an endpoint that takes its time, and says who has begun to compute, and when."""

import asyncio
import os
import time

import redis.asyncio as redis
from fastapi import Depends, FastAPI

from leash import die_with_parent
from nuthatch_cache import Cache
from nuthatch_cache.fastapi import cached, install

die_with_parent()  # each worker with its supervisor
if os.getppid() == 1:
    os._exit(1)  # it has ended before
client = redis.from_url(os.environ["CACHE_URL"])
app = FastAPI()
install(app, Cache(client, lease=30, wait=30, timeout=30))  # however slow the machine is


@app.get("/ready")
async def ready():
    return os.getpid()


@app.get("/slow/{name}", dependencies=[Depends(cached(ttl=60, tags=["slow"]))])
async def slow(name: str, seconds: float = 0.2):
    await client.rpush(f"begun:{name}", f"{os.getpid()} {time.time()}")
    await asyncio.sleep(seconds)
    return {"computed by": os.getpid()}
