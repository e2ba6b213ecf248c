"""The one connection: its bytes, its order, and what happens when it breaks."""

import asyncio

import pytest
import redis.asyncio
from redis.exceptions import ConnectionError, InvalidResponse, ResponseError, TimeoutError

from nuthatch_cache import Cache, resp
from nuthatch_cache.lane import Lane
from nuthatch_cache.verbs import read_answer

REPLIES = (b"+OK\r\n$-1\r\n$0\r\n\r\n:42\r\n$5\r\na\r\nbc\r\n*-1\r\n*0\r\n_\r\n"
           b"*4\r\n$3\r\nhit\r\n$2\r\n{}\r\n$-1\r\n*2\r\n$3\r\nttl\r\n:-1\r\n>2\r\n$1\r\na\r\n$1\r\nb\r\n%1\r\n$1\r\na\r\n:1\r\n")
READ = [b"OK", None, b"", 42, b"a\r\nbc", None, [], None, [b"hit", b"{}", None, [b"ttl", -1]], [b"a", 1]]


def test_replies_are_read_at_every_split():
    for split in range(len(REPLIES) + 1):
        first, rest = resp.read(REPLIES[:split])
        second, rest = resp.read(rest + REPLIES[split:])
        assert first + second == READ and rest == b""


META = (b"$3\r\nttl\r\n:59\r\n$5\r\ngrace\r\n:-1\r\n$3\r\nage\r\n:1\r\n$4\r\ncost\r\n:2\r\n$4\r\ntype\r\n$3\r\na/b\r\n"
        b"$6\r\nlength\r\n:4\r\n")
HIT = b"*4\r\n$3\r\nhit\r\n$4\r\na\r\nb\r\n$-1\r\n*12\r\n" + META


def test_hits_are_read_at_every_split_and_beside_others():
    many = HIT + HIT + b"+OK\r\n" + HIT + b"$-1\r\n"
    for split in range(len(many) + 1):
        first, rest = resp.read(many[:split])
        second, rest = resp.read(rest + many[split:])
        replies = first + second
        assert rest == b"" and replies[2] == b"OK" and replies[4] is None
        for hit in (replies[0], replies[1], replies[3]):
            assert read_answer(hit) == ("hit", b"a\r\nb", None, 59)


def test_an_error_is_one_among_replies():
    (error,), _ = resp.read(b"-ERR no\r\n")
    assert isinstance(error, ResponseError) and str(error) == "ERR no"
    (error,), _ = resp.read(b"-MASTERDOWN Link is down\r\n")
    assert isinstance(error, ConnectionError)
    with pytest.raises(InvalidResponse):
        resp.read(b"HTTP/1.1 200 OK\r\n")


def test_a_command_in_bytes():
    assert resp.encode(["SET", b"k", 7, "ä"]) == b"*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n7\r\n$2\r\n\xc3\xa4\r\n"


async def test_many_ask_at_once_over_one_connection(client, nuthatch_port):
    lane = Lane(redis.asyncio.Redis(port=nuthatch_port, client_name="of-the-lane"), 10)
    await client.mset({f"k{i}": i for i in range(500)})
    assert await asyncio.gather(*(lane.ask("GET", f"k{i}") for i in range(500))) == [b"%d" % i for i in range(500)]
    assert [other["name"] for other in await client.client_list()].count("of-the-lane") == 1
    lane.close()


async def test_it_opens_again(client):
    lane = Lane(client, 10)
    await lane.ask("SET", "k", "v")
    await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await asyncio.sleep(0.05)
    assert await lane.ask("GET", "k") == b"v"
    lane.close()
    assert await lane.ask("GET", "k") == b"v"
    lane.close()


async def test_it_logs_in_as_its_client_does(client, nuthatch_port):
    await client.execute_command("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all")
    lane = Lane(redis.asyncio.Redis(port=nuthatch_port, username="app", password="secret", db=3), 10)
    assert await lane.ask("ACL", "WHOAMI") == b"app"
    await lane.ask("SET", "k", "v")
    assert await client.get("k") is None
    lane.close()
    await client.execute_command("ACL", "DELUSER", "app")


async def served(reader_of):
    """A server of our own, and a lane to it."""
    server = await asyncio.start_server(reader_of, "127.0.0.1", 0)
    return server, Lane(redis.asyncio.Redis(port=server.sockets[0].getsockname()[1]), 1)


async def test_a_server_that_says_nothing_is_given_up():
    async def silent(reader, writer):
        await reader.read()

    server, lane = await served(silent)
    with pytest.raises(TimeoutError):
        await lane.ask("GET", "k")
    server.close()


async def test_a_server_that_says_nonsense_is_left():
    async def nonsense(reader, writer):
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server, lane = await served(nonsense)
    with pytest.raises(ConnectionError):
        await lane.ask("GET", "k")
    server.close()


async def test_who_has_been_refused_rests_before_it_tries_again():
    lane = Lane(redis.asyncio.Redis(port=1), 1)
    for said in ("connecting", "a moment ago"):
        with pytest.raises(ConnectionError, match=said):
            await lane.ask("GET", "k")


async def test_a_lease_that_nobody_waits_for_is_given_back(client):
    cache, other = Cache(client), Cache(client)
    await cache.ask("open")
    asked = asyncio.ensure_future(cache.ask("k", lease=30))
    await asyncio.sleep(0)
    asked.cancel()
    for _ in range(200):
        await asyncio.sleep(0.01)
        if (await other.ask("k", wait=0)).is_won:
            break
    else:
        raise AssertionError("still leased")
    await cache.close()
    await other.close()


async def test_whoever_is_cancelled_gives_its_lease_back(client):
    first, second = Cache(client, lease=30), Cache(client)
    computing = asyncio.Event()

    async def slow():
        computing.set()
        await asyncio.sleep(30)

    async def quick():
        return "quick"

    asked = asyncio.ensure_future(first.get_or_compute("k", slow))
    beside = asyncio.ensure_future(first.get_or_compute("k", quick))
    await computing.wait()
    asked.cancel()
    assert await beside == "quick"
    assert await second.get_or_compute("k", slow) == "quick"
    await first.close()
    await second.close()
