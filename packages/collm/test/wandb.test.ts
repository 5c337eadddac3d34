/** `tracking.wandb`: what is sent to a stand-in server, and the files for `wandb sync`, read by a reader of its own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readMetrics } from '../src/run-store/records.js';
import type { WandbRun } from '../src/sinks/wandb.js';
import { WandbFile } from '../src/sinks/wandb-file.js';
import { serverOfEnvironment, WandbOnline } from '../src/sinks/wandb-online.js';
import { FakeWandb } from './fake-wandb.js';
import { type Fields, readFields } from './read-event-files.js';
import { Workspace } from './workspace.js';

let space: Workspace;
let server: FakeWandb;
beforeAll(() => {
  space = new Workspace();
});
afterAll(() => space[Symbol.dispose]());
beforeEach(async () => {
  server = new FakeWandb();
  await server.listen();
  vi.stubEnv('WANDB_BASE_URL', server.url);
  vi.stubEnv('WANDB_API_KEY', 'secret-key');
});
afterEach(() => {
  server.close();
  vi.unstubAllEnvs();
});

const train = (name: string, ...more: string[]) =>
  space.collm(['train', 'run.yaml', '--name', name, ...more.flatMap((text) => ['--set', text])]);

/** Training and evaluation of one step in one row. */
function recorded(
  name: string,
  attempt = 1,
): [step: number, mean: number | undefined, evaluated: number | undefined][] {
  const rows = new Map<number, Record<string, number>>();
  for (const record of readMetrics(space.path('runs', name)))
    if (record.attempt === attempt) rows.set(record.step, { ...rows.get(record.step), ...record.metrics });
  return [...rows].map(([step, metrics]) => [step, metrics['train/return_mean'], metrics['eval/return']]);
}
const shown = (rows: readonly Record<string, number>[]) =>
  rows.map((row) => [row._step, row['train/return_mean'], row['eval/return']]);

describe('online', () => {
  it('makes a run with the settings, and sends every step in one row', async () => {
    const { code, err } = await train('a', 'tracking.wandb={project: builds, entity: team, tags: [x]}');
    expect(code, err).toBe(0);
    const [first, ...rest] = server.requests;
    expect(first?.path).toBe('/graphql');
    expect(first?.body.variables).toMatchObject({
      project: 'builds',
      entity: 'team',
      displayName: 'a',
      groupName: 'a',
      tags: ['x'],
    });
    const config = JSON.parse(String(first?.body.variables?.config));
    expect(config['train.seed']).toEqual({ value: 42 });
    expect(config['agent_model.path']).toEqual({ value: 'model' });
    expect(JSON.stringify(server.requests)).not.toContain(space.dir);
    expect(server.requests.every(({ authorization }) => authorization.startsWith('Basic '))).toBe(true);
    expect(Buffer.from(first?.authorization.slice(6) ?? '', 'base64').toString()).toBe('api:secret-key');
    const id = String(first?.body.variables?.name);
    expect(rest.every(({ path }) => path === `/files/team/builds/${id}/file_stream`)).toBe(true);
    expect(shown(server.rows())).toEqual(recorded('a'));
    expect(rest.at(-1)?.body).toMatchObject({ complete: true, exitcode: 0 });
    const summary = JSON.parse(rest.at(-1)?.body.files?.['wandb-summary.json']?.content[0] ?? '{}');
    expect(summary._step).toBe(6);
    expect(err).toContain(`W&B: ${server.url}/team/builds/runs/${id}`);
    expect(err).not.toContain('secret-key');
  });

  it('makes a run of its own for every attempt, in one group', async () => {
    await train('again', 'tracking.wandb={group: seeds}', 'train.keep_last=9');
    await space.collm(['train', '--resume', 'runs/again', '--from', '4']);
    const made = server.requests.filter(({ path }) => path === '/graphql').map(({ body }) => body.variables);
    expect(made.map((one) => [one?.displayName, one?.groupName])).toEqual([
      ['again', 'seeds'],
      ['again, attempt 2', 'seeds'],
    ]);
    expect(made[0]?.name).not.toBe(made[1]?.name);
    const steps = server.requests
      .filter(({ path }) => path.includes(String(made[1]?.name)))
      .flatMap(({ body }) => body.files?.['wandb-history.jsonl']?.content ?? [])
      .map((line) => JSON.parse(line)._step);
    expect(steps).toEqual([5, 6]);
  });

  it.each([
    [
      'is not there',
      () => server.close(),
      /W&B cannot be reached \(.*ECONNREFUSED/,
      /7 steps could not be sent/,
    ],
    [
      'refuses the key',
      () => answer(401, 'no'),
      /W&B is off.*answers 401 no\. Check WANDB_API_KEY/,
      /7 steps/,
    ],
    [
      'is none of W&B',
      () => answer(200, '<html>'),
      /off from here on.*answer is none of a W&B server/,
      /7 steps/,
    ],
    [
      'knows no such project',
      () => answer(200, '{"errors":[{"message":"no project"}],"data":null}'),
      /has not made the run; it says: no project/,
      /7 steps/,
    ],
    [
      'is broken',
      () => answer(503, 'later'),
      /cannot be reached \(the server answers 503 later\)/,
      /7 steps/,
    ],
  ])('trains on when the server %s', async (name, arrange, trouble, end) => {
    arrange();
    const { code, err } = await train(name.replaceAll(/\W/g, '-'), 'tracking.wandb={}');
    expect(code).toBe(0);
    expect(err).toMatch(trouble);
    expect(err).toMatch(end);
    expect(err).toContain('Finished');
    expect(err.match(/^W&B/gm)).toHaveLength(2);
    expect(err).not.toContain('secret-key');
  });

  it('trains on without a key', async () => {
    vi.stubEnv('WANDB_API_KEY', '');
    const { code, err } = await train('keyless', 'tracking.wandb={}');
    expect(code).toBe(0);
    expect(err).toMatch(/W&B is off from here on, the run goes on: .*WANDB_API_KEY is not set.*offline/);
    expect(server.requests).toEqual([]);
    expect(() => serverOfEnvironment({})).toThrow(/WANDB_API_KEY/);
  });

  function answer(status: number, body: string): void {
    server.answer = () => ({ status, body });
  }
});

const run: WandbRun = {
  id: 'abc',
  name: 'a run',
  project: 'p',
  entity: null,
  group: 'g',
  tags: ['one', 'two'],
  settings: { 'train.seed': 1, 'env.type': 'x' },
  started: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
};

describe('the connection', () => {
  const open = (patience = 500) => {
    const lines: string[] = [];
    const settings = { url: server.url, key: 'k', pause: 5, patience };
    return { lines, online: new WandbOnline(run, settings, (line) => lines.push(line)) };
  };
  const until = (done: () => boolean) =>
    vi.waitFor(() => expect(done()).toBe(true), { interval: 5, timeout: 30_000 });

  it('sends while the run goes on, and each row once, through faults that pass', async () => {
    server.answer = (_, index) => (index % 2 === 0 ? { status: 500, body: 'oh' } : null);
    const { online, lines } = open();
    for (let step = 0; step < 5; step++) {
      online.row({ _step: step });
      await until(() => server.rows().length > step);
    }
    server.answer = () => null;
    await online.close(1, { _step: 4 });
    expect(server.rows().map(({ _step }) => _step)).toEqual([0, 1, 2, 3, 4]);
    expect(server.requests.at(-1)?.body).toMatchObject({ complete: true, exitcode: 1 });
    expect(lines.filter((line) => line.includes('cannot be reached'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('could not be sent'))).toEqual([]);
  });

  it('waits for a silent server no longer than its patience', async () => {
    server.answer = () => 'hang';
    const { online, lines } = open(50);
    online.row({ _step: 0 });
    await until(() => server.requests.length > 0);
    await online.close(0, {});
    expect(lines.at(-1)).toMatch(/1 step could not be sent/);
  });

  it('reads no endless answer to its end', async () => {
    server.answer = () => ({ status: 200, body: 'x'.repeat(8 << 20) });
    const { online, lines } = open(5000);
    await online.close(0, {});
    expect(lines.join()).toMatch(/answer is none of a W&B server/);
  });
});

describe('offline', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'collm-wandb-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('writes rows of any size, cut at blocks as the format wants it', () => {
    const file = new WandbFile(dir, run);
    const sizes = [1, 200, 3000, 7, 2999, 40, 6000, 1];
    const rows = sizes.map((size, step) => ({
      _step: step,
      ...Object.fromEntries(Array.from({ length: size }, (_, i) => [`metric/${i}`, step + i / 3])),
    }));
    for (const row of rows) file.row(row);
    // Ends of records at every place around the end of a block.
    for (let step = 8; step < 2000; step++) file.row({ _step: step });
    file.close(0, { _step: 1999, _runtime: 12.3 });
    const [folder = ''] = readdirSync(dir);
    expect(folder).toBe('offline-run-20260102_030405-abc');
    const bytes = readFileSync(join(dir, folder, 'run-abc.wandb'));
    const records = readLog(bytes).map(readFields);
    expect(bytes.length).toBeGreaterThan(10 * 32768);
    expect(records.map((record) => record.get(1)?.[0])).toEqual(records.map((_, index) => index));
    const kinds = records.map((record) => [...record.keys()].at(-1));
    expect(kinds.slice(0, 2)).toEqual([21, 17]);
    expect(kinds.slice(-3)).toEqual([3, 18, 22]);
    const history = records.filter((record) => record.has(2)).map((record) => pairs(inside(record, 2), 1));
    expect(history).toHaveLength(2000);
    expect(history.slice(0, 8)).toEqual(rows);
    expect(history.at(-1)).toEqual({ _step: 1999 });
    const made = inside(records[1] as Fields, 17);
    expect([1, 3, 6, 8].map((field) => String(made.get(field)?.[0]))).toEqual(['abc', 'p', 'g', 'a run']);
    expect(made.get(10)?.map(String)).toEqual(['one', 'two']);
    expect(made.has(2)).toBe(false);
    expect(pairs(inside(made, 4), 1)).toEqual(run.settings);
    expect(inside(made, 17).get(1)).toEqual([1767323045]);
    expect(inside(records.at(-2) as Fields, 18).get(2)).toEqual([12]);
  });

  it('has the steps of a run', async () => {
    vi.stubEnv('WANDB_API_KEY', '');
    const { code, err } = await train('off', 'tracking.wandb.mode=offline');
    expect(code).toBe(0);
    expect(err).not.toContain('W&B');
    const folder = space.path('runs/off/wandb');
    const [name = ''] = readdirSync(folder);
    const id = name.split('-').at(-1);
    const records = readLog(readFileSync(join(folder, name, `run-${id}.wandb`))).map(readFields);
    const rows = records.filter((record) => record.has(2)).map((record) => pairs(inside(record, 2), 1));
    expect(shown(rows)).toEqual(recorded('off'));
    expect(server.requests).toEqual([]);
  });

  const inside = (fields: Fields, number: number): Fields => readFields(fields.get(number)?.[0] as Buffer);
  /** Items with a key and a value in JSON. */
  const pairs = (fields: Fields, number: number): Record<string, number> =>
    Object.fromEntries(
      (fields.get(number) ?? []).map((bytes) => {
        const item = readFields(bytes as Buffer);
        return [String(item.get(1)?.[0]), JSON.parse(String(item.get(16)?.[0]))];
      }),
    );
});

/** CRC-32 of zlib, bit by bit. */
function zlibCrc(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ 0xedb88320;
  }
  return ~rest >>> 0;
}

/** Records of W&B's log: pieces with checksum, length and kind, in blocks of 32 KiB. */
function readLog(bytes: Buffer): Buffer[] {
  expect(zlibCrc(Buffer.from('123456789'))).toBe(0xcbf43926);
  expect([bytes.toString('latin1', 0, 4), bytes.readUInt16LE(4), bytes[6]]).toEqual([':W&B', 0xbee1, 0]);
  const records: Buffer[] = [];
  let open: Buffer[] | null = null;
  for (let at = 7; at < bytes.length; ) {
    const room = 32768 - (at % 32768);
    if (room < 7) {
      expect(bytes.subarray(at, at + room).every((byte) => byte === 0)).toBe(true);
      at += room;
      continue;
    }
    const length = bytes.readUInt16LE(at + 4);
    const kind = bytes[at + 6] as number;
    expect(7 + length).toBeLessThanOrEqual(room);
    expect(zlibCrc(bytes.subarray(at + 6, at + 7 + length))).toBe(bytes.readUInt32LE(at));
    const piece = bytes.subarray(at + 7, at + 7 + length);
    expect(kind === 1 || kind === 2).toBe(open === null);
    open = [...(open ?? []), piece];
    if (kind === 1 || kind === 4) {
      records.push(Buffer.concat(open));
      open = null;
    }
    at += 7 + length;
  }
  return records;
}
