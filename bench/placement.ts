/**
 * Two agents in threads or processes of their own, with one thread of libtorch each: both at once over one after the other,
 * and over two inline agents that take turns with all threads. Generating and updating.
 */
import { HostedAgent, LmAgent, type PolicyUpdate, type Response, type WorkerPlacement } from '@collm/marl';
import { agentOptions, type ModelFolders, writeModels } from './iteration-team.js';
import { type Comparison, compare } from './measure.js';
import { type ModelName, models } from './workloads.js';

export interface PlacementSetup {
  rounds: number;
  report(result: Comparison, target: number): void;
}

type Agents = readonly (LmAgent | HostedAgent)[];

const numAgents = 2;
/** Prompts of 32 words, answered with exactly so many tokens. */
const size: Record<ModelName, { rows: number; tokens: number }> = {
  '4m': { rows: 16, tokens: 64 },
  '100m': { rows: 8, tokens: 32 },
};

/** At least 1.6 times as fast as one after the other. */
const sideBySideTarget = 1 / 1.6;

export async function placements(setup: PlacementSetup, model: ModelName): Promise<void> {
  const folders = writeModels(models[model], 'f32');
  try {
    const inline = await openAgents(folders, (options) => LmAgent.open(options));
    for (const placement of ['thread', 'process'] as const)
      await placed(setup, model, folders, placement, inline);
    for (const agent of inline) agent.dispose();
  } finally {
    folders.remove();
  }
}

async function placed(
  { rounds, report }: PlacementSetup,
  model: ModelName,
  folders: ModelFolders,
  placement: WorkerPlacement,
  inline: Agents,
): Promise<void> {
  const { rows, tokens } = size[model];
  const agents = await openAgents(folders, (options, index) =>
    HostedAgent.open(options, { placement, member: `agent-${index}`, threads: 1 }),
  );
  let responses: Response[] = [];
  const generate = async (agent: Agents[number]) => {
    responses = (await agent.act(requests(rows), sampling(tokens))).flat();
    if (responses.some((response) => response.tokens.length !== tokens))
      throw new Error(`responses must have ${tokens} tokens`);
  };
  const learn = async (agent: Agents[number]) => {
    await agent.update(responses.map(sampleOf), update);
  };
  for (const [what, work] of Object.entries({ generate, update: learn })) {
    // What optimisers make at first and what is compiled after a while does not count.
    for (const agent of [...agents, ...inline]) for (let i = 0; i < 2; i++) await work(agent);
    const together = () => timed(() => Promise.all(agents.map(work)));
    const oneByOne = (own: Agents) => () =>
      timed(async () => {
        for (const agent of own) await work(agent);
      });
    const name = `${what} ${model}, ${placement}`;
    report(await compare(`${name}, in turn`, 'ms', rounds, together, oneByOne(agents)), sideBySideTarget);
    report(await compare(`${name}, inline`, 'ms', rounds, together, oneByOne(inline)), 1);
  }
  for (const agent of agents) await agent.dispose();
}

async function openAgents<Member>(
  { agent }: ModelFolders,
  open: (options: ReturnType<typeof agentOptions>, index: number) => Promise<Member>,
): Promise<Member[]> {
  const members: Member[] = [];
  for (let index = 0; index < numAgents; index++) members.push(await open(agentOptions(agent, 'cpu'), index));
  return members;
}

const requests = (count: number) =>
  Array.from({ length: count }, (_, episode) => ({
    history: {
      past: [],
      observation: {
        messages: [
          {
            role: 'user' as const,
            content: Array.from({ length: 32 }, (_, i) => `w${2 + episode + i}`).join(' '),
          },
        ],
        startsAfresh: true,
      },
    },
    keys: [{ seed: 1, phase: 'train' as const, episode, turn: 0, agent: 0, sample: 0 }],
  }));

const sampling = (maxNewTokens: number) => ({
  temperature: 1,
  topK: null,
  topP: 1,
  maxNewTokens,
  greedy: false,
});

const sampleOf = (response: Response, index: number) => ({
  ...response,
  oldLogProbs: response.logProbs,
  advantage: index % 2 === 0 ? 1 : -1,
  weight: 1,
  itemId: String(index),
  turn: 0,
});

const update: PolicyUpdate = {
  loss: 'pg',
  clipEps: 0.2,
  ratioLevel: 'token',
  aggregation: 'tokenMean',
  temperature: 1,
  isCorrection: 'off',
  isCap: 2,
  kl: null,
  entropyCoef: 0,
  learningRateFactor: 1,
  value: null,
};

/** Milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
