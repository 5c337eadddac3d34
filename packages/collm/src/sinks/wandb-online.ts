/**
 * Sends a run to a W&B server while it trains: `upsertBucket` of its GraphQL interface makes the run, `file_stream` takes
 * rows, as W&B's own libraries do. What cannot be sent waits; nothing here is ever waited for but at the end.
 */
import { counted } from '../format.js';
import type { WandbRow, WandbRun, WandbTransport } from './wandb.js';

export interface WandbServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string;
  /** Milliseconds between two sendings, and after a failure. */
  readonly pause: number;
  /** Milliseconds that a request may take, and that the end waits for all of them. */
  readonly patience: number;
}

/** The server of the environment. @throws Error when there is no key */
export function serverOfEnvironment(environment: NodeJS.ProcessEnv = process.env): WandbServer {
  const key = environment.WANDB_API_KEY ?? '';
  if (key === '') {
    throw new Error(
      'the environment variable WANDB_API_KEY is not set. Set it to your key, or set `tracking.wandb.mode` to offline.',
    );
  }
  const url = (environment.WANDB_BASE_URL ?? 'https://api.wandb.ai').replace(/\/+$/, '');
  return { url, key, pause: 5000, patience: 10_000 };
}

/** Rows that wait at most: a server that is away for a day must not fill the memory. */
const mostWaiting = 10_000;
const mostAnswer = 1 << 20;

const upsert = `mutation UpsertBucket($name: String!, $project: String, $entity: String, $displayName: String,
  $groupName: String, $tags: [String!], $config: JSONString) {
  upsertBucket(input: {name: $name, modelName: $project, entityName: $entity, displayName: $displayName,
    groupName: $groupName, tags: $tags, config: $config}) {
    bucket { name project { name entity { name } } }
  }
}`;

/** A fault that trying again does not mend. */
class Refused extends Error {}

export class WandbOnline implements WandbTransport {
  #waiting: string[] = [];
  #summary: WandbRow = {};
  /** Rows that the server has. */
  #sent = 0;
  #dropped = 0;
  /** Where rows go, once the run is made. */
  #stream: string | null = null;
  /** The work that goes on; one at a time. */
  #busy: Promise<void> | null = null;
  #told = false;
  #off = false;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;

  /** @param tell takes the address of the run, and at most one line of trouble before the end */
  constructor(
    private readonly run: WandbRun,
    private readonly server: WandbServer,
    private readonly tell: (line: string) => void,
  ) {
    this.#later(0);
  }

  row(row: WandbRow): void {
    this.#summary = { ...this.#summary, ...row };
    if (this.#waiting.length < mostWaiting) this.#waiting.push(JSON.stringify(row));
    else this.#dropped += 1;
  }

  async close(exitCode: number, summary: WandbRow): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#summary = summary;
    const end = AbortSignal.timeout(this.server.patience);
    try {
      await this.#busy;
      if (!this.#off) await this.#flush(end, { complete: true, exitcode: exitCode });
    } catch (error) {
      this.#trouble(error);
    }
    const missing = this.#waiting.length + this.#dropped;
    if (missing > 0)
      this.tell(`W&B: ${counted(missing, 'step')} could not be sent; they are in the files of the run.`);
  }

  #later(pause: number): void {
    // A run that has ended must not wait for this.
    this.#timer = setTimeout(() => {
      this.#busy = this.#flush(AbortSignal.timeout(this.server.patience))
        .catch((error: unknown) => this.#trouble(error))
        .finally(() => {
          this.#busy = null;
          if (!this.#off && !this.#closed) this.#later(this.server.pause);
        });
    }, pause).unref();
  }

  /** Sends what waits. @param end what tells the server that the run is over */
  async #flush(signal: AbortSignal, end: object = {}): Promise<void> {
    this.#stream ??= await this.#begin(signal);
    const rows = this.#waiting.length;
    if (rows === 0 && Object.keys(end).length === 0) return;
    const files = {
      'wandb-history.jsonl': { offset: this.#sent, content: this.#waiting.slice(0, rows) },
      'wandb-summary.json': { offset: 0, content: [JSON.stringify(this.#summary)] },
    };
    await this.#post(this.#stream, { ...(rows === 0 ? {} : { files }), ...end }, signal);
    this.#waiting = this.#waiting.slice(rows);
    this.#sent += rows;
  }

  /** Makes the run; returns the address that takes its rows. */
  async #begin(signal: AbortSignal): Promise<string> {
    const { id, name, project, entity, group, tags, settings } = this.run;
    const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, { value }]));
    const variables = {
      name: id,
      project,
      entity,
      displayName: name,
      groupName: group,
      tags,
      config: JSON.stringify(config),
    };
    const answer = await this.#post(`${this.server.url}/graphql`, { query: upsert, variables }, signal);
    const place = placeOf(answer);
    const path = [place.entity, place.project].map(encodeURIComponent);
    const site = this.server.url.replace('//api.wandb.ai', '//wandb.ai');
    this.tell(`W&B: ${site}/${path.join('/')}/runs/${id}`);
    return `${this.server.url}/files/${path.join('/')}/${id}/file_stream`;
  }

  async #post(url: string, body: object, signal: AbortSignal): Promise<string> {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`api:${this.server.key}`).toString('base64')}`,
      },
      body: JSON.stringify(body),
      signal,
    });
    const answer = await readSome(response);
    if (response.ok) return answer;
    const said = `the server answers ${response.status} ${answer.slice(0, 200).replace(/\s+/g, ' ')}`.trim();
    // Too many requests and faults of the server pass.
    if (response.status === 429 || response.status >= 500) throw new Error(said);
    const cure = [401, 403].includes(response.status)
      ? ' Check WANDB_API_KEY and `tracking.wandb.entity`.'
      : '';
    throw new Refused(`${said}.${cure}`);
  }

  #trouble(error: unknown): void {
    if (error instanceof Refused) this.#off = true;
    if (this.#told) return;
    this.#told = true;
    const cause = error instanceof Error ? error : new Error(String(error));
    const why = cause.cause instanceof Error ? cause.cause.message || cause.message : cause.message;
    this.tell(
      this.#off
        ? `W&B is off from here on, the run goes on: ${why}`
        : `W&B cannot be reached (${why}); the run goes on, and what waits is sent when it can be.`,
    );
  }
}

/** The beginning of an answer, whatever its length. */
async function readSome(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > mostAnswer) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** @throws Refused when the server has not made the run */
function placeOf(answer: string): { entity: string; project: string } {
  let message = 'its answer is none of a W&B server';
  try {
    const { data, errors } = JSON.parse(answer) as {
      data?: { upsertBucket?: { bucket?: { project?: { name?: unknown; entity?: { name?: unknown } } } } };
      errors?: { message?: unknown }[];
    };
    const project = data?.upsertBucket?.bucket?.project;
    if (typeof project?.name === 'string' && typeof project.entity?.name === 'string')
      return { entity: project.entity.name, project: project.name };
    if (typeof errors?.[0]?.message === 'string') message = `it says: ${errors[0].message.slice(0, 200)}`;
  } catch {
    // No JSON: the message above says it.
  }
  throw new Refused(
    `the server has not made the run; ${message}. Check WANDB_BASE_URL and \`tracking.wandb\`.`,
  );
}
