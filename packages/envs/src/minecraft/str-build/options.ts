/** StrBuild's settings, their defaults and their checks (minecraft spec, 2.4, 2.10, 4 and 5). */
import { EnvError } from '../../env-error.js';
import { normaliseBlock, solidBlocks } from '../blocks.js';
import type { StrBuildWord } from './dataset.js';

/** What a follow-up tells: all letter cells, what to correct, or the last reward. */
export type FeedbackMode = 'position' | 'perfect' | 'score';

/** What the first prompt shows of the task: nothing but the box, the grid of `#` and `.`, or a list of cells. */
export type TargetStyle = 'hidden' | 'grid' | 'cells';

/** What neighbours must not share: their texture, or the colour their names start with. */
export type AdjacencyRule = 'texture' | 'colour';

/** Full sentences with a system message, or a few short lines for models with a small context. */
export type PromptStyle = 'full' | 'compact';

/** Settings of StrBuild. Everything has a default; in configurations the names are in snake_case. */
export interface StrBuildOptions {
  /** Turns per episode, 1 to 4. Default 4. */
  numTurns?: number;
  /** 1 or 2. Default 2. */
  numAgents?: number;
  /** One palette per agent, in order. Each needs a block that is not air; `air` may always be placed. */
  blocks?: readonly (readonly string[])[];
  /** `texture` (default), or `colour` as at the time of the paper. */
  adjacencyBy?: AdjacencyRule;
  /** Accepted commands per turn for the whole team, 1 or more. Default 300. */
  maxCommands?: number;
  /** Empty columns between letters, 0 or more. Default 2. */
  spacing?: number;
  /** The z of the build. Default 0. */
  localZ?: number;
  /** Default `grid`, in the compact style `cells`. `hidden` is what the reference ships: turn 1 is blind. */
  target?: TargetStyle;
  /** `position` (default), `perfect`, `score`, or a spelling of the reference such as `perfect-feedback`. */
  feedback?: string;
  /** Full style: follow-ups repeat the first prompt. Default true. */
  originalPrompt?: boolean;
  /** Full style: follow-ups repeat the agent's own last response. Default true. */
  previousResponse?: boolean;
  /** Full style: tell the agents that every block of every palette must occur. Default false. */
  mentionPaletteRule?: boolean;
  /** The learner sees `reward · rewardScale + rewardShift`. Default 1. */
  rewardScale?: number;
  /** Default −2, so that processed rewards are −5 to 0. */
  rewardShift?: number;
  /** A processed reward above this ends the episode; null never. Default −0.1. */
  earlyTerminationThreshold?: number | null;
  /** Default `full`. */
  promptStyle?: PromptStyle;
  /** A CSV file with the columns `string,difficulty`. */
  csvPath?: string;
  /** Words instead of a file. Without either the ten default words are used. */
  words?: readonly (string | StrBuildWord)[];
  /** Which items train, see `selectSplit`. Default `[:8]`. */
  trainSplit?: string;
  /** Which items evaluate; null none. Default `[8:]`. */
  evalSplit?: string | null;
}

/** The palettes of the reference's shipped configuration. */
export const defaultStrBuildBlocks: readonly (readonly string[])[] = [
  ['oak_planks', 'stone', 'air'],
  ['white_concrete', 'obsidian', 'air'],
];

/**
 * The palettes at the time of the paper. They are all concrete: use them with `adjacencyBy: 'colour'`, or every
 * pair of neighbours counts as equal.
 */
export const paperStrBuildBlocks: readonly (readonly string[])[] = [
  ['black_concrete', 'green_concrete'],
  ['white_concrete', 'red_concrete'],
];

/** Checked settings with every default filled in. */
export interface StrBuildSettings {
  readonly numTurns: number;
  readonly numAgents: number;
  /** One palette per agent. */
  readonly blocks: readonly (readonly string[])[];
  readonly adjacencyBy: AdjacencyRule;
  readonly maxCommands: number;
  readonly target: TargetStyle;
  readonly feedback: FeedbackMode;
  readonly originalPrompt: boolean;
  readonly previousResponse: boolean;
  readonly mentionPaletteRule: boolean;
  readonly rewardScale: number;
  readonly rewardShift: number;
  readonly earlyTerminationThreshold: number | null;
  readonly promptStyle: PromptStyle;
  readonly spacing: number;
  readonly localZ: number;
  readonly trainSplit: string;
  readonly evalSplit: string | null;
}

const FEEDBACK_MODES: ReadonlyMap<string, FeedbackMode> = new Map([
  ['position', 'position'],
  ['position_feedback', 'position'],
  ['perfect', 'perfect'],
  ['perfect_feedback', 'perfect'],
  ['feedback', 'perfect'],
  ['', 'perfect'],
  ['score', 'score'],
  ['score_feedback', 'score'],
]);

/**
 * Reads a feedback mode in our spelling or the reference's: case does not matter, hyphens are underscores, and a
 * blank one means perfect feedback.
 * @throws {EnvError} `bad_option` for an unknown mode
 */
export function parseFeedbackMode(mode: string): FeedbackMode {
  const known = FEEDBACK_MODES.get(mode.trim().toLowerCase().replaceAll('-', '_'));
  if (known === undefined) {
    throw badOption(`\`feedback\` is ${JSON.stringify(mode)}; use "position", "perfect" or "score".`);
  }
  return known;
}

/**
 * Fills in defaults and checks ranges.
 * @throws {EnvError} `bad_option`, naming the option, its value and what is allowed
 */
export function resolveStrBuildOptions(options: StrBuildOptions): StrBuildSettings {
  const numAgents = integer('numAgents', options.numAgents ?? 2, 1, 2);
  const promptStyle = oneOf('promptStyle', options.promptStyle ?? 'full', ['full', 'compact']);
  const threshold = options.earlyTerminationThreshold;
  return {
    numTurns: integer('numTurns', options.numTurns ?? 4, 1, 4),
    numAgents,
    blocks: palettes(options.blocks ?? defaultStrBuildBlocks, numAgents),
    adjacencyBy: oneOf('adjacencyBy', options.adjacencyBy ?? 'texture', ['texture', 'colour']),
    maxCommands: integer('maxCommands', options.maxCommands ?? 300, 1),
    target: oneOf('target', options.target ?? (promptStyle === 'compact' ? 'cells' : 'grid'), [
      'hidden',
      'grid',
      'cells',
    ]),
    feedback: parseFeedbackMode(options.feedback ?? 'position'),
    originalPrompt: options.originalPrompt ?? true,
    previousResponse: options.previousResponse ?? true,
    mentionPaletteRule: options.mentionPaletteRule ?? false,
    rewardScale: finite('rewardScale', options.rewardScale ?? 1),
    rewardShift: finite('rewardShift', options.rewardShift ?? -2),
    earlyTerminationThreshold:
      threshold === null ? null : finite('earlyTerminationThreshold', threshold ?? -0.1),
    promptStyle,
    spacing: integer('spacing', options.spacing ?? 2, 0, 1000),
    localZ: integer('localZ', options.localZ ?? 0, Number.MIN_SAFE_INTEGER),
    trainSplit: options.trainSplit ?? '[:8]',
    evalSplit: options.evalSplit === undefined ? '[8:]' : options.evalSplit,
  };
}

function palettes(blocks: readonly (readonly string[])[], numAgents: number): string[][] {
  return Array.from({ length: numAgents }, (_, agent) => {
    const palette = (blocks[agent] ?? []).map(normaliseBlock).filter((block) => block !== '');
    if (solidBlocks(palette).length === 0) {
      throw badOption(
        `\`blocks[${agent}]\` is ${JSON.stringify(blocks[agent] ?? null)}; agent ${agent + 1} needs at least one block that is not air.`,
      );
    }
    return palette;
  });
}

function integer(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw badOption(`\`${name}\` is ${value}; it must be an integer ${range}.`);
}

function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw badOption(`\`${name}\` is ${value}; it must be a finite number.`);
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw badOption(
    `\`${name}\` is ${JSON.stringify(value)}; use ${allowed.map((a) => `"${a}"`).join(' or ')}.`,
  );
}

function badOption(message: string): EnvError {
  return new EnvError('bad_option', message);
}
