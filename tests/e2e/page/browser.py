"""A headless Chromium, driven over a pipe by its DevTools protocol: nothing is needed but Debian's chromium.

One browser, one page at a time. What the page says on its console, what it asked for and what its policy has
forbidden is noted as it happens, and looked at by the test.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 30

# Chromium reads from its descriptor 3 and writes to 4.
START = """import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="nuthatch-page-")
        to_read, self.to = os.pipe()
        self.come, to_write = os.pipe()
        # As root it has no sandbox.
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(to_read), str(to_write), "chromium", "--headless=new",
             "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--no-first-run",
             "--hide-scrollbars", "--mute-audio", "--user-data-dir=" + self.profile, "about:blank"],
            pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.bytes = b""
        self.number = 0
        self.session = None
        self.wishes = None
        self.forget()

    def forget(self):
        self.console, self.asked, self.failed, self.challenges = [], [], [], 0

    def _message(self, deadline):
        while b"\0" not in self.bytes:
            ready, _, _ = select.select([self.come], [], [], max(0, deadline - time.time()))
            if not ready:
                return None
            some = os.read(self.come, 1 << 20)
            if not some:
                raise RuntimeError("the browser has ended")
            self.bytes += some
        one, self.bytes = self.bytes.split(b"\0", 1)
        return json.loads(one)

    def _note(self, message):
        method, said = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.console.append(str([one.get("value", one.get("description")) for one in said["args"]]))
        elif method == "Runtime.exceptionThrown":
            self.console.append(said["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.console.append(said["entry"]["text"] + " " + said["entry"].get("url", ""))
        elif method == "Network.requestWillBeSent":
            self.asked.append(said["request"]["url"])
        elif method == "Network.loadingFailed":
            self.failed.append(said["errorText"])
        elif method == "Fetch.requestPaused":
            self._send("Fetch.continueRequest", requestId=said["requestId"])
        elif method == "Fetch.authRequired":
            self.challenges += 1
            self._send("Fetch.continueWithAuth", requestId=said["requestId"], authChallengeResponse=self.answer)

    def _send(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        return self.number

    def call(self, method, **params):
        number = self._send(method, **params)
        deadline = time.time() + PATIENCE_S
        while True:
            message = self._message(deadline)
            if message is None:
                raise RuntimeError(method + " was not answered")
            if message.get("id") != number:
                self._note(message)
            elif "error" in message:
                raise RuntimeError(method + ": " + str(message["error"]))
            else:
                return message["result"]

    def open(self, url):
        """A new page, without what the one before has left. Returns as it has begun to load."""
        self.session = None
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        if self.wishes:
            self.look(*self.wishes)
        self.forget()
        return self.call("Page.navigate", url=url)

    def answers(self, name, password):
        """What is typed into the dialog that asks for a name and a password; without it nobody is there to type."""
        self.answer = {"response": "ProvideCredentials", "username": name, "password": password}
        self.call("Fetch.enable", handleAuthRequests=True)

    def look(self, width, height, scheme="light", still=False):
        """The size of the window, and what its owner prefers: of this page and of those that are opened."""
        self.wishes = (width, height, scheme, still)
        if not self.session:
            return
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}])

    def run(self, text):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def wait(self, text, seconds=PATIENCE_S):
        """Until an expression is true; returns what it is."""
        deadline = time.time() + seconds
        while True:
            value = self.run(text)
            if value:
                return value
            if time.time() > deadline:
                raise AssertionError("never true: " + text)
            time.sleep(0.05)

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={
                "Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39, "Escape": 27}.get(key, 0))

    @staticmethod
    def decoded(shot):
        return base64.b64decode(shot["data"])

    def picture(self, path, fast=False):
        """Of what is in the window."""
        picture = self.decoded(self.call("Page.captureScreenshot", format="png", optimizeForSpeed=fast))
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(picture)
        return picture

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
