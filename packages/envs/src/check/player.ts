/** Plays an environment turn by turn, and looks at what the interface promises on the way. */
import { inspect } from 'node:util';
import type { Environment, Item, Observation, StepResult } from '../env.js';
import type { Random } from '../seeded-random.js';
import { type Findings, shown } from './findings.js';
import { anyResponse, hostileResponses } from './responses.js';
import { checkObservations, checkResult } from './shape.js';
import { TookTooLong, withTimeout } from './time-limit.js';

/** Everything that can be told apart about a value. */
const fingerprint = (value: unknown): string =>
  inspect(value, {
    depth: null,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Number.POSITIVE_INFINITY,
  });

interface Texts {
  readonly responses: readonly string[];
  /** Of the branch beside. */
  readonly others: readonly string[];
  /** Of the turn before. */
  readonly last: readonly string[];
}

/** Plays one environment; what it does not keep goes to the findings. */
export class Player {
  /** A step has taken too long; others would, too. */
  stuck = false;

  constructor(
    private readonly env: Environment,
    private readonly findings: Findings,
    private readonly clock: { turns: number; time: number },
    private readonly stepTimeout: number,
  ) {}

  /** One episode to its end, turn by turn with a second branch, then once more to see whether all comes out the same. */
  async play(item: Item, seed: number, random: Random): Promise<void> {
    const { numTurns } = this.env;
    const played: { responses: string[]; result: string; where: string }[] = [];
    let state = this.reset(item, seed);
    for (let turn = 1; turn <= numTurns && state !== undefined; turn++) {
      const where = `item ${shown(item.id)}, turn ${turn}`;
      const responses = this.responses(random, turn);
      const others = this.responses(random, turn);
      const last = played.at(-1)?.responses ?? [];
      const result = await this.turn(state.value, { responses, others, last }, where);
      if (result === undefined) return;
      played.push({ responses, result: fingerprint(result), where });
      if (turn === 1) await this.refuses(state.value, responses, where);
      if (!this.goesOn(result, turn, where)) break;
      state = { value: result.state };
    }
    let again = this.reset(item, seed);
    for (const { responses, result, where } of played) {
      const second: StepResult<unknown> | undefined =
        again && (await this.step(again.value, responses, where, 'repeats'));
      const same = second !== undefined && fingerprint(second) === result;
      if (!this.findings.expect(same, 'repeats', () => `${where}: played again, the result is another.`))
        return;
      again = { value: second?.state };
    }
  }

  /** Every hostile response once, by all agents. */
  async playHostile(item: Item, seed: number): Promise<void> {
    const state = this.reset(item, seed);
    if (state === undefined) return;
    for (const text of hostileResponses) {
      const responses = Array.from({ length: this.env.numAgents }, () => text);
      const where = `item ${shown(item.id)}, turn 1`;
      const result = await this.step(state.value, responses, where, 'anyText');
      if (result !== undefined)
        checkResult(result, this.env, `${where}, after ${shown(text)}`, this.findings);
    }
  }

  private reset(item: Item, seed: number): { value: unknown } | undefined {
    try {
      return { value: this.env.reset(item, seed) };
    } catch (error) {
      this.findings.fail('interface', `reset threw for the item ${shown(item.id)}: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Observes and steps, beside a branch with other responses; undefined when the episode cannot go on. */
  private async turn(
    state: unknown,
    { responses, others, last }: Texts,
    where: string,
  ): Promise<StepResult<unknown> | undefined> {
    if (!this.observed(state, last, where)) return undefined;
    const before = fingerprint(state);
    const result = await this.step(state, responses, where, 'anyText');
    if (result === undefined || !checkResult(result, this.env, where, this.findings)) return undefined;
    const untouched = () => fingerprint([state, result.state]);
    const unchanged = fingerprint(state) === before;
    this.findings.expect(unchanged, 'pure', () => `${where}: step changed the state that it was given.`);
    const [kept, first] = [untouched(), fingerprint(result)];
    await this.step(state, others, where, 'anyText');
    if (this.stuck) return undefined;
    const branched = untouched() === kept;
    this.findings.expect(
      branched,
      'pure',
      () => `${where}: a second step from the same state changed the first one's.`,
    );
    const third = await this.step(state, responses, where, 'repeats');
    const same = third !== undefined && fingerprint(third) === first;
    this.findings.expect(
      same,
      'pure',
      () => `${where}: after another step from the same state, the result is another.`,
    );
    return result;
  }

  /** @param last what the agents wrote in the turn before */
  private observed(state: unknown, last: readonly string[], where: string): boolean {
    try {
      const first = this.env.observe(state);
      if (!checkObservations(first, this.env.numAgents, where, this.findings)) return false;
      const same = fingerprint(this.env.observe(state)) === fingerprint(first);
      this.findings.expect(same, 'repeats', () => `${where}: observed again, the messages are others.`);
      this.noteLeaks(first, last, where);
      this.describes(state, where);
      return true;
    } catch (error) {
      this.findings.fail('observations', `${where}: observe or describeState threw: ${messageOf(error)}`);
      return false;
    }
  }

  private describes(state: unknown, where: string): void {
    if (this.env.describeState === undefined) return;
    const [text, again] = [this.env.describeState(state), this.env.describeState(state)];
    const isText = typeof text === 'string' && text !== '';
    this.findings.expect(
      isText,
      'observations',
      () => `${where}: describeState gave ${shown(text)}, not a text.`,
    );
    this.findings.expect(text === again, 'repeats', () => `${where}: described again, the state is another.`);
  }

  private async step(
    state: unknown,
    responses: readonly string[],
    where: string,
    check: 'anyText' | 'repeats',
  ): Promise<StepResult<unknown> | undefined> {
    const start = performance.now();
    try {
      return await withTimeout(this.env.step(state, responses), this.stepTimeout);
    } catch (error) {
      this.stuck ||= error instanceof TookTooLong;
      const texts = responses.map((text) => shown(text)).join(', ');
      this.findings.fail(check, `${where}: step threw on ${texts}: ${messageOf(error)}`);
      return undefined;
    } finally {
      this.clock.turns++;
      this.clock.time += performance.now() - start;
    }
  }

  private async refuses(state: unknown, responses: readonly string[], where: string): Promise<void> {
    for (const wrong of [responses.slice(1), [...responses, '']]) {
      let threw = false;
      try {
        await withTimeout(this.env.step(state, wrong), this.stepTimeout);
      } catch (error) {
        threw = !(error instanceof TookTooLong);
      }
      const what = () => `${where}: step took ${wrong.length} responses for ${this.env.numAgents} agents.`;
      this.findings.expect(threw, 'counts', what);
    }
  }

  /** Whether the episode goes on, and whether it was right about that. */
  private goesOn(
    { terminated, endedBy, processedReward, turnReward = processedReward }: StepResult<unknown>,
    turn: number,
    where: string,
  ): boolean {
    const { numTurns, earlyTerminationThreshold: threshold } = this.env;
    const ends = (holds: boolean, what: () => string) =>
      this.findings.expect(holds, 'ends', () => `${where}: ${what()}`);
    ends(turn < numTurns || terminated, () => `\`terminated\` is false after the last of ${numTurns} turns.`);
    const above = threshold !== null && turnReward > threshold;
    ends(
      !above || terminated,
      () =>
        `the processed reward ${turnReward} is above the threshold ${threshold}, but \`terminated\` is false.`,
    );
    ends(
      terminated || (endedBy ?? null) === null,
      () => `\`endedBy\` is ${shown(endedBy)}, but \`terminated\` is false.`,
    );
    return !terminated || endedBy === 'threshold';
  }

  /** Agents that are shown what another one wrote: part of some tasks, a mistake in others. */
  private noteLeaks(shownNow: readonly Observation[], last: readonly string[], where: string): void {
    for (const [writer, text] of last.entries()) {
      const mark = /mark-\d+-\d+-\d+/.exec(text)?.[0];
      if (mark === undefined) continue;
      const reader = shownNow.findIndex(
        ({ messages }, agent) => agent !== writer && messages.some(({ content }) => content.includes(mark)),
      );
      if (reader >= 0) {
        this.findings.note(
          `${where}: agent ${reader} is shown what agent ${writer} wrote. Is it meant to be?`,
        );
      }
    }
  }

  /** One response per agent, with a mark that shows where it turns up again. */
  private responses(random: Random, turn: number): string[] {
    return Array.from({ length: this.env.numAgents }, (_, agent) => {
      const text = anyResponse(random);
      return random() < 0.5 ? text : `${text} mark-${agent}-${turn}-${Math.floor(random() * 1e6)}`;
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
