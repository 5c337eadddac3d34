/**
 * Value functions as algorithms see them: a critic of its own, or the head on an agent's backbone.
 *
 *   Judge       whose histories it sees, and whose advantages come from it
 *   Look        a place in an episode to be valued
 *   ask         values of many looks in one batch
 *   regression  the same look as something to learn
 */
import type { LessonRun } from '../algorithms/algorithm.js';
import { assertFinite, TeamError } from '../errors.js';
import type {
  HeadTarget,
  JointHistory,
  OwnResponse,
  Response,
  ValueQuery,
  ValueRead,
  ValueSample,
} from '../messages.js';

export interface Judge {
  /** Position among the run's critics; null: the value head of the one agent that it sees. */
  readonly critic: number | null;
  /** The agents whose histories it sees. */
  readonly sees: readonly number[];
  /** The agents whose advantages come from it, among those: all but with D1. */
  readonly credits: readonly number[];
  /** What it predicts: the team's rewards, or those of the one agent that it credits. */
  readonly rewards: 'team' | 'agent';
}

/** One critic that sees everybody: CoLLM-CC. */
export function centralJudge(numAgents: number): Judge[] {
  const everybody = Array.from({ length: numAgents }, (_, agent) => agent);
  return [{ critic: 0, sees: everybody, credits: everybody, rewards: 'team' }];
}

/** A value function per agent: CoLLM-DC, in a critic of its own or on the agent's backbone. */
export function localJudges(numAgents: number, separate: boolean): Judge[] {
  return Array.from({ length: numAgents }, (_, agent) => ({
    critic: separate ? agent : null,
    sees: [agent],
    credits: [agent],
    rewards: 'agent',
  }));
}

/** Something to be valued. */
export interface Look {
  readonly read: ValueRead;
  /** Of the whole team; a judge is shown what it sees of it. */
  readonly history: JointHistory;
  /** The responses given there, of the whole team; for a `state` they matter to a head on a backbone alone. */
  readonly responses: readonly Response[];
  /** For `tokens`: the agent whose tokens they are. */
  readonly agent: number;
  readonly turn: number;
  readonly itemId: string;
}

/** Values of all looks, `values[look][k]`, in one batch per kind of look. @throws NonFiniteError */
export async function ask(run: LessonRun, judge: Judge, looks: readonly Look[]): Promise<number[][]> {
  if (looks.length === 0) return [];
  const values =
    judge.critic === null ? await askHead(run, judge, looks) : await askCritic(run, judge, looks);
  looks.forEach(({ turn, itemId }, index) => {
    assertFinite('value', values[index] as number[], owner(judge), turn, itemId);
  });
  return values;
}

/** What a critic learns of a look. */
export function valueSample(
  judge: Judge,
  look: Look,
  targets: readonly number[],
  oldValues: readonly number[],
): ValueSample {
  assertFinite('value target', targets, owner(judge), look.turn, look.itemId);
  return { query: queryOf(judge, look), targets, oldValues, itemId: look.itemId };
}

/** What a head on a backbone learns of a look. */
export function headTarget(
  judge: Judge,
  look: Look,
  targets: readonly number[],
  oldValues: readonly number[],
): HeadTarget {
  assertFinite('value target', targets, owner(judge), look.turn, look.itemId);
  return { read: look.read, targets, oldValues };
}

async function askCritic(run: LessonRun, judge: Judge, looks: readonly Look[]): Promise<number[][]> {
  const critic = run.critics[judge.critic as number];
  if (critic === undefined) throw new TeamError(`There is no critic ${judge.critic}.`);
  const values = await critic.values(looks.map((look) => queryOf(judge, look)));
  looks.forEach((look, index) => {
    const wanted = look.read === 'tokens' ? (look.responses[look.agent] as Response).tokens.length : 1;
    const given = values[index]?.length ?? 0;
    if (values.length === looks.length && given === wanted) return;
    throw new TeamError(
      `The critic gave ${values.length} lists of values for ${looks.length} queries, and ${given} values for one that has ${wanted}.`,
    );
  });
  return values;
}

async function askHead(run: LessonRun, judge: Judge, looks: readonly Look[]): Promise<number[][]> {
  const index = judge.sees[0] as number;
  const agent = run.agents[index];
  if (agent?.values === undefined)
    throw new TeamError(`agent-${index} has no value head; give it one, or a critic of its own.`);
  const values = looks.map((): number[] => []);
  for (const read of new Set(looks.map((look) => look.read))) {
    const own = [...looks.keys()].filter((look) => looks[look]?.read === read);
    const sequences = own.map((look) => looks[look]?.responses[index] as Response);
    const made = await agent.values(sequences, read);
    own.forEach((look, position) => {
      values[look] = made[position] as number[];
    });
  }
  return values;
}

function queryOf({ sees }: Judge, look: Look): ValueQuery {
  const { agents, turn, remainingTurns, state } = look.history;
  const seen = sees.map((agent) => agents[agent] as JointHistory['agents'][number]);
  const history =
    state === undefined
      ? { agents: seen, turn, remainingTurns }
      : { agents: [], turn, remainingTurns, state };
  switch (look.read) {
    case 'state':
      return { read: 'state', history };
    case 'action':
      return {
        read: 'action',
        history,
        responses: sees.map((agent) => ownResponse(look, agent)),
      };
    case 'tokens':
      return {
        read: 'tokens',
        history,
        agent: sees.indexOf(look.agent),
        response: ownResponse(look, look.agent),
      };
  }
}

/** A message holds what it says it holds, and no more. */
function ownResponse({ responses }: Look, agent: number): OwnResponse {
  const { text, tokens } = responses[agent] as Response;
  return { text, tokens };
}

/** The agent that a judge belongs to, for messages; null for a central one. */
const owner = ({ sees }: Judge): number | null => (sees.length === 1 ? (sees[0] as number) : null);
