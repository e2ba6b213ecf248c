"""The page in a headless Chromium: what it shows, to whom, under load, and when the server is gone.

Arguments: the server's program and a folder for the pictures. It starts servers of its own, since one of them has to go.
Prints "all well" at the end.
"""
import sys
import threading
import time

import redis

from browser import Browser
from png import colours_of
from server import Server

PROGRAM, PICTURES = sys.argv[1:3]
NASTY = "<img src=x onerror=document.title='run'>"


def luminance(colour):
    parts = [part / 255 for part in colour]
    r, g, b = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colour_of(browser, name):
    text = browser.run(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()")[1:]
    text = "".join(2 * digit for digit in text) if len(text) == 3 else text
    return tuple(int(text[i:i + 2], 16) for i in (0, 2, 4))


def is_readable(browser):
    """WCAG 2.1, AA: 4.5 for text, 3 for lines."""
    for ground in ("panel", "ground", "notice"):
        for name, least in (("text", 4.5), ("soft", 4.5), ("one", 3), ("two", 3), ("three", 3), ("bad", 3)):
            if ground == "notice" and name not in ("text", "bad"):
                continue
            found = contrast(colour_of(browser, name), colour_of(browser, ground))
            assert found >= least, f"{name} on {ground}: {found:.2f}"


def told(browser):
    """Names and values of the panels that list such."""
    return dict(browser.run("[...document.querySelectorAll('.panel dl > div')].map((one) => "
                            "[one.firstChild.textContent, one.lastChild.textContent])"))


def exact(browser, tile):
    return float(browser.run(f"document.querySelector('#tile-{tile}').dataset.exact") or "nan")


def state_becomes(browser, name):
    browser.wait(f"document.body?.dataset.state === '{name}'")


def next_answer(browser):
    """Until the page has heard of what is true now: the second answer from here was begun after this."""
    browser.run("window.heard = performance.getEntriesByType('resource').filter((one) => one.name.includes('stats.json')).length")
    browser.wait("performance.getEntriesByType('resource').filter((one) => one.name.includes('stats.json')).length > heard + 0")


def fill(server):
    r = server.redis
    r.config_set("slowlog-log-slower-than", 0)
    r.set(NASTY, "x")
    r.config_set("slowlog-log-slower-than", 1000000)
    with r.pipeline(transaction=False) as pipeline:
        for i in range(300):
            pipeline.set(f"user:{i}", "x" * 100, ex=600 if i % 3 == 0 else None)
        for i in range(3000):
            pipeline.get(NASTY)
        for i in range(7):
            pipeline.get("absent")
        pipeline.execute()


def shows_what_info_says(browser, server):
    next_answer(browser)
    info, shown = server.redis.info(), told(browser)
    assert exact(browser, "keys") == server.redis.dbsize() == 301
    used = info["used_memory"]  # 0 with a sanitizer's allocator
    assert abs(exact(browser, "memory") - used) <= used / 4, (exact(browser, "memory"), used)
    for name, field in (("misses", "keyspace_misses"), ("evicted", "evicted_keys"), ("expired", "expired_keys"),
                        ("process id", "process_id"), ("loops", "threads"), ("fills", "cache_fills")):
        assert shown[name] == str(info[field]), (name, shown[name], info[field])
    assert shown["hits"] == f"{info['keyspace_hits'] / 1000:.2f}\u00a0k", shown["hits"]
    assert shown["policy"] == info["maxmemory_policy"]
    assert "301, 100 expire" == shown["keys of database 0"], shown
    assert browser.run("document.querySelector('#about').textContent").startswith(info["nuthatch_version"])


def takes_names_for_text(browser):
    browser.wait("document.querySelector('#hot tbody tr') !== null")
    assert NASTY in browser.run("document.querySelector('#hot').textContent")
    assert NASTY in browser.run("document.querySelector('#slowlog').textContent")
    assert browser.run("document.querySelectorAll('main img').length") == 0
    assert browser.run("document.title") == "Nuthatch"


def goes_by_keyboard(browser):
    """From the button through the charts, and along the time of one."""
    browser.run("document.querySelector('#pause').focus()")
    browser.press("Tab")
    assert browser.run("document.activeElement.getAttribute('role')") == "slider"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for _ in range(2):
        browser.press("ArrowLeft")
    browser.wait("document.querySelector('.when').textContent !== 'now'")
    assert browser.run("document.querySelectorAll('.cross[d^=M]').length") == 8  # all charts tell of one time
    assert "commands" in browser.run("document.activeElement.getAttribute('aria-valuetext')")
    browser.press("Escape")
    browser.wait("document.querySelector('.when').textContent === 'now'")
    browser.press("Tab")
    assert browser.run("document.activeElement.getAttribute('aria-label')").startswith("Hit ratio")


def asks_nobody_else(browser, server):
    assert browser.asked and all(url.startswith(server.url) for url in browser.asked), browser.asked
    assert not browser.console and not browser.failed, (browser.console, browser.failed)
    run = ("(() => { const one = document.createElement('script'); one.textContent = 'window.run = 1'; "
           "document.body.append(one); return window.run ?? 0; })()")
    assert browser.run(run) == 0  # the policy holds
    assert browser.run("fetch('http://127.0.0.2:1/').then(() => 'came', () => 'refused')") == "refused"
    browser.run("0")
    assert any("Content Security Policy" in said for said in browser.console), browser.console
    browser.forget()


def counts_what_is_kept(browser):
    browser.wait("document.querySelector('#prefixes').textContent.includes('user')")
    browser.wait("document.querySelector('#big tbody tr') !== null")
    row = browser.run("[...document.querySelectorAll('#prefixes tbody tr')].find((one) => "
                      "one.textContent.startsWith('user')).children[1].textContent")
    assert row == "300", row


def stays_where_it_is(browser):
    """What moved of itself since it was loaded, as browsers reckon it: 0.1 is what is felt."""
    moved = browser.run("new Promise((done) => { let sum = 0; new PerformanceObserver((list) => list.getEntries().forEach("
                        "(one) => { if (!one.hadRecentInput) sum += one.value; }))"
                        ".observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 100); })")
    assert moved < 0.05, moved


def load(server, until):
    client = redis.Redis(port=server.port)
    while not until.is_set():
        with client.pipeline(transaction=False) as pipeline:
            for i in range(100):
                pipeline.get(f"user:{i * i % 400}")
            for i in range(20):
                pipeline.execute_command("CACHE", "GET", f"page:{i}")
            pipeline.execute()
        time.sleep(0.05)
    client.close()


def looks_well(browser):
    """Under load, in both schemes and at two widths; nothing is wider than the window."""
    ground = {}
    for scheme in ("light", "dark"):
        for width, height in ((390, 900), (1440, 1100)):
            browser.look(width, height, scheme, still=True)
            assert browser.run("document.documentElement.scrollWidth") == width
            assert len(browser.picture(f"{PICTURES}/{width}-{scheme}.png", fast=True)) > 20000
        small = browser.call("Page.captureScreenshot", format="png",
                             clip={"x": 0, "y": 0, "width": 1440, "height": 800, "scale": 0.1})
        colours = colours_of(browser.decoded(small))
        assert len(colours) > 50, len(colours)
        ground[scheme] = luminance(max(colours, key=colours.get))
        is_readable(browser)
    assert ground["light"] > 0.7 and ground["dark"] < 0.05, ground
    for width in (360, 2560):
        browser.look(width, 800)
        assert browser.run("document.documentElement.scrollWidth") == width


def waits(server):
    client = redis.Redis(port=server.port)
    client.execute_command("CACHE", "GET", "report", "WAIT", 30000)
    client.close()


def tells_of_load(browser, server):
    until = threading.Event()
    token = server.redis.execute_command("CACHE", "GET", "report", "LEASE", 60000)[2]
    threads = [threading.Thread(target=load, args=(server, until)), threading.Thread(target=waits, args=(server,))]
    for thread in threads:
        thread.start()
    try:
        browser.wait("document.querySelector('#tile-leases-now small').textContent === '1 waiting'")
        browser.wait("parseFloat(document.querySelector('#tile-operations .value').textContent) > 100 || "
                     "document.querySelector('#tile-operations .value').textContent.includes('k')")
        browser.wait("[...document.querySelectorAll('.plot path.l0')].filter((one) => "
                     "one.getAttribute('d')?.split('L').length > 2).length >= 6")
        looks_well(browser)
    finally:
        until.set()
        server.redis.execute_command("CACHE", "SET", "report", "x", "TOKEN", token, "PX", 1)
        for thread in threads:
            thread.join()


def survives_the_server(browser, server):
    server.stop()
    state_becomes(browser, "gone")
    assert "does not answer" in browser.run("document.querySelector('#gone:not([hidden])').textContent")
    assert browser.run("document.querySelector('#said').textContent") == "No answer"
    assert exact(browser, "keys") == 301  # what was said last is still there
    server.start()
    state_becomes(browser, "live")
    browser.wait("document.querySelector('#gone').hidden && document.querySelector('#tile-keys').dataset.exact === '0'")
    assert not [said for said in browser.console if "ERR_" not in said], browser.console


def shows_less_to_others(browser, server):
    server.redis.execute_command("ACL", "SETUSER", "guest", "on", ">word", "resetkeys", "-@all", "+info")
    server.redis.execute_command("ACL", "SETUSER", "default", ">secret")
    browser.open("about:blank")
    browser.answers("guest", "word")
    browser.call("Page.navigate", url=server.url)
    state_becomes(browser, "live")
    assert browser.challenges == 1  # asked once, for the page and all that it reads
    browser.wait("document.querySelector('#about').textContent.endsWith('guest')")
    for panel in ("hot", "big", "prefixes", "slowlog", "clients"):
        shown = browser.run(f"document.querySelector('#{panel} .body').textContent")
        assert "This user may not see it." in shown, (panel, shown)
    assert "misses" in told(browser)


def main():
    server, browser = Server(PROGRAM, "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"), Browser()
    try:
        fill(server)
        browser.look(1440, 900)
        browser.open(server.url)
        state_becomes(browser, "live")
        shows_what_info_says(browser, server)
        takes_names_for_text(browser)
        stays_where_it_is(browser)
        goes_by_keyboard(browser)
        asks_nobody_else(browser, server)
        tells_of_load(browser, server)
        counts_what_is_kept(browser)
        survives_the_server(browser, server)
        shows_less_to_others(browser, server)
    finally:
        browser.close()
        server.close()
    print("all well")


main()
