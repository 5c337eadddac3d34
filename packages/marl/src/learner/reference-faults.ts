/**
 * What CoMLRL, the reference in Python, does although it is wrong, as switches: so that a study can measure what each
 * correction is worth. The names are rows of docs/algorithms.md, "Departures from CoMLRL"; every fault is one function
 * (D1 two) that does nothing without it.
 *
 *   D1  judgePerAgent, and in learn.ts `criticInEveryUpdate`: the shared critic takes a step inside every agent's update
 *   D2  tdErrorOfQ: the advantage of a critic of actions is its own TD error
 *   D3  paddedGroups, asTrained: the last token of a group is never trained, the padding of shorter responses is
 *   D5  scoringTemperature, scoredAsReference: sampled at one temperature, scored at 1
 *   D8  currentPromptAlone: the current prompt is all that anybody sees of a history
 *
 * D4 (`advantageNormalization: 'node'`), D6 (`policyLoss: 'pg'` with a small `trainBatchSize`) and D7
 * (`klMode: 'rewardK3'`) are values of options.
 */
import type { LessonRun } from '../algorithms/algorithm.js';
import type { CommonAlgorithmOptions, ReferenceFault } from '../config.js';
import { TeamError } from '../errors.js';
import type { Agent, History, PolicySample, Response, Sampling } from '../messages.js';
import type { Episode, RolloutNode } from '../rollout/episode.js';
import { sideBySide } from '../side-by-side.js';
import { split } from '../split.js';
import type { Judge } from './judges.js';

type Faults = Pick<CommonAlgorithmOptions, 'referenceFaults'>;

/** Whether an algorithm is to have a fault. */
export const hasFault = ({ referenceFaults }: Faults, fault: ReferenceFault): boolean =>
  referenceFaults.includes(fault);

/**
 * D1: the one critic of a team, once for every agent. Judge i values the joint history for agent i alone, whose rewards
 * are its own, less its own divergence with `rewardK3` (D7): the critic then has as many targets for a history as there
 * are agents, and in agent i's update it learns those of judge i.
 */
export function judgePerAgent(numAgents: number): Judge[] {
  const sees = Array.from({ length: numAgents }, (_, agent) => agent);
  return sees.map((agent) => ({ critic: 0, sees, credits: [agent], rewards: 'agent' }));
}

/**
 * D2: target - Q(h, a), in place of Q(h, a) less a baseline that does not depend on the action. With an exact Q its mean
 * over what follows is 0 for every action, so nothing is learned any more.
 */
export const tdErrorOfQ = (target: number, valueOfPlayed: number): number => target - valueOfPlayed;

/** What is trained of a response in place of its tokens, and log-probs of that when it was sampled. */
export interface PaddedResponse {
  readonly tokens: readonly number[];
  readonly logProbs: Float32Array;
}

/** `groups.get(node)[agent][g]`; without the fault there are none. */
export type PaddedGroups = ReadonlyMap<RolloutNode, readonly (readonly PaddedResponse[])[]>;

/**
 * D3: what the Monte Carlo trainer of CoMLRL scores. An agent's responses at a node come from one call, which pads them to
 * the longest; the slice of the logits is one short, so the last place is left out. The longest response is trained
 * without its last token, shorter ones with theirs, and with padding up to that place. Log-probs are those of the padded
 * sequences, padding attended to.
 *
 * @throws TeamError for agents that do not say what they pad with
 */
export async function paddedGroups(
  run: LessonRun,
  nodes: readonly RolloutNode[],
  options: Faults,
): Promise<PaddedGroups> {
  if (!hasFault(options, 'D3')) return new Map();
  const temperature = scoringTemperature(run.sampling, options);
  const byAgent = await run.phase('reference', () =>
    sideBySide(
      run.agents.map((agent, index) => async () => {
        const pad = await padTokenOf(agent, index);
        const groups = nodes.map(({ responses }) => padAndCut(responses[index] as readonly Response[], pad));
        const logProbs = await agent.logProbs(groups.flat(), 'current', temperature);
        const padded = groups
          .flat()
          .map(({ tokens }, k) => ({ tokens, logProbs: logProbs[k] as Float32Array }));
        return split(
          padded,
          groups.map((group) => group.length),
        );
      }),
    ),
  );
  return new Map(nodes.map((node, index) => [node, byAgent.map((own) => own[index] as PaddedResponse[])]));
}

function padAndCut(group: readonly Response[], pad: number): Pick<Response, 'promptTokens' | 'tokens'>[] {
  const longest = Math.max(...group.map(({ tokens }) => tokens.length));
  return group.map(({ promptTokens, tokens }) => {
    const padding = new Array<number>(longest - tokens.length).fill(pad);
    return { promptTokens, tokens: [...tokens, ...padding].slice(0, -1) };
  });
}

function padTokenOf(agent: Agent, index: number): Promise<number> {
  if (agent.padToken !== undefined) return agent.padToken();
  throw new TeamError(
    `agent-${index} does not say which token it pads with, so the padding of the reference (D3) cannot be trained. ` +
      'Take a language model, or leave D3 out of reference_faults.',
  );
}

/** D3: the same sample on what is trained in place of its tokens; padding counts as sampled. */
export function asTrained(sample: PolicySample, padded: PaddedResponse | undefined): PolicySample {
  if (padded === undefined) return sample;
  const { tokens, logProbs } = padded;
  return { ...sample, tokens, oldLogProbs: logProbs, behaviourLogProbs: logProbs };
}

/** The temperature at which log-probs are taken: that of sampling; 1 with D5. */
export const scoringTemperature = (
  { temperature }: Pick<Sampling, 'temperature'>,
  options: Faults,
): number => (hasFault(options, 'D5') ? 1 : temperature);

/**
 * D5: played episodes with log-probs at temperature 1 over the full vocabulary, whatever they were sampled at. Weights do
 * not change between a rollout and its lesson, so the policy that is asked is the one that sampled. The behaviour
 * log-probs stay those of sampling.
 */
export async function scoredAsReference(
  run: LessonRun,
  episodes: readonly Episode[],
  options: Faults,
): Promise<readonly Episode[]> {
  const temperature = scoringTemperature(run.sampling, options);
  if (temperature === run.sampling.temperature) return episodes;
  const nodes = episodes.flatMap((episode) => (episode.failure === null ? episode.nodes : []));
  const byAgent = await run.phase('reference', () =>
    sideBySide(
      run.agents.map((agent, index) => async () => {
        const groups = nodes.map(({ responses }) => responses[index] as readonly Response[]);
        const logProbs = await agent.logProbs(groups.flat(), 'current', temperature);
        const scored = groups
          .flat()
          .map((response, k) => ({ ...response, logProbs: logProbs[k] as Float32Array }));
        return split(
          scored,
          groups.map((group) => group.length),
        );
      }),
    ),
  );
  const responsesAt = new Map(
    nodes.map((node, index) => [node, byAgent.map((own) => own[index] as Response[])]),
  );
  return episodes.map((episode) => ({
    ...episode,
    nodes: episode.nodes.map((node) => ({ ...node, responses: responsesAt.get(node) ?? node.responses })),
  }));
}

/**
 * D8: a history as CoMLRL has it, one prompt. Of earlier turns there is what the environment repeats in its newest
 * observation.
 */
export const currentPromptAlone = ({ observation }: History): History => ({ past: [], observation });
