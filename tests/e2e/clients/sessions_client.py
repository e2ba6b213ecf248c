"""examples/sessions/ at work. Arguments: the folder, port of the server."""

import sys
import time

import redis

sys.path.insert(0, sys.argv[1])
from sessions import Sessions  # noqa: E402

client = redis.Redis(port=int(sys.argv[2]), decode_responses=True)
store = Sessions(client)

token = store.open("anna", browser="lynx")
assert store.use(token) == {"user": "anna", "requests": "1", "browser": "lynx"}
store.keep(token, language="fi", cart="42")
assert store.use(token) == {"user": "anna", "requests": "2", "browser": "lynx", "language": "fi", "cart": "42"}
assert 0 < client.ttl(f"session:{token}") <= 1800

other = store.open("anna")
assert client.smembers("sessions:anna") == {token, other}
store.close(token)
assert store.use(token) is None
assert client.smembers("sessions:anna") == {other}

store.open("anna")
assert store.close_all("anna") == 2
assert store.close_all("anna") == 0
assert store.use(other) is None
assert client.keys("*") == []

brief = Sessions(client, lifetime_s=1)
token = brief.open("berta")
deadline = time.monotonic() + 20
while client.exists(f"session:{token}"):
    assert time.monotonic() < deadline
    time.sleep(0.05)
assert brief.use(token) is None
assert brief.close_all("berta") == 0
print("all well")
