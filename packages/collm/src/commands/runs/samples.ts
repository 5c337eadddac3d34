/** `collm samples`: what the agents of a run saw and answered. */
import { exitCodes, RunError } from '../../errors.js';
import { counted } from '../../format.js';
import { type Io, shownPath } from '../../io.js';
import { listEpisodes, readEpisode } from '../../run-store/episodes.js';
import type { LoggedEpisode } from '../../run-store/records.js';
import { type RunName, resolveRun } from '../../run-store/resolve-run.js';
import { visibleLine } from '../../terminal-text.js';
import { chooseSamples, type SampleChoice } from './choose-samples.js';
import { type ShownEpisode, sampleText } from './sample-text.js';

export interface SamplesArguments extends RunName, SampleChoice {
  /** From 1; null is all of them. */
  readonly turn: number | null;
  /** From 0; null is all of them. */
  readonly agent: number | null;
  /** Texts to their end. */
  readonly full: boolean;
  readonly json: boolean;
}

/** Prints the episodes, one by one as they are read; returns the exit code. */
export function showSamples(given: SamplesArguments, io: Io): number {
  const dir = resolveRun(given, io.cwd);
  const shown = shownPath(dir, io);
  const { chosen, fitting } = chooseSamples(listEpisodes(dir), given, shown);
  for (const [index, { number, entry }] of chosen.entries()) {
    const episode = narrow(readEpisode(dir, entry), number, given);
    if (given.json) {
      io.stdout.write(`${index === 0 ? '[' : ','}\n${safeJson(episode)}`);
    } else {
      io.stdout.write(`${index === 0 ? '' : '\n'}${sampleText(episode, given.full, io.stdout)}`);
    }
  }
  if (given.json) io.stdout.write('\n]\n');
  const left = fitting - chosen.length;
  if (left > 0)
    io.stderr.write(`${counted(left, 'more episode')} of ${visibleLine(shown)}; --limit shows more.\n`);
  return exitCodes.ok;
}

/** The part of an episode that was asked for, with its number and those of the agents. */
function narrow(episode: LoggedEpisode, number: number, { turn, agent }: SamplesArguments): ShownEpisode {
  const agents = Math.max(0, ...episode.turns.map((one) => one.agents.length));
  if (agent !== null && agents > 0 && agent >= agents) {
    throw new RunError(`\`--agent ${agent}\` is not there: episode ${number} has ${namesOf(agents)}.`);
  }
  const last = Math.max(0, ...episode.turns.map((one) => one.turn + 1));
  if (turn !== null && last > 0 && turn > last) {
    throw new RunError(`\`--turn ${turn}\` is not there: episode ${number} has turns 1 to ${last}.`);
  }
  const turns = episode.turns
    .filter((one) => turn === null || one.turn + 1 === turn)
    .map((one) => {
      const numbered = one.agents.map((record, index) => ({ agent: index, ...record }));
      return { ...one, agents: numbered.filter((record) => agent === null || record.agent === agent) };
    });
  return { number, ...episode, turns };
}

const namesOf = (agents: number): string =>
  agents === 1 ? 'agent-0 alone' : `agent-0 to agent-${agents - 1}`;

/** JSON that a terminal does not obey either. */
function safeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
