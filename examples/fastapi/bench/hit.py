"""What a hit costs: CPU time of the application's process above the same endpoint without a cache.

    python3 bench/hit.py --server ../../build/release/nuthatch

The application is called as uvicorn calls it, without uvicorn: one request at a time, which waits for each answer of the
server with its caches growing cold, and sixteen, as a worker has them that is worth counting. Each figure is the least of
many short runs, which on a busy machine is the one that was not disturbed; what the kernel does for the process (sending,
receiving, waiting) is in it.
"""

import argparse
import asyncio
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import redis.asyncio as redis
from fastapi import Depends, FastAPI

from nuthatch_cache import Cache
from nuthatch_cache.fastapi import cached, install

RUN = 100


def applications(cache):
    bare, with_cache = FastAPI(), FastAPI()
    install(with_cache, cache)

    @bare.get("/articles/{name}")
    async def read(name: str):
        return {"name": name, "title": "The wren"}

    with_cache.get("/plain/{name}")(read)
    with_cache.get("/articles/{name}", dependencies=[Depends(cached(ttl=3600, tags=["article:{name}"]))])(read)
    return bare, with_cache


async def cost(app, path, headers, runs, at_once):
    """Microseconds of CPU for a request, and the last status."""
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(),
             "query_string": b"", "root_path": "", "scheme": "http", "headers": [(b"host", b"site"), *headers],
             "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"}}
    first = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if not first:
            first.append(message)

    async def client(number):
        for _ in range(RUN // at_once):
            await app({**scope, "path": f"{path}{number}"}, receive, send)

    await asyncio.gather(*(client(number) for number in range(at_once)))  # so that all are kept
    first.clear()
    return await least(lambda: asyncio.gather(*(client(number) for number in range(at_once))), runs, RUN // at_once * at_once), first[0]


async def least(work, runs, count):
    """Microseconds of CPU for one of `count`."""
    spent = []
    for _ in range(runs):
        begun = time.process_time()
        await work()
        spent.append(time.process_time() - begun)
    return min(spent) / count * 1e6


async def measure(client, runs):
    cache = Cache(client)
    bare, with_cache = applications(cache)
    path, etag = "/articles/wren", b"*"
    for at_once in (1, 16):
        print(f"  {at_once} at a time")
        base, _ = await cost(bare, path, [], runs, at_once)
        print(f"    {'endpoint':32} {base:7.1f} us")
        for name, where, headers in (("beside the middleware", "/plain/wren", []), ("hit", path, []),
                                     ("hit, 304", path, [(b"if-none-match", etag)])):
            spent, start = await cost(with_cache, where, headers, runs, at_once)
            print(f"    {name:32} {spent:7.1f} us  {spent - base:+7.1f}  {start['status']}")
    await cache.close()


async def main(options):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        server = subprocess.Popen([options.server, "--port", str(options.port), "--bind", "127.0.0.1", "--unixsocket", path,
                                   "--threads", "1"], stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(path):
                time.sleep(0.05)
            for name, client in (("over a Unix socket", redis.Redis(unix_socket_path=path)),
                                 ("over TCP", redis.Redis(port=options.port))):
                print(name)
                await measure(client, options.runs)
                await client.connection_pool.disconnect()
        finally:
            server.terminate()
            server.wait()


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--server", required=True, help="the program nuthatch")
parser.add_argument("--port", type=int, default=7999)
parser.add_argument("--runs", type=int, default=60, help="of 100 requests each")
asyncio.run(main(parser.parse_args()))
