// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import myEnv from './my-env.mjs';

const env = myEnv();
const item = { id: 'test', things: ['ant', 'bee', 'cow', 'dog'] };
const start = env.reset(item, 0);

test('naming everything once is worth 1', async () => {
  const { reward, components } = await env.step(start, ['Ant, bee', 'cow and dog']);
  assert.equal(reward, 1);
  assert.deepEqual(components, { coverage: 1, overlap: -0 });
});

test('naming things twice costs', async () => {
  const { reward, metrics } = await env.step(start, ['ant bee cow dog', 'cow dog']);
  assert.equal(reward, 0.5);
  assert.deepEqual(metrics, { covered: 4, twice: 2 });
});

test('the next turn tells what was missing, and the last one ends', async () => {
  const first = await env.step(start, ['ant', '']);
  assert.equal(first.terminated, false);
  const [observation] = env.observe(first.state);
  assert.match(observation?.messages[0]?.content ?? '', /missing: bee, cow, dog/);
  const second = await env.step(first.state, ['', '']);
  assert.equal(second.terminated, true);
  assert.equal(second.reward, 0);
});

test('a wrong number of responses is an error', () => {
  assert.throws(() => env.step(start, ['ant']), /2 responses/);
});
