"""examples/leaderboard/ at work. Arguments: the folder, port of the server."""

import random
import sys

import redis

sys.path.insert(0, sys.argv[1])
from leaderboard import Leaderboard  # noqa: E402

client = redis.Redis(port=int(sys.argv[2]), decode_responses=True)
board = Leaderboard(client, "chess")

assert [board.report(*game) for game in (("anna", 1500), ("berta", 1720), ("carl", 1410))] == [1, 1, 3]
assert board.report("carl", 1600.5) == 2
assert board.report("berta", 100) == 1
assert board.top(2) == [(1, "berta", 1720.0), (2, "carl", 1600.5)]
assert board.top(5, skip=2) == [(3, "anna", 1500.0)]
assert board.around("carl", 1) == [(1, "berta", 1720.0), (2, "carl", 1600.5), (3, "anna", 1500.0)]
assert board.around("nobody") == []
assert board.between(1500, 1700) == 2
assert board.keep(1) == 2
assert board.keep(1) == 0
assert board.top(9) == [(1, "berta", 1720.0)]

# Many players, against a sorted list.
crowd = Leaderboard(client, "go")
points = {f"player:{i}": random.Random(i).randrange(10**6) for i in range(20000)}
with client.pipeline(transaction=False) as pipe:
    for player, score in points.items():
        pipe.zadd(crowd.key, {player: score}, gt=True)
    pipe.execute()
order = sorted(((score, player) for player, score in points.items()), reverse=True)
assert crowd.top(10) == [(i, player, float(score)) for i, (score, player) in enumerate(order[:10], start=1)]
for place in 1, 2, 777, 19999, 20000:
    rows = crowd.around(order[place - 1][1], 3)
    first = max(1, place - 3)
    assert [row[0] for row in rows] == list(range(first, min(20000, place + 3) + 1))
    assert [row[1] for row in rows] == [player for _, player in order[first - 1 : place + 3]]
assert crowd.between(250000, 500000) == sum(250000 <= score <= 500000 for score in points.values())
assert crowd.keep(100) == 19900
assert crowd.top(1000)[-1][:2] == (100, order[99][1])
print("all well")
