"""A thousand clients, four workers, and a key that nobody has."""

import asyncio
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import redis
import redis.asyncio

from conftest import NUTHATCH, free_port, started, stopped
from crowd import all_get, allow_connections, get
from leash import die_with_parent
from nuthatch_cache import Cache

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = 1000
WORKERS = 4


@pytest.fixture(scope="module")
def server():
    process, port = started(NUTHATCH)
    yield port
    stopped(process)


@pytest.fixture(scope="module")
def site(server):
    """The port of the application. Its workers are in their own group, so that none is left behind."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "crowd_app:app", "--port", str(port), "--workers", str(WORKERS), "--log-level",
         "critical", "--app-dir", str(HERE)], start_new_session=True, preexec_fn=die_with_parent,
        env={**os.environ, "CACHE_URL": f"redis://127.0.0.1:{server}", "PYTHONPATH": str(HERE.parent)})
    asyncio.run(all_are_ready(port))
    yield port
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


async def all_are_ready(port):
    seen, deadline = set(), time.monotonic() + 60
    while len(seen) < WORKERS and time.monotonic() < deadline:
        seen |= {answer[1] for answer in await all_get(port, "/ready", 16) if answer}
        await asyncio.sleep(0.05)
    assert len(seen) == WORKERS


def begun(client, name):
    """(process, time) of each who has begun to compute."""
    return [(int(pid), float(at)) for pid, at in (line.split() for line in client.lrange(f"begun:{name}", 0, -1))]


async def test_one_computes(server, site):
    allow_connections(CLIENTS)
    answers = await all_get(site, "/slow/cold", CLIENTS)
    assert {answer[0] for answer in answers} == {200}
    assert len({answer[1] for answer in answers}) == 1
    assert len(begun(redis.Redis(port=server), "cold")) == 1


async def test_the_winner_is_killed_and_another_computes(server, site):
    allow_connections(CLIENTS)
    client = redis.Redis(port=server)
    crowd = [asyncio.ensure_future(get(site, "/slow/killed?seconds=1")) for _ in range(CLIENTS // 4)]
    while not begun(client, "killed"):
        await asyncio.sleep(0.01)
    winner, _ = begun(client, "killed")[0]
    await asyncio.sleep(0.2)  # so that others wait
    os.kill(winner, signal.SIGKILL)
    killed_at = time.time()
    answers = [answer for answer in await asyncio.gather(*crowd) if answer is not None]

    (_, _), (second, second_at) = begun(client, "killed")
    assert second != winner
    # The lease is of 30 s, and this is not what they wait for: its connection has closed.
    assert second_at - killed_at < 5
    assert answers and set(answers) == {(200, b'{"computed by":%d}' % second)}


async def test_one_computes_for_all_near_caches_of_a_nuthatch():
    """Two that pass CACHE on to a third, which decides."""
    behind, behind_port = started(NUTHATCH)
    near = [started(NUTHATCH, "--upstream", f"redis://127.0.0.1:{behind_port}") for _ in range(2)]
    clients = [redis.asyncio.Redis(port=port) for _, port in near for _ in range(2)]
    caches = [Cache(client, lease=30, wait=30, timeout=30) for client in clients]
    computed = []

    async def compute():
        computed.append(1)
        await asyncio.sleep(0.2)
        return "value"

    got = await asyncio.gather(*(caches[i % 4].get_or_compute("cold", compute, tags=["t"]) for i in range(CLIENTS)))
    assert set(got) == {"value"} and len(computed) == 1
    await caches[0].invalidate(tags=["t"])
    assert await caches[3].get_or_compute("cold", compute, tags=["t"]) == "value" and len(computed) == 2

    for cache, client in zip(caches, clients):
        await cache.close()
        await client.connection_pool.disconnect()
    for process, _ in [*near, (behind, behind_port)]:
        stopped(process)
