/** Runs that are measured in env steps: where they end, when they evaluate, and what they tell of how far they are. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { learningRateFactor } from '../src/learner/schedule.js';
import { expectedSteps } from '../src/trainer/progress.js';
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

const folder = temporaryFolder('env-steps');

type Events = Awaited<ReturnType<typeof fakeRun>>['events'];

const finishedSteps = (events: Events) =>
  events.flatMap((event) => (event.type === 'step-finished' ? [event] : []));
const evaluatedAt = (events: Events) =>
  events.flatMap((event) => (event.type === 'evaluation-finished' ? [event.envSteps] : []));

describe('maxEnvSteps', () => {
  // A step of CoLLM-CC is 3 items x 2 trajectories x 2 turns: 12 env steps.
  it.each([
    [12, 12],
    [13, 24],
    [24, 24],
    [25, 36],
  ])('%i end the run at %i, with the first step that reaches them', async (maxEnvSteps, end) => {
    const { events, result } = await fakeRun({ algorithm: CC, options: { maxEnvSteps } });
    expect(result).toMatchObject({ reason: 'finished', state: { envSteps: end, step: end / 12 } });
    expect(evaluatedAt(events).at(-1)).toBe(end);
  });

  it('leaves what is before its end as it is, to the last bit', async () => {
    const limited = await fakeRun({ algorithm: CC, options: { maxEnvSteps: 30 } });
    const stepped = await fakeRun({ algorithm: CC, options: { maxSteps: 3 } });
    expect(limited.weights).toBe(stepped.weights);
  });

  it('gives way to items and steps that end the run before it', async () => {
    const long = await fakeRun({ algorithm: CC, options: { maxEnvSteps: 10_000 } });
    const free = await fakeRun({ algorithm: CC });
    expect(long.weights).toBe(free.weights);
    expect(finishedSteps(long.events).at(-1)?.totalSteps).toBe(8);
    const short = await fakeRun({ algorithm: CC, options: { maxEnvSteps: 10_000, maxSteps: 2 } });
    expect(short.result.state.step).toBe(2);
  });

  it('is what learning rates and progress go by', async () => {
    const options = { maxEnvSteps: 40, lrSchedule: 'linear' } as const;
    const { events } = await fakeRun({ algorithm: CC, options });
    const metrics = finishedSteps(events).map((event) => event.metrics);
    expect(metrics.map((own) => own['train/progress'])).toEqual([0.3, 0.6, 0.9, 1]);
    const factors = [0, 0.3, 0.6, 0.9].map((share, step) =>
      learningRateFactor({ lrSchedule: 'linear', warmupSteps: 0 }, step, share),
    );
    expect(metrics.map((own) => own['train/learning_rate_factor'])).toEqual(factors);
  });

  it.each(ALGORITHMS.map((algorithm) => [algorithm.name, algorithm] as const))(
    '%s: the steps to expect are right from the start where every episode lasts to the horizon',
    async (_, algorithm) => {
      const environment = matrixGame(algorithm.name === 'grpo' || algorithm.name === 'ac' ? 1 : 2);
      const whole = { ...TRAINER, evalInterval: 0, itemsPerStep: 2 };
      const free = await fakeRun({ algorithm, environment, options: whole });
      const perStep = finishedSteps(free.events)[0]?.envSteps as number;
      const options = { ...whole, maxEnvSteps: 4 * perStep - 1 };
      expect(expectedSteps({ environment, algorithm, options }, { step: 0, envSteps: 0 })).toBe(4);
      const { events, result } = await fakeRun({ algorithm, environment, options });
      expect(result.state.step).toBe(4);
      expect(finishedSteps(events).map(({ totalSteps }) => totalSteps)).toEqual([4, 4, 4, 4]);
    },
  );

  it('knows branches that are not played on, and goes by the pace where episodes end early', () => {
    const environment = matrixGame();
    const options = { ...TRAINER, maxEnvSteps: 120, numTrainEpochs: 1000 };
    const expected = (algorithm: typeof MAGRPO, state = { step: 0, envSteps: 0 }) =>
      expectedSteps({ environment, algorithm, options }, state);
    // 3 items of 4 + 4 x 4 joint samples; with one branch 4 + 4.
    expect(expected(MAGRPO)).toBe(2);
    expect(expected({ ...MAGRPO, branchesPerNode: 1 })).toBe(5);
    expect(expected(MAGRPO, { step: 2, envSteps: 20 })).toBe(12);
    expect(expected(MAGRPO, { step: 9, envSteps: 131 })).toBe(9);
  });
});

describe('evalEnvSteps', () => {
  it('evaluates where another multiple was passed, before the first step and after the last', async () => {
    const every = async (evalEnvSteps: number, maxEnvSteps: number | null = null) =>
      evaluatedAt((await fakeRun({ algorithm: CC, options: { evalEnvSteps, maxEnvSteps } })).events);
    expect(await every(24)).toEqual([0, 24, 48, 72, 96]);
    expect(await every(30)).toEqual([0, 36, 60, 96]);
    expect(await every(5, 30)).toEqual([0, 12, 24, 36]);
    expect(await every(1000)).toEqual([0, 96]);
  });

  it('takes the place of evalInterval, 0 too', async () => {
    for (const evalInterval of [0, 1]) {
      const { events } = await fakeRun({ algorithm: CC, options: { evalInterval, evalEnvSteps: 40 } });
      expect(evaluatedAt(events)).toEqual([0, 48, 84, 96]);
    }
    const { events } = await fakeRun({ algorithm: CC, options: { evalEnvSteps: 40, evalNumSamples: 0 } });
    expect(evaluatedAt(events)).toEqual([]);
  });

  it.each([
    ['collm_cc', CC, { evalEnvSteps: 30, maxEnvSteps: 80 }],
    ['magrpo', MAGRPO, { evalEnvSteps: 100, maxEnvSteps: 290 }],
  ] as const)(
    '%s: a run that is asked to stop at any moment resumes to the same end',
    async (_, algorithm, limits) => {
      const options = { ...limits, lrSchedule: 'cosine' } as const;
      const whole = await fakeRun({ algorithm, options });
      for (let moment = 0; moment < whole.events.length; moment += 5) {
        const stop = new AbortController();
        const dir = join(folder.path, String(moment));
        let seen = 0;
        const setup = { algorithm, options, checkpoints: folderStore(dir) };
        const part = await fakeRun({
          ...setup,
          signal: stop.signal,
          onEvent: () => {
            if (seen++ === moment) stop.abort();
          },
        });
        const rest = await fakeRun({ ...setup, resumeFrom: await newestCheckpoint(dir) });
        expect(rest.weights, `stopped at event ${moment}`).toBe(whole.weights);
        expect(reported([...part.events, ...rest.events])).toEqual(reported(whole.events));
        expect([...evaluatedAt(part.events), ...evaluatedAt(rest.events)]).toEqual(evaluatedAt(whole.events));
      }
    },
  );

  it('leaves no trace in the state of runs without it', async () => {
    const { result } = await fakeRun({ algorithm: CC });
    expect(result.state).not.toHaveProperty('evaluatedEnvSteps');
  });
});
