/** kill -9 of real workers in training: the run ends as if nothing had happened. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { filesUnder } from '../src/run-store/durable.js';
import { lockHolder } from '../src/run-store/lock.js';
import { readEpisodes } from '../src/run-store/records.js';
import { openTeam, type TeamFactory } from '../src/team.js';
import { tinyWorkspace } from './tiny-workspace.js';
import { content, type Workspace } from './workspace.js';

let space: Workspace;
const common = [
  'agent_model.threads=1',
  'critic_model.threads=1',
  'train.max_new_tokens=8',
  'train.items_per_step=2',
  'train.max_steps=3',
  'train.checkpoint_every=1',
  'train.eval_interval=3',
  'train.agent_learning_rate=0.01',
  'train.critic_learning_rate=0.01',
  'env.words=[I, L, C]',
  'env.train_split="[:2]"',
  'env.eval_split="[2:]"',
];

const args = (name: string, more: readonly string[]) => [
  ...['train', 'run.yaml', '--name', name],
  ...[...common, ...more].flatMap((one) => ['--set', one]),
];
const placed = (where: string) => [`agent_model.placement=${where}`, `critic_model.placement=${where}`];

beforeAll(async () => {
  space = tinyWorkspace();
  expect((await space.collm(args('whole', []), openTeam)).code).toBe(0);
});
afterAll(() => space[Symbol.dispose]());

/** What a run reports of episodes that were played to their ends, and what it has saved. */
function outcome(name: string): unknown {
  const { metrics, episodes } = content(space.path('runs', name));
  const dir = space.path('runs', name, 'checkpoints/step-000003');
  const files = filesUnder(dir).map((file) => [file, readFileSync(`${dir}/${file}`).toString('base64')]);
  const played = episodes.filter(({ interrupted }) => !interrupted);
  return { metrics, episodes: played, files: Object.fromEntries(files) };
}

/** Process ids of the workers of a process, by who lives there. */
function workersOf(parent: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, , member = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const ppid = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
      if (Number(ppid) === parent && /^(agent|critic)/.test(member)) found.set(member, Number(pid));
    } catch {
      // It has ended in the meantime.
    }
  }
  return found;
}

/** The call of a member's worker that is its last: the so-manieth of that name since the death before. */
interface Death {
  readonly member: string;
  readonly call: 'act' | 'update' | 'fit' | 'save';
  readonly nth: number;
}

/** One death in each phase, one after the other, each in the attempt that follows the one before. */
const deaths: readonly Death[] = [
  // The evaluation before the first step has two turns.
  { member: 'agent-1', call: 'act', nth: 4 },
  { member: 'agent-0', call: 'update', nth: 2 },
  { member: 'critic', call: 'fit', nth: 2 },
  { member: 'agent-1', call: 'save', nth: 1 },
];

/**
 * Makes sure that a worker answers no further call.
 *
 * @returns what ends it once it has been given its last one
 */
type Doom = (member: string) => () => void;

/** The team of the command line; each death finds a call unanswered. */
function dyingTeam(doom: Doom): TeamFactory {
  return async (...given) => {
    const team = await openTeam(...given);
    const left = [...deaths];
    let count = 0;
    const watched = <M extends object>(inner: M, member: string): M =>
      new Proxy(inner, {
        get(target, property) {
          const own = Reflect.get(target, property);
          if (typeof own !== 'function') return own;
          return (...values: unknown[]) => {
            const [next] = left;
            if (next?.member !== member || next.call !== property || ++count < next.nth)
              return own.apply(target, values);
            left.shift();
            count = 0;
            const end = doom(member);
            const unanswered = own.apply(target, values);
            end();
            return unanswered;
          };
        },
      });
    return {
      ...team,
      agents: team.agents.map((agent, index) => watched(agent, `agent-${index}`)),
      critics: team.critics.map((critic) => watched(critic, 'critic')),
    };
  };
}

/** Trains with that team, through all deaths. */
async function trainWith(doom: Doom, placement: 'process' | 'thread', how: string): Promise<void> {
  const { code, err } = await space.collm(args(placement, placed(placement)), dyingTeam(doom));
  expect(code, err).toBe(0);
  const lost = [...err.matchAll(/The worker of (.*) is gone: (its \w+ was \w+ by \w+)/g)];
  expect(lost.map(([, member, end]) => [member, end])).toEqual(deaths.map(({ member }) => [member, how]));
  const restarts = [...err.matchAll(/Restart 1 of 3, from step (\d)/g)];
  expect(restarts.map(([, step]) => step)).toEqual(['0', '1', '2', '2']);
  expect(outcome(placement)).toEqual(outcome('whole'));
  const broken = readEpisodes(space.path('runs', placement)).filter(({ interrupted }) => interrupted);
  expect(broken.map(({ step, turns }) => [step, turns.length])).toEqual(
    [1, 1, 1, 1].map((step) => [step, 1]),
  );
}

describe('workers that die in a rollout, an update of an agent, one of the critic, and a checkpoint', () => {
  it('as processes, by kill -9', { timeout: 120_000 }, async () => {
    const doom = (member: string) => {
      const pid = workersOf(process.pid).get(member) as number;
      process.kill(pid, 'SIGSTOP');
      return () => process.kill(pid, 'SIGKILL');
    };
    await trainWith(doom, 'process', 'its process was killed by SIGKILL');
  });

  it('as threads, by an error that nobody catches', { timeout: 120_000 }, async () => {
    // Workers in the order in which they are opened: all of the team, then those that have died.
    const names = ['agent-0', 'agent-1', 'critic', ...deaths.map(({ member }) => member)];
    const workers = new Map<string, Worker>();
    const send = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, message, ...more) {
      if ((message as { name?: string } | null)?.name === 'open') workers.set(names.shift() as string, this);
      send.call(this, message, ...more);
    };
    try {
      const doom = (member: string) => {
        // No call at all: the worker stumbles over it.
        send.call(workers.get(member) as Worker, undefined);
        return () => undefined;
      };
      await trainWith(doom, 'thread', 'its thread was ended by Cannot');
    } finally {
      Worker.prototype.postMessage = send;
    }
  });
});

describe('the command line in a process of its own', () => {
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  it('goes on after kill -9 of a worker at any moment', { timeout: 120_000 }, async () => {
    const bin = fileURLToPath(new URL('../bin/collm.js', import.meta.url));
    const started = spawn(process.execPath, [bin, ...args('killed', placed('process'))], {
      cwd: space.dir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    let err = '';
    started.stderr.on('data', (data) => {
      err += data;
    });
    const metrics = space.path('runs/killed/metrics.jsonl');
    while (!existsSync(metrics) || !readFileSync(metrics, 'utf8').includes('"kind":"train"')) {
      if (started.exitCode !== null) throw new Error(`ended too early: ${err}`);
      await sleep(10);
    }
    await sleep(Math.random() * 100);
    const pid = lockHolder(space.path('runs/killed/run.lock'))?.pid as number;
    process.kill(workersOf(pid).get('agent-1') as number, 'SIGKILL');
    const [code] = await once(started, 'close');
    expect(code, err).toBe(0);
    expect(err).toMatch(/The worker of agent-1 is gone: its process was killed by SIGKILL/);
    expect(err).toMatch(/Restart 1 of 3, from step \d/);
    expect(outcome('killed')).toEqual(outcome('whole'));
  });
});
