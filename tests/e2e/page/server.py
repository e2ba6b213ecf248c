"""A server with a port for HTTP that can be stopped and started again."""
import os
import shutil
import socket
import subprocess
import tempfile
import time

import redis


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    def __init__(self, program, *options):
        self.program = os.path.abspath(program)
        self.port, self.http = free_port(), free_port()
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="nuthatch-page-server-")
        self.url = f"http://127.0.0.1:{self.http}/"
        self.redis = redis.Redis(port=self.port, decode_responses=True)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--bind", "127.0.0.1", "--port", str(self.port), "--http-port", str(self.http), "--threads", "2",
             *self.options], cwd=self.folder, stdout=subprocess.DEVNULL)
        deadline = time.time() + 30
        while True:
            try:
                return self.redis.ping()
            except redis.RedisError:
                assert time.time() < deadline, "the server does not start"
                time.sleep(0.05)

    def stop(self):
        self.redis.close()
        self.process.terminate()
        assert self.process.wait(30) == 0

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)
