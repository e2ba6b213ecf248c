// BullMQ with its queues here: workers, delays, retries, priorities, flows. Arguments: port of the server.
"use strict";

const assert = require("node:assert");
const Redis = require("ioredis");
const { FlowProducer, Queue, QueueEvents, Worker } = require("bullmq");

const connection = { host: "127.0.0.1", port: Number(process.argv[2]), maxRetriesPerRequest: null };
const opened = [];

function open(thing) {
  thing.setMaxListeners(0); // each job that is waited for is one more
  thing.on("error", (error) => {
    console.log(`an error: ${error.stack}`);
    process.exit(1);
  });
  opened.push(thing);
  return thing;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, holds) {
  const ends = Date.now() + 30000;
  while (!(await holds())) {
    assert(Date.now() < ends, `never: ${what}`);
    await sleep(20);
  }
}

async function openQueue(name) {
  const queue = open(new Queue(name, { connection }));
  const events = open(new QueueEvents(name, { connection }));
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  return { queue, events };
}

const work = (name, does, options) => open(new Worker(name, does, { connection, ...options }));

async function workersDoJobs() {
  const { queue, events } = await openQueue("sums");
  const done = new Map();
  for (let number = 0; number < 3; number++)
    work("sums", async (job) => {
      done.set(job.id, (done.get(job.id) || 0) + 1);
      await job.updateProgress(50);
      return job.data.a + job.data.b;
    }, { concurrency: 4 });
  const jobs = await queue.addBulk([...Array(100).keys()].map((n) => ({ name: "add", data: { a: n, b: 1 } })));
  const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 30000)));
  assert.deepStrictEqual(results, [...Array(100).keys()].map((n) => n + 1));
  assert.deepStrictEqual([...done.values()], Array(100).fill(1), "each is done once");
  const counts = await queue.getJobCounts("completed", "failed", "active", "wait", "delayed");
  assert.deepStrictEqual(counts, { completed: 100, failed: 0, active: 0, wait: 0, delayed: 0 });
  assert.strictEqual((await queue.getJob(jobs[7].id)).returnvalue, 8);
}

async function delayedJobsWait() {
  const { queue, events } = await openQueue("later");
  work("later", async (job) => Date.now() - job.timestamp);
  const jobs = await queue.addBulk([
    { name: "later", data: {}, opts: { delay: 400 } },
    { name: "sooner", data: {}, opts: { delay: 150 } },
    { name: "now", data: {} },
  ]);
  const waited = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 30000)));
  assert(waited[0] >= 400 && waited[1] >= 150, `waited ${waited}`);
  assert(waited[2] < 10000, `waited ${waited}`);
}

async function failedJobsAreTriedAgain() {
  const { queue, events } = await openQueue("flaky");
  const attempts = [];
  work("flaky", async (job) => {
    attempts.push(job.name);
    if (job.name === "hopeless" || job.attemptsMade < 2) throw new Error(`attempt ${job.attemptsMade}`);
    return job.attemptsMade;
  });
  const backoff = { type: "exponential", delay: 30 };
  const flaky = await queue.add("flaky", {}, { attempts: 3, backoff });
  assert.strictEqual(await flaky.waitUntilFinished(events, 30000), 2);
  const hopeless = await queue.add("hopeless", {}, { attempts: 2, backoff });
  await assert.rejects(hopeless.waitUntilFinished(events, 30000), /attempt 1/);
  assert.deepStrictEqual(attempts, ["flaky", "flaky", "flaky", "hopeless", "hopeless"]);
  const failed = await queue.getFailed();
  assert.deepStrictEqual(failed.map((job) => [job.name, job.failedReason]), [["hopeless", "attempt 1"]]);
  await failed[0].retry();
  await until("it fails once more", async () => attempts.length === 6 && (await queue.getFailedCount()) === 1);
}

async function urgentJobsComeFirst() {
  const { queue } = await openQueue("ranked");
  const order = [];
  await queue.pause();
  for (const priority of [3, 1, 2]) await queue.add(`p${priority}`, {}, { priority });
  await queue.add("plain", {});
  await queue.add("lifo", {}, { lifo: true });
  await queue.add("twice", {}, { jobId: "the-same" });
  await queue.add("twice", {}, { jobId: "the-same" });
  work("ranked", async (job) => void order.push(job.name));
  await sleep(200);
  assert.deepStrictEqual(order, [], "a queue that is paused gives nothing");
  await queue.resume();
  await until("all are done", () => order.length === 6);
  assert.deepStrictEqual(order, ["lifo", "plain", "twice", "p1", "p2", "p3"]);
}

async function jobsComeAgain() {
  const { queue } = await openQueue("ticks");
  let ticks = 0;
  work("ticks", async () => void ticks++);
  await queue.upsertJobScheduler("tick", { every: 100 }, { name: "tick" });
  await until("three ticks", () => ticks >= 3);
  assert.strictEqual(await queue.removeJobScheduler("tick"), true);
  assert.deepStrictEqual(await queue.getJobSchedulers(), []);
}

async function workersKeepToARate() {
  const { queue, events } = await openQueue("slow");
  work("slow", async () => Date.now(), { limiter: { max: 5, duration: 1500 }, concurrency: 10 });
  const jobs = await queue.addBulk([...Array(12).keys()].map((n) => ({ name: `${n}`, data: {} })));
  const times = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 30000)));
  assert(Math.max(...times) - Math.min(...times) >= 1500, `12 of 5 in a second and a half: ${times}`);
}

async function parentsWaitForChildren() {
  const { queue } = await openQueue("parents");
  const flow = open(new FlowProducer({ connection }));
  let total = 0;
  work("children", async (job) => job.data.n);
  work("parents", async (job) => {
    total = Object.values(await job.getChildrenValues()).reduce((sum, n) => sum + n, 0);
  });
  const children = [1, 2, 3, 4].map((n) => ({ name: "child", queueName: "children", data: { n } }));
  await flow.add({ name: "parent", queueName: "parents", children });
  await until("the parent is done", async () => (await queue.getCompletedCount()) === 1);
  assert.strictEqual(total, 10);
}

async function lostJobsAreFound() {
  const { queue, events } = await openQueue("lost");
  const impatient = { lockDuration: 500, stalledInterval: 300 };
  const lost = work("lost", () => new Promise(() => {}), { ...impatient, skipStalledCheck: true });
  const job = await queue.add("job", {});
  await until("somebody has it", async () => (await queue.getActiveCount()) === 1);
  await lost.close(true); // its lock is not renewed any more
  work("lost", async () => "found", impatient);
  assert.strictEqual(await job.waitUntilFinished(events, 30000), "found");
}

async function queuesAreCleared() {
  const { queue } = await openQueue("cleared");
  await queue.addBulk([...Array(300).keys()].map((n) => ({ name: `${n}`, data: { text: "x".repeat(200) } })));
  assert.strictEqual(await queue.count(), 300);
  assert.strictEqual((await queue.clean(0, 100, "wait")).length, 100);
  await queue.drain();
  assert.strictEqual(await queue.count(), 0);
  await queue.obliterate({ force: true });
  const client = open(new Redis(connection));
  assert.deepStrictEqual(await client.keys("bull:cleared:*"), []);
}

async function main() {
  const started = Date.now();
  await Promise.all([
    workersDoJobs(), delayedJobsWait(), failedJobsAreTriedAgain(), urgentJobsComeFirst(), jobsComeAgain(),
    workersKeepToARate(), parentsWaitForChildren(), lostJobsAreFound(), queuesAreCleared(),
  ]);
  await Promise.all(opened.reverse().map((thing) => (thing.close ? thing.close() : thing.quit())));
  console.log(`all well, in ${Date.now() - started} ms`);
}

main().then(() => process.exit(0), (error) => {
  console.log(error.stack);
  process.exit(1);
});
