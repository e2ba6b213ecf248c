"""A server for the tests: NUTHATCH_SERVER names the program, else the one of ./dev build."""

import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest
import redis
import redis.asyncio

from leash import die_with_parent

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
BUILT = [HERE.parents[2] / "build" / preset / "nuthatch" for preset in ("release", "debug")]
NUTHATCH = os.environ.get("NUTHATCH_SERVER") or str(next((path for path in BUILT if path.exists()), BUILT[0]))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def started(program, *options):
    port = free_port()
    return started_at(port, program, *options), port


def started_at(port, program, *options):
    process = subprocess.Popen([program, "--port", str(port), "--bind", "127.0.0.1", *options],
                               stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
    deadline = time.monotonic() + 20
    while True:
        try:
            redis.Redis(port=port).ping()
            return process
        except redis.ConnectionError:
            assert time.monotonic() < deadline and process.poll() is None, f"{program} does not start"
            time.sleep(0.02)


def stopped(process):
    process.terminate()
    process.wait(20)


def server_of(program, *options):
    process, port = started(program, *options)
    yield port
    stopped(process)


@pytest.fixture(scope="session")
def nuthatch_port():
    yield from server_of(NUTHATCH)


@pytest.fixture(scope="session")
def redis_port():
    yield from server_of("redis-server", "--save", "")


async def client_of(port):
    client = redis.asyncio.Redis(port=port)
    await client.flushall()
    yield client
    await client.close()
    await client.connection_pool.disconnect()


@pytest.fixture
async def client(nuthatch_port):
    async for client in client_of(nuthatch_port):
        yield client


@pytest.fixture
async def plain_client(redis_port):
    async for client in client_of(redis_port):
        yield client
