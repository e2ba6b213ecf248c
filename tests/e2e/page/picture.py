"""Takes docs/page.png: the page of a server that a small shop uses, after some minutes.

    /usr/bin/python3 tests/e2e/page/picture.py build/release/nuthatch docs/page.png [seconds, 600 by default]
"""
import random
import sys
import threading
import time

import redis

from browser import Browser
from png import lean
from server import Server

WIDTH, HEIGHT = 1400, 1120
KEYS = 30000
PREFIXES = ("user", "page", "session", "product", "rates")
DRAWN = [1 / (rank + 1) for rank in range(KEYS)]  # Zipf


def browse(client, dice):
    """What is read and written in passing."""
    with client.pipeline(transaction=False) as pipeline:
        for rank in dice.choices(range(KEYS), DRAWN, k=60):
            key = f"{PREFIXES[rank % 5]}:{rank}"
            if dice.random() < 0.8:
                pipeline.get(key)
            else:
                pipeline.set(key, "x" * dice.randint(50, 2500), ex=dice.randint(20, 300))
            if dice.random() < 0.05:
                pipeline.hset(f"cart:{rank % 200}", f"product:{rank}", 1)
                pipeline.zincrby("leaderboard", 1, f"product:{rank}")
        pipeline.execute()


def show(client, dice):
    """A fragment that somebody computes while the others wait or see the old one."""
    number = dice.choices(range(400), DRAWN[:400])[0]
    _, _, token = client.execute_command("CACHE", "GET", f"fragment:{number}", "WAIT", 200)
    if token:
        time.sleep(dice.random() / 100)
        client.execute_command("CACHE", "SET", f"fragment:{number}", "f" * 800, "TOKEN", token, "EX", 5, "GRACE", 60000,
                               "TAGS", 1, f"product:{number % 60}")


def shop(port, seed, until):
    client, dice = redis.Redis(port=port, client_name=f"web-{seed}"), random.Random(seed)
    while not until.is_set():
        browse(client, dice)
        show(client, dice)
        if dice.random() < 0.05:
            client.execute_command("CACHE", "INVALIDATE", "SOFT", "TAGS", f"product:{dice.randrange(60)}")
        if dice.random() < 0.002:
            client.sort("cart:list", by="nosort")
            client.zrange("leaderboard", 0, -1, withscores=True)
        time.sleep(0.03 + 0.02 * (1 + (time.time() / 45 + seed) % 2))
    client.close()


def main():
    program, path = sys.argv[1:3]
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 600
    server = Server(program, "--maxmemory", "24mb", "--maxmemory-policy", "allkeys-lru", "--slowlog-log-slower-than", "1000")
    until, browser = threading.Event(), None
    threads = [threading.Thread(target=shop, args=(server.port, seed, until)) for seed in range(6)]
    try:
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        browser = Browser()
        browser.look(WIDTH, HEIGHT)
        browser.open(server.url)
        browser.wait("document.body?.dataset.state === 'live'")
        time.sleep(5)
        browser.picture(path)
        with open(path, "rb") as file:
            picture = lean(file.read())
        with open(path, "wb") as file:
            file.write(picture)
    finally:
        until.set()
        for thread in threads:
            thread.join()
        if browser:
            browser.close()
        server.close()


main()
