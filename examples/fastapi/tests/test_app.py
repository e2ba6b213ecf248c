"""The example: its parts in this process, and the commands of its README as they are printed."""

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
import time

import httpx
import pytest
import redis

from conftest import HERE, NUTHATCH, free_port, started, stopped


@pytest.fixture
def levels(nuthatch_port, redis_port):
    """Ports of the shared Nuthatch, a near one, and the Redis behind that."""
    near, near_port = started(NUTHATCH, "--upstream", f"redis://127.0.0.1:{redis_port}")
    yield nuthatch_port, near_port, redis_port
    stopped(near)


@pytest.fixture
async def site(levels, tmp_path, monkeypatch):
    shared, near, _ = levels
    for name, value in (("SHARED_URL", f"redis://127.0.0.1:{shared}"), ("NEAR_URL", f"redis://127.0.0.1:{near}"),
                        ("DATABASE", str(tmp_path / "articles.sqlite")), ("DATABASE_SECONDS", "0.01")):
        monkeypatch.setenv(name, value)
    redis.Redis(port=shared).flushall()
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]
    from app import caches, main

    http = httpx.AsyncClient(app=main.app, base_url="http://site")
    yield http
    await http.aclose()
    await caches.close()
    for client in (caches.shared_client, caches.near_client):
        await client.connection_pool.disconnect()


async def test_an_article_by_time_dependency_version_and_hand(site):
    assert (await site.get("/articles/dodo")).status_code == 404
    await site.put("/articles/wren", json={"title": "The wren", "author": "ann"})
    first, second = await site.get("/articles/wren"), await site.get("/articles/wren")
    assert first.json() == second.json() == {"name": "wren", "title": "The wren", "author": "ann"}
    assert second.headers["cache-status"].startswith("nuthatch; hit")
    assert (await site.get("/articles/wren/words")).json() == {"words": 2}

    await site.put("/articles/wren", json={"title": "The winter wren", "author": "ann"})
    assert (await site.get("/articles/wren")).json()["title"] == "The winter wren"
    assert (await site.get("/articles/wren/words")).json() == {"words": 3}

    await site.post("/authors/ann/renamed")
    assert (await site.get("/articles/wren")).headers["cache-status"] == "nuthatch; hit; ttl=-1"
    assert (await site.request("DELETE", "/cache", params={"tag": "article:wren", "match": "words:*"})).json() == {"told": True}
    assert "fwd=miss" in (await site.get("/articles/wren")).headers["cache-status"]


async def test_three_levels(site, levels):
    behind = redis.Redis(port=levels[2])
    behind.delete("notice:pond")
    assert (await site.get("/notices/pond")).json() == {"notice": "nothing new"}
    await site.put("/notices/pond", params={"text": "by the application"})
    assert behind.get("notice:pond") == b"by the application"
    behind.set("notice:pond", "behind its back")
    deadline = time.monotonic() + 10
    while (await site.get("/notices/pond")).json() != {"notice": "behind its back"}:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_it_can_be_watched(site):
    await site.put("/articles/wren", json={"title": "The wren"})
    await site.get("/articles/wren")
    seen = (await site.get("/watch")).json()
    assert seen["page"].endswith("/") and seen["shared"]["cache_fills"] >= 1 and "nearcache_link" in seen["near"]
    why = (await site.get("/watch/http:site/articles/wren")).json()
    assert why["state"] == "fresh" and sorted(why["tags"]) == ["article:wren", "author:anonymous"]


async def test_nothing_blocks_the_event_loop(site, monkeypatch):
    """What blocks is called where no event loop runs."""
    called = []

    def in_a_thread(function):
        def checked(*args, **kwargs):
            called.append(function)
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            return function(*args, **kwargs)

        return checked

    monkeypatch.setattr(time, "sleep", in_a_thread(time.sleep))
    monkeypatch.setattr(sqlite3, "connect", in_a_thread(sqlite3.connect))
    for method, path in (("PUT", "/articles/owl"), ("GET", "/articles/owl"), ("GET", "/articles/owl/words"), ("GET", "/watch"),
                         ("GET", "/notices/pond"), ("POST", "/authors/ann/renamed"), ("DELETE", "/cache")):
        body = {"title": "The owl"} if method == "PUT" else None
        assert (await site.request(method, path, json=body)).status_code == 200
    assert len(called) >= 4


def commands():
    """Of the README: what is printed, and what is said to be seen."""
    text = (HERE.parent / "README.md").read_text()
    text = text[text.index("## What to look at"):text.index("## Against a plain Redis")]
    for line in re.findall(r"^    (.*)$", text, re.M):
        command, _, seen = line.partition("   # ")
        yield command.strip(), seen.strip()


def test_the_commands_of_the_readme(tmp_path):
    ports = {"8000": "APP_PORT", "7001": "SHARED_PORT", "7002": "NEAR_PORT", "7003": "REDIS_PORT", "7080": "PAGE_PORT"}
    ports = {printed: (name, str(free_port())) for printed, name in ports.items()}
    running = subprocess.Popen(["./run", "1"], cwd=HERE.parent, stdout=subprocess.PIPE, start_new_session=True,
                               env={**os.environ, "NUTHATCH_SERVER": NUTHATCH, **dict(ports.values())})
    try:
        assert running.stdout.readline().startswith(b"application ")
        script, seen = "", []
        for number, (command, expected) in enumerate(commands()):
            for printed, (_, port) in ports.items():
                command = re.sub(rf"\b{printed}\b", port, command)
            script += f"echo; echo '== {number}'\n{command}\n"
            seen.append((command, expected))
        done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stdout + done.stderr
        for number, (command, expected) in enumerate(seen):
            output = done.stdout.split(f"== {number}\n")[1].split("\n== ")[0]
            expected = re.sub(r"ttl=\d+$", "ttl=", expected)  # seconds may have gone by
            assert expected in output, (command, output)
            assert "Internal Server Error" not in output, command
    finally:
        running.terminate()  # SIGINT is ignored in what a shell runs behind
        assert running.wait(60) == 0
        running.stdout.close()
