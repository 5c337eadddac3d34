/**
 * One turn under a protocol: the calls of its agents, what each is shown, and what the calls cost.
 *
 * Agents are called one after another, so that each is measured alone, and the protocol says how their times add up:
 * calls that could run side by side count as the longest of them, calls that wait for each other as their sum. The
 * episodes of a batch go through an agent as one call, and each of them is booked the whole call's time.
 */
import type { Environment, ProtocolPrompts } from '@collm/envs';
import { RolloutError } from '../errors.js';
import type { Actor, History, Response, SampleKey, Unanswered } from '../messages.js';
import { attempt } from '../rollout/attempt.js';
import { failAt, inEnvironment, type LiveNode, placeOf } from '../rollout/nodes.js';
import type { RolloutSettings } from '../rollout/rollout.js';
import { genericPrompts } from './generic-prompts.js';
import type { ProtocolName } from './protocol.js';

/** Who plays, where and how. */
export interface Play {
  readonly protocol: ProtocolName;
  readonly environment: Environment;
  /** In agent order. */
  readonly actors: readonly Actor[];
  readonly settings: RolloutSettings;
  /** Seconds since whenever. */
  readonly now: () => number;
}

/** One episode's turn, filled in as the protocol goes on. */
export interface TeamTurn {
  readonly node: LiveNode;
  /** What each agent has really been shown, up to its newest observation. */
  readonly histories: History[];
  /** Each agent's newest response. */
  readonly responses: Response[];
  /** Wall-clock seconds of generation on the critical path. */
  seconds: number;
  /** Generated tokens of all calls. */
  tokens: number;
}

/**
 * Asks the agents of all live episodes for a turn.
 *
 * @returns the turns that can be played: without those whose environment failed to say what an agent is to see
 * @throws RolloutError naming protocol, turn and agent when an agent fails
 */
export async function askTeam(play: Play, live: readonly LiveNode[]): Promise<TeamTurn[]> {
  const turns = live.map((node): TeamTurn => {
    return { node, histories: [...node.histories], responses: [], seconds: 0, tokens: 0 };
  });
  switch (play.protocol) {
    case 'raw':
    case 'trained':
      return round(play, turns, 0);
    case 'parallel':
      return round(play, await showParallel(play, turns), 0);
    case 'pipeline':
      return pipeline(play, turns);
    case 'discussion': {
      const drafted = await round(play, await showParallel(play, turns), 0);
      return round(play, await showDrafts(play, drafted), 1);
    }
  }
}

/** Everybody answers, unseen by the others. */
async function round(play: Play, turns: TeamTurn[], number: number): Promise<TeamTurn[]> {
  const seconds: number[] = [];
  let going = turns;
  for (const agent of play.actors.keys()) {
    seconds.push(await ask(play, agent, going, number));
    going = unbroken(going);
  }
  for (const turn of turns) turn.seconds += Math.max(...seconds);
  return going;
}

/** One after another; the first sees what the environment shows it. */
async function pipeline(play: Play, turns: TeamTurn[]): Promise<TeamTurn[]> {
  let going = turns;
  for (const agent of play.actors.keys()) {
    if (agent > 0) {
      going = await prompted(play, going, (turn, prompts) => {
        const observation = prompts.pipeline(turn.node.state, agent, textsOf(turn));
        turn.histories[agent] = { ...(turn.histories[agent] as History), observation };
      });
    }
    const seconds = await ask(play, agent, going, 0);
    for (const turn of going) turn.seconds += seconds;
    going = unbroken(going);
  }
  return going;
}

/** Naive parallel may ask otherwise than the environment does. */
async function showParallel(play: Play, turns: TeamTurn[]): Promise<TeamTurn[]> {
  const { protocols, numAgents } = play.environment;
  if (protocols?.parallel === undefined) return turns;
  return prompted(play, turns, (turn, prompts) => {
    const observations = prompts.parallel?.(turn.node.state) ?? [];
    if (observations.length !== numAgents)
      throw new Error(`it gave ${observations.length} observations for ${numAgents} agents`);
    observations.forEach((observation, agent) => {
      turn.histories[agent] = { ...(turn.histories[agent] as History), observation };
    });
  });
}

/** The second round of a discussion: the first is part of each agent's own history. */
function showDrafts(play: Play, turns: TeamTurn[]): Promise<TeamTurn[]> {
  return prompted(play, turns, (turn, prompts) => {
    const drafts = textsOf(turn);
    turn.histories.forEach(({ past, observation }, agent) => {
      const { text, tokens } = turn.responses[agent] as Response;
      turn.histories[agent] = {
        past: [...past, { observation, response: text, tokens }],
        observation: prompts.discussion(turn.node.state, agent, drafts),
      };
    });
  });
}

/** Changes what agents see; an environment that fails at it ends its own episode and no other. */
async function prompted(
  { protocol, environment, settings }: Play,
  turns: readonly TeamTurn[],
  show: (turn: TeamTurn, prompts: ProtocolPrompts<unknown>) => void,
): Promise<TeamTurn[]> {
  const prompts = environment.protocols ?? genericPrompts(environment);
  const going: TeamTurn[] = [];
  for (const turn of turns) {
    const { episode, turn: number } = turn.node;
    const what = `ask for the protocol ${protocol}`;
    const asked = await attempt(episode, () =>
      inEnvironment(what, placeOf(episode, number, settings.phase), () => {
        show(turn, prompts);
        return true;
      }),
    );
    if (asked) going.push(turn);
  }
  return going;
}

/** Without those that an agent did not answer. */
const unbroken = (turns: TeamTurn[]): TeamTurn[] => turns.filter(({ node }) => node.episode.failure === null);

/** One call of one agent for all episodes; returns how long it took. An episode that it does not answer has failed. */
async function ask(
  { protocol, actors, settings, now }: Play,
  agent: number,
  turns: readonly TeamTurn[],
  number: number,
): Promise<number> {
  if (turns.length === 0) return 0;
  const requests = turns.map(({ node, histories }) => ({
    history: histories[agent] as History,
    keys: [keyOf(node, agent, number, settings)],
  }));
  const where = {
    phase: settings.phase,
    turn: (turns[0] as TeamTurn).node.turn,
    agent,
    itemIds: turns.map(({ node }) => node.episode.item.id),
  };
  const started = now();
  let answered: readonly (Response[] | Unanswered)[];
  try {
    answered = await (actors[agent] as Actor).act(requests, settings.sampling);
  } catch (cause) {
    throw new RolloutError('agent', `The agent failed to answer in the protocol ${protocol}`, where, {
      cause,
    });
  }
  const seconds = now() - started;
  const counts = answered.map((own) => ('failure' in own ? 1 : own.length));
  if (answered.length !== turns.length || counts.some((count) => count !== 1)) {
    const what = `The agent was asked for one response to each of ${turns.length} prompts in the protocol ${protocol}, but gave`;
    throw new RolloutError('agent', `${what} [${counts.join(', ')}]`, where);
  }
  turns.forEach((turn, index) => {
    const own = answered[index] as [Response] | Unanswered;
    if ('failure' in own) {
      failAt(turn.node, agent, own, settings.phase);
      return;
    }
    const [response] = own;
    turn.responses[agent] = response;
    turn.tokens += response.counted?.response ?? response.tokens.length;
  });
  return seconds;
}

/** The first round draws what an evaluation draws; the second has random numbers of its own. */
function keyOf(node: LiveNode, agent: number, number: number, { seed, phase }: RolloutSettings): SampleKey {
  return { seed, phase, episode: node.episode.episode, turn: node.turn, agent, sample: number };
}

const textsOf = ({ responses }: TeamTurn): string[] => responses.map(({ text }) => text);
