import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { StepFinished, TrainerEvent } from '../src/events.js';
import { itemsFrom } from '../src/trainer/item-order.js';
import { totalSteps } from '../src/trainer/progress.js';
import { matrixGame } from './fakes/matrix-game.js';
import {
  ALGORITHMS,
  CC,
  fakeRun,
  folderStore,
  MAGRPO,
  newestCheckpoint,
  reported,
  TRAINER,
} from './fakes/runs.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder('trainer');

const EACH = ALGORITHMS.map((algorithm) => [algorithm.name, algorithm] as const);

describe.each(EACH)('%s', (name, algorithm) => {
  it('two runs with one seed report the same and end with the same weights; another seed does not', async () => {
    const first = await fakeRun({ algorithm });
    const second = await fakeRun({ algorithm });
    expect(reported(second.events)).toEqual(reported(first.events));
    expect(second.weights).toBe(first.weights);
    const other = await fakeRun({ algorithm, options: { seed: 43 } });
    expect(other.weights).not.toBe(first.weights);
  });

  it('looking changes nothing: evaluation and checkpoints leave the training as it is', async () => {
    const watched = await fakeRun({ algorithm, checkpoints: folderStore(folder.path) });
    const unwatched = await fakeRun({ algorithm, options: { evalInterval: 0, checkpointEvery: 0 } });
    expect(unwatched.weights).toBe(watched.weights);
  });

  it('a run that is asked to stop at any moment resumes to the same end', async () => {
    const whole = await fakeRun({ algorithm });
    const moments = whole.events.length;
    for (let moment = 0; moment < moments; moment += 7) {
      const stop = new AbortController();
      const dir = join(folder.path, String(moment));
      let seen = 0;
      const part = await fakeRun({
        algorithm,
        checkpoints: folderStore(dir),
        signal: stop.signal,
        onEvent: () => {
          if (seen++ === moment) stop.abort();
        },
      });
      const rest = await fakeRun({
        algorithm,
        checkpoints: folderStore(dir),
        resumeFrom: await newestCheckpoint(dir),
      });
      expect(rest.weights, `stopped at event ${moment}`).toBe(whole.weights);
      expect(reported([...part.events, ...rest.events])).toEqual(reported(whole.events));
      // Nothing is played twice: every step and evaluation is reported by one of the two alone.
      const steps = [...part.events, ...rest.events].flatMap((event) =>
        event.type === 'step-finished' || event.type === 'evaluation-finished'
          ? [`${event.type} ${event.step}`]
          : [],
      );
      expect(new Set(steps).size).toBe(steps.length);
    }
  });

  it('survives SIGKILL in the middle of a step', async () => {
    const whole = await fakeRun({ algorithm });
    // Step 4 has been saved (checkpointEvery 2); the sixth step is under way.
    const killed = await child(
      name,
      folder.path,
      (event) => event.type === 'phase-started' && event.step === 5,
    );
    expect(killed.signal).toBe('SIGKILL');
    expect((await newestCheckpoint(folder.path)).state.step).toBe(4);
    const resumed = await child(name, folder.path, () => false);
    expect(resumed.weights).toBe(whole.weights);
    const inJson = JSON.parse(JSON.stringify([...reported(whole.events)]));
    expect([...reported([...killed.events, ...resumed.events])].sort()).toEqual(inJson.sort());
  });
});

/** Runs train-child.ts until it ends or `killAt` holds for an event. */
async function child(name: string, dir: string, killAt: (event: TrainerEvent) => boolean) {
  const script = fileURLToPath(new URL('./fakes/train-child.ts', import.meta.url));
  const running = spawn(process.execPath, ['--import', 'tsx', script, name, dir], {
    // tsx is found from the package's folder, wherever the tests were started.
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    running.on('close', (_, signal) => resolve(signal));
  });
  const events: TrainerEvent[] = [];
  let weights: string | undefined;
  for await (const line of createInterface({ input: running.stdout })) {
    const event = JSON.parse(line);
    if (event.type === 'weights') weights = event.weights;
    else if (!running.killed) events.push(event);
    if (!running.killed && killAt(event)) running.kill('SIGKILL');
  }
  return { events, weights, signal: await ended };
}

describe('the loop', () => {
  const stepsOf = (events: readonly TrainerEvent[], type: TrainerEvent['type']) =>
    events.flatMap((event) => (event.type === type ? [(event as StepFinished).step] : []));

  it('evaluates before the first step, on schedule and after the last; saves on schedule and at the end', async () => {
    // 4 items, 6 epochs, 3 per step: 8 steps.
    const { events, result } = await fakeRun({
      algorithm: CC,
      checkpoints: folderStore(folder.path),
      options: { checkpointEvery: 3 },
    });
    expect(result).toMatchObject({
      reason: 'finished',
      state: { step: 8, items: 24, episodes: 48, envSteps: 96 },
    });
    expect(stepsOf(events, 'step-finished')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(stepsOf(events, 'evaluation-finished')).toEqual([0, 3, 6, 8]);
    expect(stepsOf(events, 'checkpoint-saved')).toEqual([3, 6, 8]);
    expect((await readdir(folder.path)).sort()).toEqual(['step-000003', 'step-000006', 'step-000008']);
    expect((await readdir(join(folder.path, 'step-000008'))).sort()).toEqual([
      'agent-0',
      'agent-1',
      'critic',
      'state.json',
    ]);
  });

  it('never uses a sampling key twice, so no two steps draw the same random numbers', async () => {
    const { agents } = await fakeRun({ algorithm: CC });
    const keys = agents.flatMap((agent) =>
      agent.actCalls.flatMap(({ requests }) => requests.flatMap((r) => r.keys)),
    );
    const training = keys.filter((key) => key.phase === 'train').map((key) => JSON.stringify(key));
    // 24 items x 2 trajectories x 2 turns x 2 agents.
    expect(training).toHaveLength(192);
    expect(new Set(training).size).toBe(training.length);
  });

  it('ends a rollout after the turn in which a stop is requested, and keeps nothing of it', async () => {
    const stop = new AbortController();
    const { agents, result } = await fakeRun({
      algorithm: CC,
      options: { evalInterval: 0 },
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'phase-progress' && event.phase === 'rollout') stop.abort();
      },
    });
    expect(result).toMatchObject({ reason: 'requested', state: { step: 0, episodes: 0, envSteps: 0 } });
    for (const agent of agents) {
      expect(agent.actCalls).toHaveLength(1);
      expect(agent.updateCalls).toHaveLength(0);
    }
  });

  it('counts env steps as joint samples', async () => {
    // MAGRPO, G = 4: 4 + 16 joint samples per item, 24 items.
    const { result } = await fakeRun({ algorithm: MAGRPO });
    expect(result.state.envSteps).toBe(24 * 20);
  });

  it('takes what is left of the last epoch, and respects maxSteps', async () => {
    const options = { numTrainEpochs: 1, itemsPerStep: 3 };
    const { result } = await fakeRun({ algorithm: CC, options });
    expect(result.state).toMatchObject({ step: 2, items: 4 });
    expect(totalSteps(4, { ...TRAINER, ...options })).toBe(2);
    expect(totalSteps(4, { ...TRAINER, ...options, maxSteps: 1 })).toBe(1);
  });

  it('evaluates never with 0 items or interval 0', async () => {
    for (const options of [{ evalNumSamples: 0 }, { evalInterval: 0 }]) {
      const { events } = await fakeRun({ algorithm: CC, options });
      expect(stepsOf(events, 'evaluation-finished')).toEqual([]);
    }
  });

  it('reports finite metrics only, and tells sinks about every phase', async () => {
    for (const algorithm of ALGORITHMS) {
      const { events } = await fakeRun({
        algorithm,
        checkpoints: folderStore(join(folder.path, algorithm.name)),
      });
      for (const event of events) {
        if (event.type !== 'step-finished' && event.type !== 'evaluation-finished') continue;
        for (const [name, value] of Object.entries(event.metrics))
          expect(value, name).toSatisfy(Number.isFinite);
      }
      const started = events.flatMap((event) => (event.type === 'phase-started' ? [event.phase] : []));
      const finished = events.flatMap((event) => (event.type === 'phase-finished' ? [event.phase] : []));
      expect(started.sort()).toEqual(finished.sort());
      const critic = 'gaeLambda' in algorithm ? ['update-critic', 'values'] : [];
      expect([...new Set(started)]).toEqual(
        ['checkpoint', 'evaluation', 'rollout', 'update-agent', ...critic].sort(),
      );
    }
  });

  it('refuses a checkpoint of another experiment', async () => {
    await fakeRun({ algorithm: CC, checkpoints: folderStore(folder.path) });
    const resumeFrom = await newestCheckpoint(folder.path);
    await expect(fakeRun({ algorithm: MAGRPO, resumeFrom })).rejects.toThrow(
      /algorithm collm_cc.*algorithm magrpo/,
    );
    await expect(fakeRun({ algorithm: CC, resumeFrom, options: { seed: 1 } })).rejects.toThrow(
      /seed 42.*seed 1/,
    );
  });

  it('reports a failure with the step it happened in', async () => {
    const environment = matrixGame();
    let steps = 0;
    const events: TrainerEvent[] = [];
    const failing = fakeRun({
      algorithm: CC,
      options: { evalInterval: 0 },
      environment: {
        ...environment,
        step: (state, responses) => {
          if (steps++ === 20) throw new Error('server gone');
          return environment.step(state as { turn: number; unlocked: boolean }, responses);
        },
      },
      onEvent: (event) => events.push(event),
    });
    // 3 items x 2 episodes x 2 turns = 12 env steps per step: the 21st is in the second.
    await expect(failing).rejects.toThrow(
      /1 of 6 episodes failed, and max_failure_rate is 0. The first: .*failed to step: server gone \(train, turn 1, episode \d+, item game-\d\)/,
    );
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', step: 1, error: { code: 'ROLLOUT' } });
  });
});

describe('item order', () => {
  const items = Array.from({ length: 5 }, (_, index) => ({ id: String(index) }));

  it('takes every item once per epoch, in an order of its own, whatever the step size', () => {
    const stream = itemsFrom(items, 0, 15, true, 42).map((item) => item.id);
    const epochs = [stream.slice(0, 5), stream.slice(5, 10), stream.slice(10)];
    for (const epoch of epochs) expect([...epoch].sort()).toEqual(['0', '1', '2', '3', '4']);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
    const pieces = [0, 4, 8, 12].flatMap((at) => itemsFrom(items, at, Math.min(4, 15 - at), true, 42));
    expect(pieces.map((item) => item.id)).toEqual(stream);
  });

  it('keeps the order when not shuffled', () => {
    expect(itemsFrom(items, 3, 4, false, 42).map((item) => item.id)).toEqual(['3', '4', '0', '1']);
  });
});
