"""A real browser in front of the application, and one that somebody else's page has sent to the cache."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest
import redis

from conftest import HERE, NUTHATCH, free_port, started, stopped
from leash import die_with_parent

DRIVER = HERE.parents[2] / "tests/e2e/page"

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None or not (DRIVER / "browser.py").exists(),
                                reason="Debian's chromium, and its driver in tests/e2e/page")


class Site:
    """The example, and the log of what it is asked."""

    def __init__(self, folder, shared, page):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        url = f"redis://127.0.0.1:{shared}"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(self.port)], cwd=HERE.parent,
                stdout=log, stderr=log, preexec_fn=die_with_parent, env={**os.environ, "SHARED_URL": url, "NEAR_URL": url, "DATABASE_SECONDS": "0",
                                             "DATABASE": str(folder / "articles.sqlite"),
                                             "SHARED_HTTP": f"http://127.0.0.1:{page}"})

    def put(self, name, title):
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(urllib.request.Request(
                    f"{self.address}/articles/{name}", b'{"title": "%s"}' % title.encode(), method="PUT",
                    headers={"content-type": "application/json"}))
                return
            except OSError:
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)

    def asked(self, name):
        """The statuses that were given for an article, once the log is written."""
        time.sleep(0.1)
        return re.findall(rf'"GET /articles/{name} HTTP/1.1" (\d+)', self.log.read_text())


@pytest.fixture(scope="module")
def page_port():
    return free_port()


@pytest.fixture(scope="module")
def cache_port(page_port):
    process, port = started(NUTHATCH, "--http-port", str(page_port))
    yield port
    stopped(process)


@pytest.fixture(scope="module")
def site(tmp_path_factory, cache_port, page_port):
    site = Site(tmp_path_factory.mktemp("site"), cache_port, page_port)
    site.put("wren", "The wren")
    site.put("owl", "The owl")
    yield site
    site.process.terminate()
    site.process.wait()


@pytest.fixture(scope="module")
def browser():
    sys.path.insert(0, str(DRIVER))
    from browser import Browser

    browser = Browser()
    yield browser
    browser.close()


def shown(browser, word):
    browser.wait(f"document.body && document.body.innerText.includes({word!r})")


def test_reload_and_back(site, browser):
    browser.open(f"{site.address}/articles/wren")
    shown(browser, "The wren")
    assert site.asked("wren") == ["200"]

    browser.call("Page.reload")
    deadline = time.monotonic() + 20
    while len(site.asked("wren")) < 2 and time.monotonic() < deadline:
        pass
    shown(browser, "The wren")
    assert site.asked("wren") == ["200", "304"]  # asked again, with its ETag: nothing is sent but the head

    browser.call("Page.navigate", url=f"{site.address}/articles/owl")
    shown(browser, "The owl")
    browser.run("history.back()")
    shown(browser, "The wren")
    assert site.asked("wren") == ["200", "304"]  # it has not ended, so nobody is asked


def test_a_page_of_another_origin_reads_and_changes_nothing(site, browser, cache_port, page_port):
    client = redis.Redis(port=cache_port)
    client.set("secret", "value")
    browser.open(f"{site.address}/articles/wren")
    shown(browser, "The wren")
    keys = f"http://127.0.0.1:{page_port}"
    for what in (f"fetch('{keys}/keys/secret')",
                 f"fetch('{keys}/keys/secret', {{method: 'PUT', body: 'other'}})",
                 f"fetch('{keys}/keys/secret', {{method: 'POST', body: 'other', mode: 'no-cors'}})",
                 f"fetch('{keys}/keys/secret', {{method: 'DELETE'}})",
                 f"fetch('{keys}/invalidate', {{method: 'POST', body: '{{\"keys\": [\"secret\"]}}', mode: 'no-cors'}})",
                 f"fetch('{keys}/stats.json')"):
        read = browser.run(f"{what}.then(answer => answer.text()).catch(error => '')")
        assert read == "", what
    assert client.get("secret") == b"value"


def test_a_name_that_was_made_to_lead_here_is_refused(site, browser, cache_port, page_port):
    redis.Redis(port=cache_port).set("secret", "value")
    browser.open(f"http://rebound.localhost:{page_port}/keys/secret")  # browsers take it for this host, without asking
    browser.wait("location.host.startsWith('rebound')")
    browser.wait("document.readyState === 'complete'")
    assert "value" not in browser.run("document.documentElement.outerHTML")
    assert browser.run("performance.getEntriesByType('navigation')[0].responseStatus") == 421
    assert browser.run("fetch('/keys/secret').then(answer => answer.status).catch(error => 0)") in (421, 0)
    assert urllib.request.urlopen(f"http://127.0.0.1:{page_port}/keys/secret").read() == b"value"
