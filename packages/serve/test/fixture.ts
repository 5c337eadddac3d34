/** A server with a tiny model that never ends by itself, for the tests of one file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { tinyConfig, writeTinyModel } from '../../lm/test/tiny.js';
import { type ServedModel, type Server, type ServerOptions, startServer } from '../src/index.js';

/** Long enough for responses that run until somebody stops them. */
export const context = 4096;

export interface Fixture {
  readonly server: Server;
  readonly url: string;
  readonly model: ServedModel;
  /** What the server reported as no client's fault. */
  readonly faults: unknown[];
}

/** Nothing in the folder names an end token. */
export function writeEndlessModel(): ReturnType<typeof writeTinyModel> {
  const files = writeTinyModel({ ...tinyConfig, maxPositions: context, eosTokenIds: [] });
  const path = join(files.dir, 'tokenizer_config.json');
  const { chat_template } = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ chat_template }));
  return files;
}

export function servedModel(dir: string, id = 'tiny'): ServedModel {
  return { id, model: dir, adapter: null, device: 'cpu', dtype: null, maxPromptTokens: null, agent: null };
}

/** Starts before the tests of a file and stops after them; nothing may be left in the engine, and nothing have gone wrong. */
export function withServer(options: Partial<ServerOptions> = {}): () => Fixture {
  let fixture: Fixture;
  let files: ReturnType<typeof writeTinyModel>;
  beforeAll(async () => {
    files = writeEndlessModel();
    const model = servedModel(files.dir);
    const faults: unknown[] = [];
    const onFault = (error: unknown) => faults.push(error);
    const server = await startServer({ models: [model], threads: 1, onFault, ...options });
    fixture = { server, url: server.url, model, faults };
  });
  afterAll(async () => {
    const { left } = await fixture.server.stop(0);
    files.remove();
    expect(left.map((measure) => measure?.tensors)).toEqual(left.map(() => 0));
    expect(fixture.faults).toEqual([]);
  });
  return () => fixture;
}

/** A line of the metrics, such as `collm_rows_running{model="tiny"}`. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

/** Waits until something holds; the test's own time-out bounds it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resume) => setTimeout(resume, 5));
}

/** Rows that the server has, running or waiting. */
export async function rows(url: string): Promise<number> {
  return (
    (await metric(url, 'collm_rows_running{model="tiny"}')) +
    (await metric(url, 'collm_rows_waiting{model="tiny"}'))
  );
}

interface Head {
  readonly id: string;
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  readonly prompt_token_ids: number[];
  readonly collm: { prompt_truncated: boolean };
}

interface Part {
  readonly index: number;
  readonly text: string;
  readonly logprobs: { content: { token: string }[] } | null;
  readonly finish_reason: string | null;
  readonly token_ids?: number[];
}

/** Whatever a server may answer: each test knows what it should be. */
export interface Answer extends Head {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
  readonly choices: (Part & { readonly message: { content: string } })[];
}

export interface Chunk extends Head {
  readonly choices: (Part & { readonly delta: { role?: string; content?: string } })[];
}

/** POST with JSON; the answer's status and body. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; json: Answer }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Answer };
}

/** The `data:` lines of a stream, parsed but for the last. */
export async function events(url: string, body: object): Promise<Chunk[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const lines = (await response.text()).split('\n\n');
  expect(lines.splice(-2)).toEqual(['data: [DONE]', '']);
  return lines.map((line) => JSON.parse(line.replace(/^data: /, '')));
}
