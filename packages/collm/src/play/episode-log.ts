import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { EpisodeRecord } from '@collm/marl';
import { UsageError } from '../errors.js';
import { writeFileDurably } from '../run-store/durable.js';
import { Journal } from '../run-store/journal.js';
import type { AttemptRecord, LoggedEpisode } from '../run-store/records.js';

/** The episodes of `collm play` as they end, in the format of a run's `episodes.jsonl`. */
export class EpisodeLog {
  readonly #file: string;
  /** Of the result as JSON; only where a folder was given. */
  readonly #result: string | null;
  #journal: Journal | null = null;

  /**
   * @param out a file that ends in .jsonl, or a folder, which then gets `episodes.jsonl` and `result.json`
   * @throws UsageError when something is there already: nothing is overwritten
   */
  constructor(out: string, cwd: string) {
    const path = resolve(cwd, out);
    const isFile =
      path.endsWith('.jsonl') && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true;
    this.#file = isFile ? path : join(path, 'episodes.jsonl');
    this.#result = isFile ? null : join(path, 'result.json');
    if (!isFile && existsSync(path) && !statSync(path).isDirectory()) {
      throw new UsageError(`\`--out ${out}\` is a file. Give a folder, or a new file that ends in .jsonl.`);
    }
    const taken = [this.#file, this.#result].find((file) => file !== null && existsSync(file));
    if (taken !== undefined) {
      throw new UsageError(
        `\`--out ${out}\`: ${taken} exists already, and nothing is overwritten. Choose another place.`,
      );
    }
  }

  /** Where the episodes go. */
  get file(): string {
    return this.#file;
  }

  append(record: EpisodeRecord): void {
    this.#journal ??= this.#open(record.step);
    const logged: LoggedEpisode = { kind: 'episode', ...record, ...stamp() };
    this.#journal.append(logged);
  }

  /** Makes what was written durable, and writes the result beside it. */
  finish(result: object): void {
    this.#journal?.sync();
    this.close();
    if (this.#result === null) return;
    mkdirSync(dirname(this.#result), { recursive: true });
    writeFileDurably(this.#result, `${JSON.stringify(result, null, 2)}\n`);
  }

  close(): void {
    this.#journal?.close();
  }

  #open(step: number): Journal {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, '', { flag: 'wx' });
    const journal = new Journal(this.#file);
    const start: AttemptRecord = { kind: 'attempt', step, ...stamp() };
    journal.append(start);
    return journal;
  }
}

const stamp = () => ({ attempt: 1, time: new Date().toISOString() });
