"""examples/jobs/ at work. Arguments: the folder, port of the server."""

import sys
import threading
import time

import redis

sys.path.insert(0, sys.argv[1])
from jobs import Jobs  # noqa: E402

client = redis.Redis(port=int(sys.argv[2]), decode_responses=True)
queue = Jobs(client)

# First come, first served.
assert queue.add({"mail": "anna"}, {"mail": "berta"}) == 2
job = queue.take("one")
assert job == '{"mail": "anna"}'
assert client.lrange("jobs:one", 0, -1) == [job]
assert queue.finish("one", job)
assert not queue.finish("one", job)
queue.finish("one", queue.take("one"))
assert queue.take("one") is None
assert client.exists("jobs", "jobs:one") == 0

# A worker that dies leaves its job, which is done before those that came later.
brief = Jobs(client, lease_s=1)
brief.add("first", "second")
assert brief.take("doomed") == '"first"'
deadline = time.monotonic() + 20
while brief.rescue() == 0:
    assert time.monotonic() < deadline
    time.sleep(0.05)
assert client.lrange("jobs", 0, -1) == ['"second"', '"first"']
client.delete("jobs")

# Who waits for a job has it as soon as it comes.
waiting = threading.Timer(0.2, queue.add, ["soon"])
waiting.start()
assert queue.take("patient", wait_s=20) == '"soon"'
assert queue.finish("patient", '"soon"')
assert queue.take("patient", wait_s=0.05) is None

# Many workers: each job is done once.
done = []
queue.add(*range(500))
workers = [
    threading.Thread(target=queue.work, args=(f"worker-{i}", done.append, lambda: len(done) >= 500))
    for i in range(4)
]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join(timeout=60)
assert sorted(done) == list(range(500)), len(done)
assert client.keys("jobs*") == []
print("all well")
