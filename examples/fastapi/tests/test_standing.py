"""When the server is not there, or is another than was thought."""

import asyncio

import redis.asyncio

from conftest import NUTHATCH, free_port, started_at, stopped
from nuthatch_cache import Cache


async def value():
    return "value"


async def other():
    return "other"


async def test_what_could_not_be_invalidated_is_the_first_that_the_server_hears(caplog):
    port = free_port()
    process = started_at(port, NUTHATCH)
    cache = Cache(redis.asyncio.Redis(port=port, socket_timeout=1))
    assert await cache.get_or_compute("k", value, tags=["t"]) == "value"
    stopped(process)

    assert await cache.invalidate("k", tags=["t"]) is False
    assert await cache.get_or_compute("k", other) == "other"  # everybody computes
    assert await cache.get("k", "nothing") == "nothing"

    process = started_at(port, NUTHATCH)
    direct = redis.asyncio.Redis(port=port)
    # Somebody else, who has not heard of it, has stored what was before.
    await direct.execute_command("CACHE", "SET", "k", '"value"', "TAGS", 1, "t")
    await asyncio.sleep(1.1)  # so long a server that was away is not asked
    assert await cache.get_or_compute("k", other, tags=["t"]) == "other"
    assert await cache.invalidate("k") is True

    said = [record.message for record in caplog.records]
    assert sum("does not answer" in message for message in said) == 1
    assert sum("answers again" in message for message in said) == 1
    await cache.close()
    await direct.close()
    stopped(process)


async def test_a_server_that_is_full_fails_nobody(client, caplog):
    cache = Cache(client)
    await client.config_set("maxmemory-policy", "noeviction")
    await client.config_set("maxmemory", 1)
    try:
        assert await cache.get_or_compute("k", value) == "value"
        assert await cache.get_or_compute("k", other) == "other"
    finally:
        await client.config_set("maxmemory", 0)
    await cache.close()


async def test_what_another_program_has_written_is_made_anew(client, caplog):
    cache = Cache(client)
    await client.set("k", b"\xff no JSON")
    assert await cache.get_or_compute("k", value) == "value"
    assert await cache.get_or_compute("k", other) == "value"
    await client.rpush("list", 1)
    assert await cache.get_or_compute("list", value) == "value"
    await cache.close()


async def test_many_debts_are_one():
    cache = Cache(redis.asyncio.Redis(port=1))
    for i in range(1100):
        await cache.invalidate(f"k{i}")
    assert 0 < len(cache._standing.owed) <= 1000


async def test_a_pattern_is_invalidated(client):
    cache = Cache(client)
    for key in ("a:1", "a:2", "b:1"):
        await cache.set(key, 1)
    assert await cache.invalidate(match="a:*")
    assert [await cache.get(key) for key in ("a:1", "a:2", "b:1")] == [None, None, 1]
    await cache.close()


async def test_a_value_depends_on_what_it_was_computed_with(client):
    cache = Cache(client)
    await cache.get_or_compute("inner", value, tags=["t"])

    async def outer():
        return await cache.get_or_compute("inner", value, tags=["t"])

    await cache.get_or_compute("outer", outer)
    await cache.invalidate(tags=["t"])
    assert await cache.get("outer") is None
    await cache.close()


async def test_early_is_for_those_who_want_it(client):
    cache = Cache(client)

    async def slow():
        await asyncio.sleep(0.2)
        return "value"

    async def wins(key, early):
        await cache.get_or_compute(key, slow, ttl=1.5, early=early)
        await asyncio.sleep(1.25)  # within the last fifth of its life, and within twice its cost
        answer = await cache.ask(key, wait=0)
        return answer.is_shown, answer.is_won

    assert await asyncio.gather(wins("a", True), wins("b", False)) == [(True, True), (True, False)]
    await cache.close()
