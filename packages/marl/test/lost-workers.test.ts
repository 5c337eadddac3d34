/** A member of the team dies at any moment: the run goes on from its last state as if nothing had happened. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Checkpoint, EpisodeRecord, TrainerEvent } from '../src/index.js';
import { lostWorker } from '../src/index.js';
import { train } from '../src/trainer/train.js';
import { losingTeam } from './fakes/losing-team.js';
import { matrixGame } from './fakes/matrix-game.js';
import {
  CC,
  fakeRun,
  fakeTeam,
  folderStore,
  MAGRPO,
  newestCheckpoint,
  reported,
  TRAINER,
} from './fakes/runs.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder('lost');

const never = Number.POSITIVE_INFINITY;

/** One attempt with new members, one of which dies at a call; keeps states in a folder. */
async function attempt(
  algorithm: typeof CC | typeof MAGRPO,
  dir: string,
  moment: number,
  resumeFrom?: Checkpoint,
) {
  const members = fakeTeam(algorithm, 2);
  const team = losingTeam(members, moment);
  const events: TrainerEvent[] = [];
  const error: unknown = await train({
    environment: matrixGame(),
    agents: team.agents,
    critics: team.critics,
    algorithm,
    options: { ...TRAINER, numTrainEpochs: 2, evalInterval: 2, checkpointEvery: 2 },
    checkpoints: folderStore(dir),
    recovery: { store: folderStore(dir), interval: 1 },
    onEvent: (event) => events.push(event),
    ...(resumeFrom ? { resumeFrom } : {}),
  }).then(
    () => null,
    (reason) => reason,
  );
  const weights = [...members.agents, ...members.critics].map((member) => member.weights()).join('\n');
  return { error, events, weights, calls: team.calls() };
}

const episodesOf = (events: readonly TrainerEvent[]): EpisodeRecord[] =>
  events.flatMap((event) => (event.type === 'episode' ? [event.record] : []));

describe.each([
  ['collm_cc', CC],
  ['magrpo', MAGRPO],
] as const)('%s', (_, algorithm) => {
  it('ends as if nothing had happened, whichever call is the last of a worker', async () => {
    const whole = await attempt(algorithm, join(folder.path, 'whole'), never);
    expect(whole.error).toBeNull();
    expect(whole.calls).toBeGreaterThan(30);
    for (let moment = 1; moment <= whole.calls; moment++) {
      const dir = join(folder.path, String(moment));
      const part = await attempt(algorithm, dir, moment);
      expect(lostWorker(part.error), `call ${moment}`).toMatchObject({ code: 'WORKER_LOST' });
      expect(part.events.at(-1)?.type).toBe('worker-lost');
      const state = await newestCheckpoint(dir).catch(() => undefined);
      const rest = await attempt(algorithm, dir, never, state);
      expect(rest.weights, `call ${moment}`).toBe(whole.weights);
      const events = [...part.events, ...rest.events].filter(
        (event) => event.type !== 'episode' || !event.record.interrupted,
      );
      expect(reported(events)).toEqual(reported(whole.events));
      // What was finished before the last state is not done again.
      const again = rest.events.flatMap((event) => (event.type === 'step-finished' ? [event.step] : []));
      expect(Math.min(...again, never)).toBeGreaterThan(state?.state.step ?? 0);
    }
  }, 30_000);
});

describe('the episodes in flight', () => {
  it('are told of as failed, with the worker and the turns they had come to', async () => {
    // 2 agents at 2 turns of an evaluation, 3 saves of the start, 2 answers of the first turn: the next is the second turn.
    const { events, error } = await attempt(CC, folder.path, 4 + 3 + 3);
    expect(String(error)).toMatch(/failed to answer \(train, turn 1, agent-0/);
    const broken = episodesOf(events).filter(({ interrupted }) => interrupted);
    expect(broken.map(({ episode }) => episode)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const record of broken) {
      expect(record).toMatchObject({
        phase: 'train',
        step: 1,
        failure: 'The worker of agent-0 is gone: its process was killed by SIGKILL.',
      });
      expect(record.turns).toHaveLength(1);
    }
    expect(events.at(-1)).toMatchObject({ type: 'worker-lost', step: 0, episodes: 6 });
    expect(events.some(({ type }) => type === 'run-failed')).toBe(false);
  });

  it('of an evaluation too, and none while nothing is played', async () => {
    const { events } = await attempt(CC, join(folder.path, 'a'), 1);
    expect(episodesOf(events).map(({ phase, step }) => [phase, step])).toEqual(
      Array.from({ length: 4 }, () => ['evaluation', 0]),
    );
    const saving = await attempt(CC, join(folder.path, 'b'), 5);
    expect(episodesOf(saving.events).filter(({ interrupted }) => interrupted)).toEqual([]);
    expect(saving.events.at(-1)).toMatchObject({ type: 'worker-lost', step: 0, episodes: 0 });
  });
});

describe('a state for restarts', () => {
  it('becomes a checkpoint where the run stops at once', async () => {
    await attempt(CC, folder.path, 30);
    const state = await newestCheckpoint(folder.path);
    const saved = async (recovery: boolean) => {
      const dir = join(folder.path, String(recovery));
      await fakeRun({
        algorithm: CC,
        options: { numTrainEpochs: 2, evalInterval: 2 },
        checkpoints: folderStore(dir),
        resumeFrom: { ...state, recovery },
        signal: AbortSignal.abort(),
      });
      return existsSync(dir) ? readdirSync(dir) : [];
    };
    expect(await saved(true)).toEqual([`step-00000${state.state.step}`]);
    // What is a checkpoint already is not saved again.
    expect(await saved(false)).toEqual([]);
  });

  it('is not written again by the attempt that goes on from it', async () => {
    await attempt(CC, folder.path, 30);
    const { events } = await attempt(CC, folder.path, never, {
      ...(await newestCheckpoint(folder.path)),
      recovery: true,
    });
    const [, first] = events;
    expect(first).toMatchObject({ type: 'phase-started', phase: 'rollout' });
  });
});
