import { mkdir, mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '@collm/envs';
import type {
  Checkpoint,
  CheckpointStore,
  CollmCcOptions,
  MagrpoOptions,
  Metrics,
  TrainerEvent,
  TrainerOptions,
  TrainingResult,
} from '../../src/index.js';
import { train } from '../../src/trainer/train.js';
import { matrixGame } from './matrix-game.js';
import { SoftmaxAgent } from './softmax-agent.js';
import { TableCritic } from './table-critic.js';

const COMMON = {
  discount: 1,
  trainBatchSize: null,
  updateEpochs: 1,
  policyLoss: 'pg',
  clipEps: 0.2,
  ratioLevel: 'token',
  lossAggregation: 'tokenMean',
} as const;

export const CC: CollmCcOptions = {
  ...COMMON,
  name: 'collm_cc',
  advantageNormalization: 'none',
  numGenerations: 2,
  gaeLambda: 0,
  bootstrapOnHorizon: false,
  valueLossCoef: 0.5,
  valueClipRange: null,
  criticWarmupSteps: 0,
};

export const MAGRPO: MagrpoOptions = {
  ...COMMON,
  name: 'magrpo',
  advantageNormalization: 'none',
  numGenerations: 4,
  jointMode: 'aligned',
  crossReduce: 'mean',
};

export const TRAINER: TrainerOptions = {
  seed: 42,
  itemsPerStep: 3,
  shuffle: true,
  numTrainEpochs: 6,
  maxSteps: null,
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 1 },
  evalInterval: 3,
  evalNumSamples: 2,
  evalTemperature: 1,
  evalGenerations: 2,
  checkpointEvery: 2,
};

/** Keeps checkpoints as `step-N/` folders, each made visible by one rename. */
export function folderStore(root: string): CheckpointStore {
  return {
    async save(state, write) {
      await mkdir(root, { recursive: true });
      const dir = await mkdtemp(join(root, 'unfinished-'));
      await write(dir);
      await writeFile(join(dir, 'state.json'), JSON.stringify(state));
      const final = join(root, `step-${String(state.step).padStart(6, '0')}`);
      // Only a stop right after an evaluation saves a step twice; the newer state says more.
      await rename(final, `${dir}-old`).catch(() => undefined);
      await rename(dir, final);
      return final;
    },
  };
}

/** The newest finished checkpoint of `folderStore`. */
export async function newestCheckpoint(root: string): Promise<Checkpoint> {
  const finished = (await readdir(root)).filter((name) => name.startsWith('step-')).sort();
  const dir = join(root, finished.at(-1) as string);
  return { dir, state: JSON.parse(await readFile(join(dir, 'state.json'), 'utf8')) };
}

export interface FakeRun {
  readonly result: TrainingResult;
  readonly events: TrainerEvent[];
  readonly agents: SoftmaxAgent[];
  readonly critic: TableCritic | null;
  /** State of all members as text. */
  readonly weights: string;
}

export interface FakeRunOptions {
  algorithm: CollmCcOptions | MagrpoOptions;
  options?: Partial<TrainerOptions>;
  environment?: Environment;
  checkpoints?: CheckpointStore;
  resumeFrom?: Checkpoint;
  signal?: AbortSignal;
  onEvent?: (event: TrainerEvent) => void;
  learningRate?: number;
}

/** Trains softmax agents, and a table critic where the algorithm needs one, on the matrix game. */
export async function fakeRun(setup: FakeRunOptions): Promise<FakeRun> {
  const environment = setup.environment ?? matrixGame();
  const agents = Array.from({ length: environment.numAgents }, () => new SoftmaxAgent(setup.learningRate));
  const critic = setup.algorithm.name === 'collm_cc' ? new TableCritic() : null;
  const events: TrainerEvent[] = [];
  const result = await train({
    environment,
    agents,
    critic,
    algorithm: setup.algorithm,
    options: { ...TRAINER, ...setup.options },
    checkpoints: setup.checkpoints ?? null,
    onEvent: (event) => {
      events.push(event);
      setup.onEvent?.(event);
    },
    ...(setup.resumeFrom ? { resumeFrom: setup.resumeFrom } : {}),
    ...(setup.signal ? { signal: setup.signal } : {}),
  });
  const weights = [...agents, ...(critic ? [critic] : [])].map((member) => member.weights()).join('\n');
  return { result, events, agents, critic, weights };
}

/** What a run reported, without wall-clock times: metrics and episodes by kind and step, newest wins. */
export function reported(events: readonly TrainerEvent[]): Map<string, unknown> {
  const records = new Map<string, unknown>();
  for (const event of events) {
    if (event.type === 'step-finished' || event.type === 'evaluation-finished') {
      records.set(`${event.type} ${event.step}`, {
        envSteps: event.envSteps,
        metrics: untimed(event.metrics),
      });
    }
    if (event.type === 'episode') {
      records.set(`${event.record.phase} ${event.record.step} ${event.record.episode}`, event.record);
    }
  }
  return records;
}

function untimed(metrics: Metrics): Metrics {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith('time/')));
}
