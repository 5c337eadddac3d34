/** What checking an environment has found. */

/** Everything that is checked, in the order of reports. */
const checkNames = {
  interface: 'has what an environment needs',
  items: 'has items with ids of their own',
  observations: 'shows every agent messages of its own',
  anyText: 'scores any text',
  results: 'gives finite numbers, parts that add up, and info that JSON can hold',
  range: 'keeps rewards within rewardRange',
  repeats: 'gives the same for the same item, seed and responses',
  pure: 'leaves states as they were, so that episodes can branch',
  ends: 'ends when it says it does',
  counts: 'refuses a wrong number of responses',
} as const;

export type CheckName = keyof typeof checkNames;

export interface Finding {
  readonly check: CheckName;
  /** The check as a sentence about the environment. */
  readonly title: string;
  /** How often it failed. */
  readonly failures: number;
  /** The first few failures, and where they happened. */
  readonly examples: readonly string[];
}

/** Failures that are shown of one check. */
const maxExamples = 3;
/** Characters of an example. */
const maxLength = 300;

/** Gathers failures by check. */
export class Findings {
  readonly #failures = new Map<CheckName, string[]>();
  readonly #notes = new Set<string>();

  fail(check: CheckName, what: string): void {
    const known = this.#failures.get(check) ?? [];
    known.push(shorten(what));
    this.#failures.set(check, known);
  }

  /** Fails unless `holds`; returns it. */
  expect(holds: boolean, check: CheckName, what: () => string): boolean {
    if (!holds) this.fail(check, what());
    return holds;
  }

  /** Something that may be meant. */
  note(what: string): void {
    this.#notes.add(shorten(what));
  }

  get notes(): string[] {
    return [...this.#notes].slice(0, maxExamples);
  }

  list(): Finding[] {
    return Object.entries(checkNames).map(([name, title]) => {
      const failures = this.#failures.get(name as CheckName) ?? [];
      const examples = [...new Set(failures)].slice(0, maxExamples);
      return { check: name as CheckName, title, failures: failures.length, examples };
    });
  }
}

/** A value of any kind, short enough for a message. */
export function shown(value: unknown): string {
  try {
    const text = typeof value === 'string' ? JSON.stringify(value) : String(JSON.stringify(value) ?? value);
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  } catch {
    return typeof value; // what JSON cannot hold
  }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > maxLength ? `${line.slice(0, maxLength)}...` : line;
}
