/** Reading the requests of other terminals: files that anybody may have put there, so whatever they hold stops no run. */
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { type ControlRequest, requests } from '../run-store/control.js';

/** A request is a line of JSON. */
const LARGEST_REQUEST = 1 << 16;

interface RequestFile {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** null: it is something else than a file. */
  readonly bytes: number | null;
}

/** A run's `control/` folder. */
export class RequestFolder {
  /** Files that could not be removed, with their times: each is looked at once. */
  readonly #left = new Set<string>();

  /**
   * @param since milliseconds since 1970, by the clock of the folder's disk: older requests were for a process before this
   * @param say told of what is no request
   */
  constructor(
    private readonly dir: string,
    private readonly since: number,
    private readonly say: (line: string) => void,
  ) {}

  /** What has been asked for since the last call, oldest first. */
  take(): ControlRequest[] {
    return this.#files()
      .sort((a, b) => a.time - b.time)
      .flatMap((file) => this.#takeOne(file) ?? []);
  }

  #files(): RequestFile[] {
    let names: string[];
    try {
      names = readdirSync(this.dir);
    } catch {
      return []; // nobody has asked for anything yet
    }
    return names.flatMap((name) => {
      // What is being written has another ending.
      if (!name.endsWith('.json')) return [];
      try {
        const found = lstatSync(join(this.dir, name));
        return { name, time: found.mtimeMs, bytes: found.isFile() ? found.size : null };
      } catch {
        return []; // taken back
      }
    });
  }

  #takeOne({ name, time, bytes }: RequestFile): ControlRequest | null {
    const key = `${name} ${time}`;
    if (this.#left.has(key)) return null;
    const path = join(this.dir, name);
    const request = requests.find((one) => `${one}.json` === name);
    const early = time < this.since ? 'was meant for a process before this one' : null;
    const problem = early ?? contentProblem(path, bytes);
    try {
      rmSync(path, { force: true });
    } catch (error) {
      this.#left.add(key);
      this.say(`The request ${path} is looked at once, since it cannot be removed: ${messageOf(error)}`);
    }
    if (request !== undefined && problem === null) return request;
    this.say(`The request ${path} is ignored: it ${problem ?? `is none of ${requests.join(', ')}`}.`);
    return null;
  }
}

/** Why a file cannot be a request, or null. */
function contentProblem(path: string, bytes: number | null): string | null {
  if (bytes === null) return 'is not a file';
  if (bytes > LARGEST_REQUEST) return `has ${bytes} bytes`;
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof content === 'object' && content !== null ? null : 'holds no JSON object';
  } catch (error) {
    return `cannot be read (${messageOf(error)})`;
  }
}
