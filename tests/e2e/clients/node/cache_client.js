// The client-side cache of node-redis: what it has read it knows until it is told otherwise. Arguments: port of the server.
"use strict";

const assert = require("node:assert");
const { BasicClientSideCache, createClient } = require("redis");

const port = Number(process.argv[2]);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: "LRU" });

async function connect(options) {
  const client = createClient({ socket: { port, host: "127.0.0.1" }, ...options });
  client.on("error", (error) => assert.fail(error));
  return client.connect();
}

// What was read for nothing a moment ago is still on its way upstream, behind a near cache.
async function becomes(read, wanted) {
  for (let tries = 0; tries < 500 && (await read()) !== wanted; tries++) await sleep(10);
  assert.strictEqual(await read(), wanted);
}

async function isKnown(read, wanted) {
  await becomes(read, wanted);
  const hits = cache.stats().hitCount;
  assert.strictEqual(await read(), wanted);
  assert.strictEqual(cache.stats().hitCount, hits + 1);
}

async function changesAreTold(reader, writer) {
  await writer.set("k", "1");
  await writer.hSet("h", "a", "1");
  await isKnown(() => reader.get("k"), "1");
  await isKnown(() => reader.hGet("h", "a"), "1");
  await writer.set("k", "2");
  await writer.hSet("h", "a", "2");
  await isKnown(() => reader.get("k"), "2");
  await isKnown(() => reader.hGet("h", "a"), "2");
  await writer.del("k");
  await isKnown(() => reader.get("k"), null);
}

async function endsAreTold(reader, writer) {
  await writer.set("k", "short", { PX: 500 });
  await isKnown(() => reader.get("k"), "short");
  await becomes(() => reader.get("k"), null);
  await writer.set("k", "flushed");
  await isKnown(() => reader.get("k"), "flushed");
  await writer.flushAll();
  await becomes(() => reader.get("k"), null);
}

async function nothingOldIsKept(reader, writer) {
  const counts = Array.from({ length: 500 }, () => writer.incr("n").then(() => reader.get("n")));
  await Promise.all(counts);
  await isKnown(() => reader.get("n"), "500");
}

async function main() {
  const reader = await connect({ RESP: 3, clientSideCache: cache });
  const writer = await connect({});
  await changesAreTold(reader, writer);
  await endsAreTold(reader, writer);
  await nothingOldIsKept(reader, writer);
  await Promise.all([reader.close(), writer.close()]);
  console.log("all well");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
