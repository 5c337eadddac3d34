/** `tracking.tensorboard`: what a run writes, read by a decoder of its own (read-event-files.ts). */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../src/run-store/records.js';
import {
  crc32c,
  type Fields,
  readEventFiles,
  readFields,
  readRecords,
  shownScalar,
} from './read-event-files.js';
import { Workspace } from './workspace.js';

let space: Workspace;
const on = ['--set', 'tracking.tensorboard=true', '--set', 'train.keep_last=9'];
const events = (run = 'a') => readEventFiles(space.path('runs', run, 'tensorboard'));

beforeAll(async () => {
  space = new Workspace();
  const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'a', ...on]);
  expect(code, err).toBe(0);
});
afterAll(() => space[Symbol.dispose]());

/** Metrics of a run as f32, which is what event files hold. */
function recorded(kind: 'train' | 'eval', metric: string): [number, number][] {
  return readMetrics(space.path('runs/a')).flatMap(({ kind: own, step, metrics }) => {
    const value = metrics[metric];
    return own === kind && value !== undefined ? [[step, Math.fround(value)] as [number, number]] : [];
  });
}

describe('an event file', () => {
  it('is read by a decoder that knows the check value of CRC-32C', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    const [name = ''] = readdirSync(space.path('runs/a/tensorboard'));
    const bytes = readFileSync(space.path('runs/a/tensorboard', name));
    bytes.writeUInt8((bytes.readUInt8(40) + 1) % 256, 40);
    expect(() => readRecords(bytes)).toThrow(/another checksum/);
  });

  it('says first which version of the format it has, and where the attempt begins', () => {
    const [file = []] = events();
    expect(file[0]).toMatchObject({ version: 'brain.Event:2', values: [] });
    expect(file[1]).toMatchObject({ step: 0, session: 1 });
    expect(Math.abs((file[0]?.wallTime ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  });

  it('has every metric of every step and evaluation under its own name', () => {
    const files = events();
    for (const [kind, metric] of [
      ['train', 'train/return_mean'],
      ['train', 'critic/value_loss'],
      ['eval', 'eval/return'],
      ['eval', 'eval/return_se'],
    ] as const) {
      expect(recorded(kind, metric).length).toBeGreaterThan(1);
      expect(shownScalar(files, metric)).toEqual(recorded(kind, metric));
    }
    const tags = new Set(files.flat().flatMap(({ values }) => values.map(({ tag }) => tag)));
    const names = readMetrics(space.path('runs/a')).flatMap(({ metrics }) => Object.keys(metrics));
    expect(names.filter((name) => !tags.has(name))).toEqual([]);
  });

  it('has the configuration and an episode of each evaluation as text, without paths', () => {
    const values = events()
      .flat()
      .flatMap((event) => event.values.map((value) => ({ ...value, step: event.step })));
    const [configuration] = values.filter(({ tag }) => tag === 'configuration');
    expect(configuration).toMatchObject({ plugin: 'text', step: 0 });
    expect(configuration?.texts[0]).toMatch(/^```yaml\nenv:\n/);
    expect(configuration?.texts[0]).not.toContain(space.dir);
    const episodes = values.filter(({ tag }) => tag === 'evaluation/episode');
    expect(episodes.map(({ step }) => step)).toEqual([0, 3, 6]);
    expect(episodes[0]?.texts[0]).toMatch(/Turn 1\*\*: reward .*coverage[\s\S]*Agent 2:\n\n```/);
  });

  it('has the settings and the end of the run for HPARAMS', () => {
    const values = events()
      .flat()
      .flatMap((event) => event.values);
    const data = (tag: string): Fields => values.find((value) => value.tag === tag)?.content ?? new Map();
    const start = readFields(data('_hparams_/session_start_info').get(3)?.[0] as Buffer);
    const settings = new Map(
      (start.get(1) ?? []).map((entry) => {
        const fields = readFields(entry as Buffer);
        const value = [...readFields(fields.get(2)?.[0] as Buffer).values()][0]?.[0];
        return [String(fields.get(1)?.[0]), value instanceof Buffer ? String(value) : value];
      }),
    );
    expect(settings.get('algorithm.name')).toBe('collm_cc');
    expect(settings.get('train.seed')).toBe(42);
    expect(settings.get('train.shuffle')).toBe(1);
    expect(settings.get('agent_model.path')).toBe('model');
    expect([...settings.keys()].some((key) => key.startsWith('tracking'))).toBe(false);
    const end = readFields(data('_hparams_/session_end_info').get(4)?.[0] as Buffer);
    expect(end.get(1)).toEqual([1]);
  });
});

it('a resumed run voids the steps that it plays again', async () => {
  const { code } = await space.collm(['train', '--resume', 'runs/a', '--from', '2']);
  expect(code).toBe(0);
  const files = events();
  expect(files).toHaveLength(2);
  expect(files[1]?.[1]).toMatchObject({ step: 3, session: 1 });
  expect(shownScalar(files, 'train/return_mean')).toEqual(recorded('train', 'train/return_mean'));
  expect(shownScalar(files, 'eval/return')).toEqual(recorded('eval', 'eval/return'));
});

it('is off unless asked for', async () => {
  await space.collm(['train', 'run.yaml', '--name', 'off']);
  expect(existsSync(space.path('runs/off/tensorboard'))).toBe(false);
});

it('says in one line what is wrong, and the run goes on', async () => {
  await space.collm(['train', 'run.yaml', '--name', 'b', ...on]);
  rmSync(space.path('runs/b/tensorboard'), { recursive: true });
  writeFileSync(space.path('runs/b/tensorboard'), 'in the way');
  const { code, err } = await space.collm(['train', '--resume', 'runs/b', '--from', '4']);
  expect(code).toBe(0);
  expect(err.match(/TensorBoard is off from here on, the run goes on: .*EEXIST/g)).toHaveLength(1);
});
