"""Values by key."""

import asyncio

import pytest

from nuthatch_cache import NOT_MODIFIED, Cache, ComputeFailed, NotCacheable


class Source:
    """Computes 1, 2, 3 ..., and counts."""

    def __init__(self, seconds=0.0):
        self.computed = 0
        self.seconds = seconds

    async def __call__(self):
        self.computed += 1
        value = self.computed
        await asyncio.sleep(self.seconds)
        return value


@pytest.fixture
async def cache(client):
    cache = Cache(client)
    yield cache
    await cache.close()


async def test_a_value_is_computed_once(cache):
    source = Source()
    assert [await cache.get_or_compute("k", source) for _ in range(3)] == [1, 1, 1]


async def test_a_crowd_in_one_process_computes_once(cache):
    source = Source(0.05)
    got = await asyncio.gather(*(cache.get_or_compute("k", source) for _ in range(500)))
    assert set(got) == {1} and source.computed == 1


async def test_a_crowd_of_processes_computes_once(client):
    source = Source(0.05)
    caches = [Cache(client) for _ in range(20)]
    got = await asyncio.gather(*(cache.get_or_compute("k", source) for cache in caches))
    assert set(got) == {1} and source.computed == 1
    for cache in caches:
        await cache.close()


async def test_an_old_value_is_shown_while_a_new_one_is_made(cache):
    source = Source()
    await cache.get_or_compute("k", source, ttl=0.05, grace=60)
    await asyncio.sleep(0.1)
    assert await cache.get_or_compute("k", source, ttl=60, grace=60) == 1
    await cache.close()
    assert await cache.get_or_compute("k", source, ttl=60, grace=60) == 2


async def test_invalidation_by_key_and_tag(cache):
    source = Source()
    assert await cache.get_or_compute("k", source, tags=["a", "b"]) == 1
    await cache.invalidate("k")
    assert await cache.get_or_compute("k", source, tags=["a", "b"]) == 2
    await cache.invalidate(tags=["b"])
    assert await cache.get_or_compute("k", source, tags=["a", "b"]) == 3
    await cache.invalidate(tags=["c"])
    assert await cache.get_or_compute("k", source, tags=["a", "b"]) == 3


async def test_soft_invalidation_shows_the_old_value(cache):
    source = Source()
    await cache.get_or_compute("k", source, grace=60, tags=["a"])
    await cache.invalidate(tags=["a"], soft=True)
    assert await cache.get_or_compute("k", source, grace=60, tags=["a"]) == 1
    await cache.close()
    assert await cache.get_or_compute("k", source, grace=60, tags=["a"]) == 2


async def test_what_was_computed_before_an_invalidation_is_not_kept(cache):
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow():
        begun.set()
        await may_end.wait()
        return "old"

    first = asyncio.ensure_future(cache.get_or_compute("k", slow, tags=["a"]))
    await begun.wait()
    await cache.invalidate(tags=["a"])
    may_end.set()
    assert await first == "old"
    assert await cache.get_or_compute("k", Source(), tags=["a"]) == 1


async def test_tags_that_are_known_only_while_computing(cache):
    source = Source()

    async def compute():
        cache.tag("late")
        return await source()

    assert await cache.get_or_compute("k", compute) == 1
    await cache.invalidate(tags=["late"])
    assert await cache.get_or_compute("k", compute) == 2


async def test_another_version_is_another_value(cache):
    source = Source()
    assert await cache.get_or_compute("k", source, version="1") == 1
    assert await cache.get_or_compute("k", source, version="2") == 2
    assert await cache.get_or_compute("k", source, version="2") == 2


async def test_a_failure_is_told_to_those_who_ask_meanwhile(cache):
    async def broken():
        raise OSError("the database is away")

    with pytest.raises(OSError):
        await cache.get_or_compute("k", broken)
    with pytest.raises(ComputeFailed):
        await cache.get_or_compute("k", Source())


async def test_a_failure_leaves_the_old_value(cache):
    async def broken():
        raise OSError("the database is away")

    await cache.get_or_compute("k", Source(), ttl=0.05, grace=60)
    await asyncio.sleep(0.1)
    for _ in range(3):
        assert await cache.get_or_compute("k", broken, grace=60) == 1
        await cache.close()


async def test_what_is_not_cacheable_is_an_answer_of_its_own(cache):
    source = Source()

    async def compute():
        raise NotCacheable(await source())

    assert [await cache.get_or_compute("k", compute) for _ in range(3)] == [1, 2, 3]


async def test_not_modified_makes_the_old_value_fresh(cache):
    async def same():
        return NOT_MODIFIED

    await cache.get_or_compute("k", Source(), ttl=0.05, grace=60)
    await asyncio.sleep(0.1)
    assert await cache.get_or_compute("k", same, ttl=60, grace=60) == 1
    await cache.close()
    assert await cache.get_or_compute("k", same, ttl=60, grace=60) == 1


async def test_a_decorated_function(cache):
    calls = []

    @cache.cached("sum:{a}:{b}", ttl=60, tags=["a:{a}"])
    async def add(a, b=1):
        calls.append((a, b))
        return a + b

    assert [await add(1), await add(1, b=1), await add(2)] == [2, 2, 3]
    assert calls == [(1, 1), (2, 1)]
    await cache.invalidate(tags=["a:1"])
    assert await add(1) == 2 and len(calls) == 3


async def test_without_a_server_everybody_computes():
    import redis.asyncio

    cache = Cache(redis.asyncio.Redis(port=1))
    source = Source()
    assert [await cache.get_or_compute("k", source) for _ in range(2)] == [1, 2]


async def test_a_plain_redis_keeps_what_needs_no_more(plain_client, caplog):
    cache = Cache(plain_client)
    source = Source()
    assert [await cache.get_or_compute("k", source) for _ in range(3)] == [1, 1, 1]
    assert [await cache.get_or_compute("t", source, tags=["a"]) for _ in range(2)] == [2, 3]
    await cache.invalidate("k")
    assert await cache.get_or_compute("k", source) == 4
    await cache.set("k", "set")
    assert await cache.get_or_compute("k", source) == "set"
    assert sum("has no CACHE" in record.message for record in caplog.records) == 1
    await cache.close()


async def test_a_crowd_of_what_is_not_cacheable_does_not_queue(cache):
    source = Source(0.1)

    async def compute():
        raise NotCacheable(await source())

    began = asyncio.get_running_loop().time()
    got = await asyncio.gather(*(cache.get_or_compute("k", compute) for _ in range(20)))
    assert sorted(got) == list(range(1, 21))
    assert asyncio.get_running_loop().time() - began < 1.5  # one behind the other they would take 2 s
