import { mkdir, mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '@collm/envs';
import { createAlgorithm } from '../../src/algorithms/create-algorithm.js';
import type {
  AcOptions,
  AlgorithmOptions,
  Checkpoint,
  CheckpointStore,
  CollmCcOptions,
  CollmDcOptions,
  GrpoOptions,
  MagrpoOptions,
  MareinforceOptions,
  MaremaxOptions,
  MarlooOptions,
  Metrics,
  RunControl,
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
  rolloutBufferSize: null,
  trainBatchSize: null,
  updateEpochs: 1,
  advantageNormalization: 'none',
  advantageClip: null,
  policyLoss: 'pg',
  clipEps: 0.2,
  ratioLevel: 'token',
  lossAggregation: 'tokenMean',
  isCorrection: 'off',
  isCap: 2,
  klMode: 'off',
  klCoef: 0.1,
  entropyCoef: 0,
  updateOrder: 'simultaneous',
  sequentialClip: [0.1, 2],
  referenceFaults: [],
} as const;

const CRITIC = {
  ...COMMON,
  numGenerations: 2,
  gaeLambda: 0,
  bootstrapOnHorizon: false,
  criticType: 'v',
  qBaseline: 'v',
  baselineSamples: 4,
  valueLevel: 'turn',
  valueLossCoef: 0.5,
  valueClipRange: null,
  criticWarmupSteps: 0,
  criticUpdateEpochs: null,
} as const;

const TREE = {
  ...COMMON,
  numGenerations: 4,
  jointMode: 'aligned',
  crossReduce: 'mean',
  branchesPerNode: null,
  nodeWeighting: 'path',
} as const;

const LOCAL = { ...CRITIC, useSeparateCritic: true, valueStopGradient: false } as const;

export const CC: CollmCcOptions = { ...CRITIC, name: 'collm_cc', criticSees: 'history' };
export const DC: CollmDcOptions = { ...LOCAL, name: 'collm_dc' };
export const AC: AcOptions = { ...LOCAL, name: 'ac' };
export const MAREINFORCE: MareinforceOptions = { ...TREE, name: 'mareinforce' };
export const MAGRPO: MagrpoOptions = { ...TREE, name: 'magrpo' };
export const MARLOO: MarlooOptions = { ...TREE, name: 'marloo' };
export const MAREMAX: MaremaxOptions = { ...TREE, name: 'maremax', maxSource: 'group' };
export const GRPO: GrpoOptions = { ...TREE, name: 'grpo' };

/** Every algorithm, those for one agent alone last. */
export const ALGORITHMS: readonly AlgorithmOptions[] = [
  CC,
  DC,
  MAREINFORCE,
  MAGRPO,
  MARLOO,
  MAREMAX,
  GRPO,
  AC,
];

/** Agents that an algorithm is played with in tests. */
export const agentsFor = ({ name }: AlgorithmOptions): number => (name === 'grpo' || name === 'ac' ? 1 : 2);

export const TRAINER: TrainerOptions = {
  seed: 42,
  itemsPerStep: 3,
  shuffle: true,
  numTrainEpochs: 6,
  maxSteps: null,
  maxEnvSteps: null,
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 1 },
  evalInterval: 3,
  evalEnvSteps: null,
  evalNumSamples: 2,
  evalTemperature: 1,
  evalGenerations: 2,
  checkpointEvery: 2,
  lrSchedule: 'constant',
  warmupSteps: 0,
  maxFailureRate: 0,
  maxSkippedUpdates: 0,
  targetReturn: null,
  diagnostics: { interval: 0, items: 2, rollouts: 3 },
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
    async saveFailure({ step }, write) {
      const final = join(root, `failure-${step}`);
      await mkdir(final, { recursive: true });
      await write(final);
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
  readonly critics: TableCritic[];
  /** State of all members as text. */
  readonly weights: string;
}

export interface FakeRunOptions {
  algorithm: AlgorithmOptions;
  options?: Partial<TrainerOptions>;
  environment?: Environment;
  checkpoints?: CheckpointStore;
  resumeFrom?: Checkpoint;
  signal?: AbortSignal;
  control?: RunControl;
  onEvent?: (event: TrainerEvent) => void;
  learningRate?: number;
  /** One agent object for all roles. */
  share?: boolean;
}

/** Trains softmax agents, and as many table critics as the algorithm needs, on the matrix game. */
export async function fakeRun(setup: FakeRunOptions): Promise<FakeRun> {
  const environment = setup.environment ?? matrixGame(agentsFor(setup.algorithm));
  const { agents, critics } = fakeTeam(setup.algorithm, environment.numAgents, setup);
  const events: TrainerEvent[] = [];
  const result = await train({
    environment,
    agents,
    critics,
    algorithm: setup.algorithm,
    options: { ...TRAINER, ...setup.options },
    checkpoints: setup.checkpoints ?? null,
    onEvent: (event) => {
      events.push(event);
      setup.onEvent?.(event);
    },
    ...(setup.resumeFrom ? { resumeFrom: setup.resumeFrom } : {}),
    ...(setup.signal ? { signal: setup.signal } : {}),
    ...(setup.control ? { control: setup.control } : {}),
  });
  const weights = [...agents, ...critics].map((member) => member.weights()).join('\n');
  return { result, events, agents, critics, weights };
}

/** Members that an algorithm wants. */
export function fakeTeam(
  algorithm: AlgorithmOptions,
  numAgents: number,
  { learningRate = 1, share = false }: Pick<FakeRunOptions, 'learningRate' | 'share'> = {},
): { agents: SoftmaxAgent[]; critics: TableCritic[] } {
  const valueHead = 'useSeparateCritic' in algorithm && !algorithm.useSeparateCritic;
  const make = () => new SoftmaxAgent({ learningRate, valueHead });
  const first = make();
  const agents = Array.from({ length: numAgents }, (_, role) => (share || role === 0 ? first : make()));
  const count = createAlgorithm(algorithm).critics(numAgents);
  return { agents, critics: Array.from({ length: count }, () => new TableCritic()) };
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
