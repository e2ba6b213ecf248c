"""What fastapi-cache asks of a backend, in our own words, and what its decorator does with the answers.

fastapi-cache itself is not in Debian. Of its interface we rely on this:

- `get_with_ttl(key)` tells seconds and bytes; without a value it is None, and the seconds mean nothing.
- `get(key)` tells the bytes or None, and does nothing else.
- `set(key, value, expire)` takes any bytes; the last word counts; `expire` None has no end.
- `clear(key=...)` forgets that key and tells how many there were. `clear(namespace=...)` forgets all whose keys begin with the
  namespace and a colon, and no others, whatever characters it is made of. Without either nothing happens, and it tells 0.
- The decorator asks get_with_ttl(); without a value it calls the endpoint and then set(), unless the endpoint has raised. Keys
  are prefix, namespace (which may be empty) and a hash, with colons between, or what a key builder makes.
- A request that is no GET, or says no-store or no-cache, asks nothing.
"""

import asyncio
import gc

import pytest
import redis.asyncio

from nuthatch_cache.backend import NuthatchBackend, namespaces_of


@pytest.fixture
async def backend(client):
    backend = NuthatchBackend(client)
    yield backend
    await backend.close()


@pytest.fixture
async def plain_backend(plain_client):
    backend = NuthatchBackend(plain_client)
    yield backend
    await backend.close()


async def as_the_decorator(backend, key, compute, expire=60):
    """What a decorated endpoint does with a backend."""
    _, kept = await backend.get_with_ttl(key)
    if kept is not None:
        return kept
    value = await compute()
    await backend.set(key, value, expire)
    return value


class Source:
    def __init__(self, seconds=0.0):
        self.computed = 0
        self.seconds = seconds

    async def __call__(self):
        self.computed += 1
        await asyncio.sleep(self.seconds)
        return b"%d" % self.computed


async def test_nothing_is_kept_at_first(backend, plain_backend):
    for either in (backend, plain_backend):
        assert (await either.get_with_ttl("app::hash"))[1] is None
        assert await either.get("app::hash") is None


@pytest.mark.parametrize("value", [b"value", b"", b"\x00\xff\r\n", b"x" * 200_000])
async def test_a_value_and_its_time(backend, plain_backend, value):
    for either in (backend, plain_backend):
        await either.set("app::hash", value, 60)
        seconds, kept = await either.get_with_ttl("app::hash")
        assert kept == value and 55 <= seconds <= 60
        assert await either.get("app::hash") == value


async def test_the_last_word_counts(backend, plain_backend):
    for either in (backend, plain_backend):
        await either.set("app::hash", b"first", 60)
        await either.set("app::hash", b"second", 60)
        assert await either.get("app::hash") == b"second"


async def test_without_an_end(backend, plain_backend):
    for either in (backend, plain_backend):
        await either.set("app::hash", b"value")
        assert await either.get_with_ttl("app::hash") == (-1, b"value")


async def test_a_value_ends(backend):
    await backend.set("app::hash", b"value", 1)
    await asyncio.sleep(1.1)
    assert await backend.get("app::hash") is None


async def test_a_key_is_cleared(backend, plain_backend):
    for either in (backend, plain_backend):
        await either.set("app::hash", b"value", 60)
        assert await either.clear(key="app::hash") == 1
        assert await either.get("app::hash") is None
        assert await either.clear(key="app::hash") == 0
        assert await either.clear() == 0


@pytest.mark.parametrize("namespace, key, goes", [
    ("app:users", "app:users:hash", True),
    ("app", "app:users:hash", True),
    ("app:", "app::hash", True),
    ("app", "app::hash", True),
    ("app:use", "app:users:hash", False),
    ("app:users", "app:books:hash", False),
    ("app:users:hash", "app:users:hash", False),
    ("app:*", "app:users:hash", False),
    ("app:u[s]ers", "app:u[s]ers:hash", True),
    ("app:u?ers", "app:users:hash", False),
    ("größe", "größe:hash", True),
    ("x" * 300, "x" * 300 + ":hash", True),
])
async def test_a_namespace_is_cleared(backend, plain_backend, namespace, key, goes):
    for either in (backend, plain_backend):
        await either.set(key, b"value", 60)
        await either.clear(namespace)
        assert await either.get(key) == (None if goes else b"value")


def test_a_key_of_many_colons_has_as_many_namespaces_as_an_entry_can():
    assert namespaces_of(":".join("abcd")) == ["a", "a:b", "a:b:c"]
    assert len(namespaces_of("x" + ":y" * 200)) == 63


async def test_a_crowd_computes_once(backend):
    source = Source(0.05)
    got = await asyncio.gather(*(as_the_decorator(backend, "app::hash", source) for _ in range(50)))
    assert set(got) == {b"1"} and source.computed == 1


async def test_a_namespace_that_is_cleared_while_computing(backend):
    source = Source(0.05)
    asked = asyncio.ensure_future(as_the_decorator(backend, "app:users:hash", source))
    await asyncio.sleep(0.02)
    await backend.clear("app:users")
    assert await asked == b"1"
    assert await as_the_decorator(backend, "app:users:hash", source) == b"2"


async def test_an_endpoint_that_raises_gives_its_turn_to_the_next(backend):
    async def broken():
        await asyncio.sleep(0.05)
        raise LookupError

    async def request(compute):
        try:
            return await as_the_decorator(backend, "app::hash", compute)
        except LookupError:
            return None

    loop = asyncio.get_running_loop()
    began = loop.time()
    first = asyncio.create_task(request(broken))
    await asyncio.sleep(0.02)
    second = asyncio.create_task(request(Source()))
    assert await first is None
    del first
    gc.collect()
    assert await second == b"1"
    assert loop.time() - began < 3  # a lease is of 5 s


async def test_who_asks_again_in_the_same_request_does_not_wait_for_itself(backend):
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        assert (await backend.get_with_ttl("app::hash"))[1] is None
    await backend.set("app::hash", b"value", 60)
    assert await backend.get("app::hash") == b"value"
    assert asyncio.get_running_loop().time() - began < 3


async def test_without_a_server_nothing_is_kept_and_nothing_raised():
    backend = NuthatchBackend(redis.asyncio.Redis(port=1))
    source = Source()
    assert [await as_the_decorator(backend, "app::hash", source) for _ in range(2)] == [b"1", b"2"]
    assert await backend.clear("app") == 0 and await backend.clear(key="app::hash") == 0
