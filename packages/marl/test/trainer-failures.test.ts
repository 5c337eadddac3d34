import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NonFiniteError } from '../src/errors.js';
import type { EpisodeFinished, StepFinished, TrainerEvent } from '../src/events.js';
import { learningRateFactor } from '../src/learner/schedule.js';
import type { PolicyUpdate, UpdateStats } from '../src/messages.js';
import { replayUpdate } from '../src/trainer/replay.js';
import { train } from '../src/trainer/train.js';
import { matrixGame } from './fakes/matrix-game.js';
import {
  CC,
  type FakeRunOptions,
  fakeRun,
  fakeTeam,
  folderStore,
  MAGRPO,
  newestCheckpoint,
  TRAINER,
} from './fakes/runs.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder('failures');

/** The matrix game whose step throws at given calls. */
function failingAt(...calls: readonly number[]) {
  const environment = matrixGame();
  let step = 0;
  return {
    ...environment,
    step: (state: { turn: number; unlocked: boolean }, responses: readonly string[]) => {
      if (calls.includes(step++)) throw new Error('server gone');
      return environment.step(state, responses);
    },
  };
}

const metricsOf = (events: readonly TrainerEvent[]) =>
  events.flatMap((event) => (event.type === 'step-finished' ? [(event as StepFinished).metrics] : []));

describe('failed rollouts', () => {
  it('are recorded, never trained on, and the others are', async () => {
    const options = { maxSteps: 1, evalInterval: 0, maxFailureRate: 0.5 };
    // 3 items x 2 episodes: the fourth call is the first turn of the fourth episode.
    const { events, agents } = await fakeRun({ algorithm: CC, environment: failingAt(3), options });
    const records = events.flatMap((event) =>
      event.type === 'episode' ? [(event as EpisodeFinished).record] : [],
    );
    expect(records.map(({ failure }) => failure === undefined)).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
    ]);
    expect(records[3]?.failure).toMatch(/server gone \(train, turn 0, episode 3, item game-\d\)/);
    for (const agent of agents) expect(agent.updateCalls[0]).toHaveLength(5 * 2);
    expect(metricsOf(events)[0]).toMatchObject({ 'train/failed_episodes': 1 / 6, 'train/episodes': 5 });
  });

  it('stop the run above the rate; the finished steps are saved and a resume goes on', async () => {
    const events: TrainerEvent[] = [];
    const setup: FakeRunOptions = {
      algorithm: CC,
      options: { evalInterval: 0, checkpointEvery: 0, maxFailureRate: 0.1 },
      checkpoints: folderStore(folder.path),
    };
    const failing = fakeRun({ ...setup, environment: failingAt(13), onEvent: (event) => events.push(event) });
    await expect(failing).rejects.toThrow(/1 of 6 episodes failed, and max_failure_rate is 0.1/);
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['checkpoint-saved', 'run-failed']);
    expect(events.some((event) => event.type === 'episode' && event.record.failure !== undefined)).toBe(true);
    const resumeFrom = await newestCheckpoint(folder.path);
    expect(resumeFrom.state.step).toBe(1);
    const rest = await fakeRun({ ...setup, resumeFrom });
    const whole = await fakeRun({ ...setup, checkpoints: folderStore(join(folder.path, 'whole')) });
    expect(rest.weights).toBe(whole.weights);
  });

  it('in an evaluation are left out of its figures and counted', async () => {
    const options = { maxSteps: 1, evalInterval: 1, maxFailureRate: 0.5 };
    const { events } = await fakeRun({ algorithm: CC, environment: failingAt(0), options });
    const first = events.find((event) => event.type === 'evaluation-finished');
    expect(first).toMatchObject({ metrics: { 'eval/failed_episodes': 1 / 4, 'eval/episodes': 3 } });
  });

  it('of a greedy baseline fail the episode that it is for', async () => {
    const algorithm = { ...MAGRPO, name: 'maremax', maxSource: 'greedy' } as const;
    const options = { maxSteps: 1, evalInterval: 0, maxFailureRate: 0.5 };
    // 3 items x (4 + 16) joint samples, then the greedy chains of their nodes.
    const { events, agents } = await fakeRun({ algorithm, environment: failingAt(60), options });
    expect(metricsOf(events)[0]).toMatchObject({ 'train/failed_episodes': 1 / 3 });
    for (const agent of agents) expect(agent.updateCalls[0]).toHaveLength(2 * 5 * 4);
  });
});

describe('updates that are not finite', () => {
  const broken = async (settings: PolicyUpdate, stats: UpdateStats): Promise<UpdateStats> => ({
    ...stats,
    loss: settings.learningRateFactor > 0 ? Number.NaN : 0,
  });

  /** A run whose second agent breaks at given updates. */
  async function runWith(breaksAt: readonly number[], maxSkippedUpdates: number) {
    const team = fakeTeam(CC, 2);
    const [, second] = team.agents;
    let updates = 0;
    if (second) {
      const update = second.update.bind(second);
      second.update = async (samples, settings) => {
        if (!breaksAt.includes(updates++)) return update(samples, settings);
        return broken(settings, { loss: 0, gradNorm: 1, metrics: {} });
      };
    }
    const events: TrainerEvent[] = [];
    const error = await train({
      environment: matrixGame(),
      ...team,
      algorithm: CC,
      options: { ...TRAINER, evalInterval: 0, checkpointEvery: 0, maxSkippedUpdates },
      checkpoints: folderStore(folder.path),
      onEvent: (event) => events.push(event),
    }).then(
      () => null,
      (reason: unknown) => reason,
    );
    return { error, events, team };
  }

  it('stop the run, and leave what is needed to do the update again', async () => {
    const { error, events, team } = await runWith([2], 0);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['failure-saved', 'run-failed']);
    const dir = join(folder.path, 'failure-2');
    expect((await readdir(dir)).sort()).toEqual(['agent-0', 'agent-1', 'critic', 'update.json']);
    // The same minibatch reaches the same agent again, with the weights that it had.
    const again = fakeTeam(CC, 2);
    const stats = await replayUpdate(dir, again);
    expect(stats.loss).toSatisfy(Number.isFinite);
    expect(again.agents[1]?.updateCalls).toEqual([(error as NonFiniteError).update?.samples]);
    expect(again.agents[1]?.updateSettings).toEqual([(error as NonFiniteError).update?.settings]);
    const before = JSON.parse(team.agents[1]?.weights() as string);
    expect(JSON.parse(again.agents[1]?.weights() as string)).not.toEqual(before);
  });

  it('are left out and counted as long as there are few of them in a row', async () => {
    const { error, events } = await runWith([1, 2, 4, 5], 2);
    expect(error).toBeNull();
    const skipped = metricsOf(events).map((metrics) => metrics['train/skipped_updates']);
    expect(skipped).toEqual([0, 1, 1, 0, 1, 1, 0, 0]);
  });

  it('three in a row are too many when two are allowed', async () => {
    const { error, events } = await runWith([1, 2, 3], 2);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(metricsOf(events)).toHaveLength(3);
  });

  it('a replay of another team or a broken file is refused', async () => {
    await runWith([2], 0);
    const team = fakeTeam(CC, 1);
    await expect(replayUpdate(join(folder.path, 'failure-2'), team)).rejects.toThrow(
      /agent-1, which the team does not have/,
    );
    await expect(replayUpdate(folder.path, team)).rejects.toThrow(/cannot be read as an update/);
  });
});

describe('schedules', () => {
  it.each([
    ['constant', 0, [1, 1, 1]],
    ['linear', 0, [1, 0.5, 0.25]],
    ['cosine', 0, [1, 0.5, 0.1464]],
  ] as const)('%s with %i warm-up steps', (lrSchedule, warmupSteps, expected) => {
    const at = (step: number, progress: number) =>
      learningRateFactor({ lrSchedule, warmupSteps }, step, progress);
    expect(at(0, 0)).toBeCloseTo(expected[0], 4);
    expect(at(2, 0.5)).toBeCloseTo(expected[1], 4);
    expect(at(3, 0.75)).toBeCloseTo(expected[2], 4);
  });

  it('rise over the warm-up and reach agents and critic', async () => {
    const options = { evalInterval: 0, lrSchedule: 'linear', warmupSteps: 2 } as const;
    const { agents, events } = await fakeRun({ algorithm: CC, options });
    // 8 steps of 3 items out of 24.
    const factors = [0.5, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8];
    agents[0]?.updateSettings.forEach((settings, step) => {
      expect(settings.learningRateFactor).toBeCloseTo(factors[step] as number, 12);
    });
    expect(metricsOf(events).map((metrics) => metrics['train/learning_rate_factor'])).toHaveLength(8);
  });
});
