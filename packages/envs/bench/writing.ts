/**
 * Pairs per second of the TLDR reward on one core, for summaries of 60 tokens and elaborations of 150 that pass every
 * gate: the reward alone (`scorePair`), and `step`, which measures everything for the metrics too.
 * Run it with `npx tsx packages/envs/bench/writing.ts [seconds]`.
 */
import { scorePair, Tldr, tldrRules } from '../src/index.js';

const SUMMARY = 60;
const ELABORATION = 150;

const env = new Tldr();
const posts = env.trainItems.map(({ source }) =>
  source.slice(source.indexOf('POST: ') + 6, -'TL;DR:'.length).split(/\s+/),
);
const pairs = posts.flatMap((post, index) => {
  const long = [...(posts[(index + 7) % posts.length] as string[]), ...post, ...post];
  return [0, 5, 20].map((from) => ({
    state: env.reset(env.trainItems[index] as (typeof env.trainItems)[0], index),
    texts: [
      post.slice(from, from + SUMMARY).join(' '),
      long.slice(from, from + ELABORATION).join(' '),
    ] as const,
  }));
});

function measure(name: string, score: (pair: (typeof pairs)[0]) => number, seconds: number): void {
  const all = (): number => pairs.reduce((total, pair) => total + score(pair), 0);
  const until = performance.now() + 500;
  while (performance.now() < until) all();
  const [started, before] = [performance.now(), process.cpuUsage()];
  let [scored, total] = [0, 0];
  while (performance.now() - started < seconds * 1000) {
    total += all();
    scored += pairs.length;
  }
  const passed = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const rate = (time: number) => Math.round(scored / time).toLocaleString('en');
  console.log(
    `${name}: ${rate(passed)} pairs per second, ${rate((user + system) / 1e6)} per second of processor time (mean reward ${(total / scored).toFixed(2)})`,
  );
}

const seconds = Number(process.argv[2] ?? 2);
measure('reward', ({ texts: [first, second] }) => scorePair(tldrRules, first, second).total, seconds);
measure('step', ({ state, texts }) => env.step(state, texts).reward, seconds);
const passing = pairs.filter(({ texts: [first, second] }) => scorePair(tldrRules, first, second).overlap > 0);
console.log(`${passing.length} of ${pairs.length} pairs pass every gate`);
