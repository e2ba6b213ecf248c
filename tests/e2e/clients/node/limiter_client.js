// rate-limiter-flexible with its counts here, over ioredis and over node-redis. Arguments: port of the server.
"use strict";

const assert = require("node:assert");
const Redis = require("ioredis");
const { createClient } = require("redis");
const { BurstyRateLimiter, RateLimiterQueue, RateLimiterRedis } = require("rate-limiter-flexible");

const port = Number(process.argv[2]);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function expectLimited(promise) {
  const refusal = await promise.then(() => assert.fail("it was let through"), (reason) => reason);
  assert(!(refusal instanceof Error), refusal);
  assert(refusal.msBeforeNext > 0);
  return refusal;
}

async function limitsAreKept(limiter) {
  for (let n = 1; n <= 3; n++) {
    const used = await limiter.consume("user");
    assert.strictEqual(used.consumedPoints, n);
    assert.strictEqual(used.remainingPoints, 3 - n);
    assert(used.msBeforeNext > 0 && used.msBeforeNext <= 1000);
  }
  assert.strictEqual((await expectLimited(limiter.consume("user"))).consumedPoints, 4);
  await limiter.consume("another", 3);
  await sleep(1100);
  assert.strictEqual((await limiter.consume("user")).consumedPoints, 1);
  await limiter.reward("user");
  await limiter.penalty("user", 2);
  assert.strictEqual((await limiter.get("user")).consumedPoints, 2);
  await limiter.block("user", 5);
  await expectLimited(limiter.consume("user"));
  assert.strictEqual(await limiter.delete("user"), true);
  assert.strictEqual(await limiter.get("user"), null);
  await limiter.set("user", 2, 1);
  assert.strictEqual((await limiter.consume("user")).remainingPoints, 0);
}

async function manyAtOnce(storeClient, more) {
  const limiter = new RateLimiterRedis({ storeClient, keyPrefix: "crowd", points: 50, duration: 30, ...more });
  const outcomes = await Promise.allSettled([...Array(200).keys()].map(() => limiter.consume("all")));
  assert.strictEqual(outcomes.filter((outcome) => outcome.status === "fulfilled").length, 50);
  for (const { reason } of outcomes) assert(!(reason instanceof Error), reason);
}

async function burstsAndQueues(storeClient, more) {
  const steady = new RateLimiterRedis({ storeClient, keyPrefix: "steady", points: 1, duration: 1, ...more });
  const burst = new RateLimiterRedis({ storeClient, keyPrefix: "burst", points: 2, duration: 5, ...more });
  const bursty = new BurstyRateLimiter(steady, burst);
  for (let n = 0; n < 3; n++) await bursty.consume("user");
  await expectLimited(bursty.consume("user"));
  const some = new RateLimiterRedis({ storeClient, keyPrefix: "queue", points: 2, duration: 1, ...more });
  const queue = new RateLimiterQueue(some);
  const started = Date.now();
  await Promise.all([1, 2, 3, 4, 5].map(() => queue.removeTokens(1)));
  assert(Date.now() - started >= 1000, `five of two a second in ${Date.now() - started} ms`);
}

async function checkAll(storeClient, name, more) {
  const options = { storeClient, points: 3, duration: 1, keyPrefix: name, ...more };
  await limitsAreKept(new RateLimiterRedis(options));
  await limitsAreKept(new RateLimiterRedis({ ...options, keyPrefix: `${name}-soft`, rejectIfRedisNotReady: true }));
  await manyAtOnce(storeClient, more);
  await burstsAndQueues(storeClient, more);
  await storeClient.del("crowd:all", "steady:user", "burst:user", "queue:limiter");
}

async function main() {
  const io = new Redis({ port, enableOfflineQueue: false, lazyConnect: true });
  await io.connect();
  await checkAll(io, "io");
  await io.quit();
  for (const RESP of [2, 3]) {
    const node = createClient({ socket: { port, host: "127.0.0.1" }, RESP });
    await node.connect();
    await node.sendCommand(["DEL", "crowd:all", "steady:user", "burst:user", "queue:limiter"]);
    await checkAll(node, `node${RESP}`, { useRedisPackage: true });
    await node.close();
  }
  console.log("all well");
}

main().then(() => process.exit(0), (error) => {
  console.log(error.stack || error);
  process.exit(1);
});
