"""examples/events/ at work. Arguments: the folder, port of the server."""

import sys
import threading
import time

import redis

sys.path.insert(0, sys.argv[1])
from events import Events  # noqa: E402

client = redis.Redis(port=int(sys.argv[2]), decode_responses=True)
mails = Events(client, "mails")
Events(client, "mails")  # again: it is there already

# In their order, to one worker, who has them until they are finished.
first = mails.publish("ordered", customer="anna", items=2)
second = mails.publish("paid", customer="anna")
assert mails.take("one", count=1) == [(first, "ordered", {"customer": "anna", "items": 2})]
assert mails.take("two") == [(second, "paid", {"customer": "anna"})]
assert mails.unfinished() == {"one": 1, "two": 1}
assert mails.own("one") == [(first, "ordered", {"customer": "anna", "items": 2})]
assert mails.finish(first) == 1
assert mails.finish(first) == 0
assert mails.own("one") == []
assert mails.take("one", wait_s=0.05) == []

# Another group has all of it too.
statistics = Events(client, "statistics")
assert [kind for _, kind, _ in statistics.take("me")] == ["ordered", "paid"]

# A worker that dies leaves what it had.
hasty = Events(client, "mails", lease_s=0.2)
deadline = time.monotonic() + 20
rescued = []
while not rescued:
    assert time.monotonic() < deadline
    rescued = hasty.rescue("three")
assert rescued == [(second, "paid", {"customer": "anna"})]
assert mails.own("two") == []
# What was deleted meanwhile nobody has to do.
client.xdel("events", second)
time.sleep(0.25)
assert hasty.rescue("four") == []
assert mails.unfinished() == {}

# Who waits for an event has it as soon as it comes.
waiting = threading.Timer(0.2, mails.publish, ["soon"])
waiting.start()
((soon, kind, about),) = mails.take("patient", wait_s=20)
assert (kind, about) == ("soon", {})
mails.finish(soon)

# Many workers: each event is done by one of a group, and by each group.
done = {"mails": [], "statistics": []}
everything = [mails.publish("counted", number=number) for number in range(500)]


def is_done():
    return len(done["mails"]) >= 500 and len(done["statistics"]) >= 500


def note(group):
    return lambda id, kind, about: kind == "counted" and done[group].append(id)


statistics.finish(first, second)
workers = [
    threading.Thread(target=group.work, args=(note(group.group), is_done, f"worker-{number}", 0.1))
    for number in range(3)
    for group in (mails, statistics)
]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join(timeout=60)
for group in mails, statistics:
    assert sorted(done[group.group]) == sorted(everything), len(done[group.group])
    assert group.unfinished() == {}, group.unfinished()
assert [group["lag"] for group in client.xinfo_groups("events")] == [0, 0]
print("all well")
