"""What fastapi-cache asks of a backend."""

from nuthatch_cache.backend import NuthatchBackend


async def test_values_with_their_time(client):
    backend = NuthatchBackend(client)
    assert await backend.get_with_ttl("app::hash") == (0, None)
    await backend.set("app::hash", b"value", 60)
    ttl, value = await backend.get_with_ttl("app::hash")
    assert value == b"value" and 58 <= ttl <= 60
    assert await backend.get("app::hash") == b"value"


async def test_a_namespace_falls_at_once(client):
    backend = NuthatchBackend(client)
    for namespace in ("app:users", "app:books"):
        await backend.set(f"{namespace}:hash", b"value", 60)
    await backend.clear("app:users")
    assert await backend.get("app:users:hash") is None
    assert await backend.get("app:books:hash") == b"value"
    assert await backend.clear(key="app:books:hash") == 1


async def test_a_plain_redis(plain_client):
    backend = NuthatchBackend(plain_client)
    await backend.set("app::hash", b"value", 60)
    assert await backend.get_with_ttl("app::hash") == (60, b"value")
