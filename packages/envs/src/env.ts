/**
 * The environment interface: a Dec-POMDP with text observations and text actions
 * (algorithms spec, section 1). Environments are pure functions of (item, seed, responses);
 * they import nothing of ours, so that writing one needs no libtorch.
 */

/** One chat message as an agent sees it. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** A dataset item. It is carried by identity through an episode; nothing looks it up by prompt text. */
export interface Item {
  /** Unique within its dataset. */
  readonly id: string;
}

/** What one agent newly sees at a turn: the messages that end in its next response. */
export interface Observation {
  messages: readonly Message[];
  /**
   * True when the messages stand alone (they repeat what the agent should know): the agent's
   * earlier turns are then left out of its context. False continues the conversation.
   */
  startsAfresh: boolean;
  /**
   * `chat` (when left out): the messages go through the model's chat template. `text`: their contents, joined by
   * blank lines, are the prompt as they are; a continued conversation then has its parts joined in the same way.
   */
  format?: 'chat' | 'text';
}

/** A picture of what the team has made, for terminals and reports. Row 0 is the top. */
export interface Picture {
  caption: string;
  /** `rows[y][x]`: what stands there. */
  rows: readonly (readonly PictureCell[])[];
  /** The same in space, where the task is a build: drawn isometrically in reports. */
  volume?: Volume;
}

/** Blocks in a box whose corner is 0, 0, 0: x to the right, y upwards, z towards the viewer. */
export interface Volume {
  size: readonly [x: number, y: number, z: number];
  blocks: readonly VolumeBlock[];
}

export interface VolumeBlock {
  x: number;
  y: number;
  z: number;
  /** Name of the block, without `minecraft:`. */
  block: string;
  /** Who placed it, counted from 0; null when it was there before. */
  agent: number | null;
}

export interface PictureCell {
  /** Name of the block (without `minecraft:`), or null for air. */
  block: string | null;
  /** True when the task wants a block here. */
  target: boolean;
}

/** The rewards of a turn, see {@link StepResult}. */
export type PaidRewards = Pick<
  StepResult<unknown>,
  'reward' | 'processedReward' | 'agentRewards' | 'components'
>;

/** What one joint action led to. */
export interface StepResult<State> {
  state: State;
  /** Team reward as the environment defines it. */
  reward: number;
  /** `reward · scale + shift`: what the learner sees. */
  processedReward: number;
  /**
   * What each agent's learner sees, in agent order, where the environment's `rewardShape` is `perAgent`. The team reward
   * above is then still what a centralised critic learns and what is logged.
   */
  agentRewards?: readonly number[];
  /** The signed terms that add up to `reward`, by name. */
  components: Readonly<Record<string, number>>;
  /** Task metrics that are not part of the reward (iou, coverage, ...), by name. */
  metrics: Readonly<Record<string, number>>;
  /** True after the last turn, or once this one sample's processed reward exceeds the threshold. */
  terminated: boolean;
  /**
   * Why the episode ended, or null while it goes on. Learners that branch apply the threshold to the mean over a
   * node's samples (P3): for them only `last_turn` ends an episode, and `step` goes on from a state that the
   * threshold ended. An environment that leaves this out ends for reasons of its own.
   */
  endedBy?: 'last_turn' | 'threshold' | null;
  /**
   * Where rewards are paid later than they are earned (`reward_schedule`): what this turn alone has earned, processed. The
   * threshold is compared with it; left out, with `processedReward`.
   */
  turnReward?: number;
  /** The rewards in place of those above if a learner ends the episode with this turn; left out where they are the same. */
  ifEnded?: PaidRewards;
  /** Free-form details for the episode log: accepted and rejected lines and the like. JSON only. */
  info: Readonly<Record<string, unknown>>;
}

export interface Environment<I extends Item = Item, State = unknown> {
  /** Key of the environment in configurations, e.g. `str_build`. */
  readonly name: string;
  readonly numAgents: number;
  /** Horizon in turns. */
  readonly numTurns: number;
  /** Episodes whose processed reward exceeds this end early (P3); null never. */
  readonly earlyTerminationThreshold: number | null;
  /** `team` (when left out): one reward for all. `perAgent`: every step gives `agentRewards` too. */
  readonly rewardShape?: 'team' | 'perAgent';
  /** Lowest and highest raw reward of one turn, for curves on a 0 to 1 scale. */
  readonly rewardRange: readonly [number, number];
  readonly trainItems: readonly I[];
  readonly evalItems: readonly I[];
  reset(item: I, seed: number): State;
  /** One observation per agent, in agent order. */
  observe(state: State): Observation[];
  /**
   * Scores one response per agent. Any text is a legal response: what breaks the grammar is
   * scored, never thrown at. Throws only when the number of responses is wrong.
   */
  step(state: State, responses: readonly string[]): StepResult<State> | Promise<StepResult<State>>;
  /** Draws what the last step built; undefined before the first. */
  picture?(state: State): Picture | undefined;
  /**
   * Everything that decides the rewards still to come, in a few short lines of plain text: what no agent may see, for a
   * critic that may see all (`critic_model.sees: state`). Two states that the same responses lead to other rewards from
   * have different texts. The turns left need not be in it.
   */
  describeState?(state: State): string;
  /**
   * What an agent that knows the task's grammar but regards nobody else would write: well-formed, random, and from the same
   * distribution whoever writes. `collm warm-start --task module` makes a model by imitation of it.
   *
   * @param agent from 0
   * @param random uniform numbers on [0, 1), the only source of chance
   */
  demonstrate?(state: State, agent: number, random: () => number): string;
  /** What each agent is for, in agent order, in a few words. */
  readonly roles?: readonly string[];
  /** What was found when the data were read. */
  readonly dataReport?: DataReport;
  /**
   * An item of a record of the task's data files, for items from elsewhere.
   *
   * @throws {EnvError} `bad_dataset` naming the wrong field
   */
  readItem?(record: Readonly<Record<string, unknown>>): I;
  /** The same task for one model on its own; its `numAgents` is 1. Shares what has to be disposed with this one. */
  singleModel?(): Environment;
  /** How agents are asked by protocols in which they see each other's responses; without it the prompts are generic. */
  readonly protocols?: ProtocolPrompts<State>;
  /** Frees what the environment holds besides memory, such as processes. Twice is fine. */
  dispose?(): Promise<void>;
}

/** What is asked in the fixed protocols that the paper compares with (writing spec 9, coding spec 14). */
export interface ProtocolPrompts<State> {
  /** Naive parallel, where it asks otherwise than `observe`: one observation per agent. */
  parallel?(state: State): Observation[];
  /** Sequential pipeline: what an agent sees after those before it have answered this turn, `earlier.length >= 1`. */
  pipeline(state: State, agent: number, earlier: readonly string[]): Observation;
  /** One-round discussion: what an agent sees in the second round, given everybody's response of the first. */
  discussion(state: State, agent: number, first: readonly string[]): Observation;
  /** How untrained models are sampled, where the task's specification says so. */
  readonly sampling?: { readonly single: ProtocolSampling; readonly team: ProtocolSampling };
}

export interface ProtocolSampling {
  readonly temperature: number;
  readonly topP: number;
  /** Per response. */
  readonly maxNewTokens: number;
}

/** What was found when data were read: nothing is left out without being counted. */
export interface DataReport {
  /** Where the records come from: a file, or `builtin`. */
  readonly source: string;
  readonly train: SplitReport;
  readonly eval: SplitReport;
}

export interface SplitReport {
  /** Records that the split's expression selects. */
  readonly records: number;
  /** Items made of them. */
  readonly items: number;
  readonly dropped: readonly DataNote[];
  /** Items that are kept but deserve a remark, e.g. because their best reward is out of reach. */
  readonly remarks: readonly DataNote[];
}

/** One thing that was found, and where. */
export interface DataNote {
  readonly reason: string;
  readonly count: number;
  /** The first few places, e.g. `posts.jsonl:12`. */
  readonly examples: readonly string[];
}
