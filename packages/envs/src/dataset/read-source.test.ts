import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parquetRows } from '../../worker/parquet-rows.mjs';
import type { EnvError } from '../env-error.js';
import { readDataSource } from './read-source.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'collm-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
};
const records = async (location: string, split = 'train') =>
  (await readDataSource(location, [split], { name: 'data' })).splits.get(split.replace(/\[.*/, ''));
const values = async (location: string, split = 'train') =>
  (await records(location, split))?.map(({ value }) => value);
const failure = async (location: string, split = 'train'): Promise<string> => {
  const error: EnvError = await readDataSource(location, [split], { name: 'data' }).then(
    () => expect.unreachable(),
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ name: 'EnvError', code: 'bad_dataset' });
  return error.message;
};

describe('JSON Lines', () => {
  it('are read with their place, past blank lines, a byte order mark and carriage returns', async () => {
    const path = write('a.jsonl', '\ufeff{"a":1}\r\n\n  \n{"a":"\u2028 \u0085"}\r\n{"a":[]}');
    expect(await records(path)).toEqual([
      { value: { a: 1 }, where: 'data:1' },
      { value: { a: '\u2028 \u0085' }, where: 'data:4' },
      { value: { a: [] }, where: 'data:5' },
    ]);
  });

  it('of any length are one line', async () => {
    const long = 'x'.repeat(3_000_000);
    const path = write('a.jsonl', `{"a":"${long}"}\n{"a":"${'é'.repeat(200_000)}"}`);
    expect((await values(path))?.map(({ a }) => (a as string).length)).toEqual([3_000_000, 200_000]);
  });

  it.each([
    ['{"a":1}\nnope', /^data:2: the line is no JSON \(.*\)\.$/],
    ['{"a":1}\n\n[1]', /^data:3: a record must be an object, but this is a list/],
    ['null', /^data:1: .* this is null/],
    ['"text"', /^data:1: .* this is a text/],
    ['{"a":1}\n{"a":2', /^data:2: the line is no JSON/],
    ['{"a":"\0"}', /^data:1: the line is no JSON/],
    [
      `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      /^data:1: the record nests deeper than 100 levels/,
    ],
    [`${'{"a":'.repeat(200_000)}`, /^data:1: the line is no JSON/],
    ['{"a":{"__proto__":{"polluted":1}}}', /^data:1: the key `__proto__` is not allowed/],
    ['{"\\u005f_proto__":1}', /^data:1: the key `__proto__` is not allowed/],
    ['', /^The data file `data` holds no records/],
    ['\n \n', /^The data file `data` holds no records/],
  ])('%.40j is refused', async (content, message) => {
    expect(await failure(write('a.jsonl', content))).toMatch(message);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('must be UTF-8', async () => {
    const text = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')]);
    expect(await failure(write('a.jsonl', text))).toMatch(/^data:2: the line is not UTF-8/);
    expect(await failure(write('b.jsonl', Buffer.from('{"a":1}', 'utf16le')))).toMatch(/^data:1: /);
    expect(await failure(write('c.jsonl', Buffer.alloc(100_000)))).toMatch(/^data:1: the line is no JSON/);
  });

  it('are reported one by one where that is asked for', async () => {
    const bad: string[] = [];
    const path = write('a.jsonl', '{"a":1}\nx\n{"a":2}\n3\n');
    const onBadRecord = (error: EnvError) => bad.push(error.message);
    const { splits } = await readDataSource(path, ['train'], { name: 'data', onBadRecord });
    expect(splits.get('train')?.length).toBe(2);
    expect(bad).toEqual([expect.stringMatching(/^data:2: /), expect.stringMatching(/^data:4: /)]);
  });

  it('are read only as far as the slices go', async () => {
    const path = write('a.jsonl', '{"a":1}\n{"a":2}\n{"a":3}\nnever read');
    expect(await values(path, 'train[:2]')).toEqual([{ a: 1 }, { a: 2 }]);
    const both = await readDataSource(path, ['train[:1]', 'test[1:3]']);
    expect(both.splits.get('train')?.length).toBe(3);
    expect(await failure(path, 'train[:-1]')).toMatch(/data:4/);
  });
});

describe('JSON', () => {
  it('is a list, one object, or lists by split', async () => {
    const list = write('a.json', '[{"a":1},\n{"a":2}]');
    expect(await records(list)).toEqual([
      { value: { a: 1 }, where: 'data record 1' },
      { value: { a: 2 }, where: 'data record 2' },
    ]);
    expect(await values(write('b.json', '\ufeff{"a":[1]}'))).toEqual([{ a: [1] }]);
    const splits = write('c.json', '{"train":[{"a":1}],"test":[{"a":2},{"a":3}]}');
    expect(await records(splits, 'test[1:]')).toEqual([
      { value: { a: 2 }, where: 'data test record 1' },
      { value: { a: 3 }, where: 'data test record 2' },
    ]);
    const all = await readDataSource(splits, 'all');
    expect([...all.splits].map(([split, list]) => [split, list.length])).toEqual([
      ['train', 1],
      ['test', 2],
    ]);
    const empty = write('d.json', '{"train":[{"a":1}],"test":[]}');
    expect(await values(empty)).toEqual([{ a: 1 }]);
    expect(await failure(empty, 'test')).toMatch(/^data: the split "test" is empty/);
    expect(await failure(splits, 'dev')).toMatch(/`dev` names the split "dev", but data has "train", "test"/);
    expect(await failure(splits, '[:8]')).toMatch(/`\[:8\]` names no split, but data has "train", "test"/);
  });

  it.each([
    ['[{"a":1},\n\n{"a":}]', /^data:3: the file is no JSON/],
    ['[{"a":1},2]', /^data record 2: a record must be an object/],
    ['"x"', /^data: a record must be an object, but this is a text/],
    ['[]', /holds no records/],
    ['', /^data:1: the file is no JSON/],
    ['['.repeat(300_000), /^data:1: the file is no JSON/],
    [`${'['.repeat(300_000)}${']'.repeat(300_000)}`, /^data record 1: a record must be an object/],
    [Buffer.from([0x5b, 0xff]), /is not UTF-8/],
  ])('%.40j is refused', async (content, message) => {
    expect(await failure(write('a.json', content))).toMatch(message);
  });
});

describe('CSV', () => {
  it('has quoted fields, any line end, short and long rows', async () => {
    const path = write('a.csv', '\ufeffstring,difficulty\r\n"a ""b"", c",1\n"two\nlines"\n\n e,2,3');
    expect(await records(path)).toEqual([
      { value: { string: 'a "b", c', difficulty: '1' }, where: 'data:2' },
      { value: { string: 'two\nlines' }, where: 'data:3' },
      { value: { string: ' e', difficulty: '2' }, where: 'data:6' },
    ]);
    expect(await records(write('b.csv', 'a\r1\r2'))).toMatchObject([
      { where: 'data:2' },
      { where: 'data:3' },
    ]);
  });

  it('takes empty lines for no rows, but blank ones for rows', async () => {
    expect(await values(write('a.csv', 'string\n\na\n \n'))).toEqual([{ string: 'a' }, { string: ' ' }]);
  });

  it.each([
    ['', /has no header line/],
    ['a,b\n', /holds no records/],
    ['\na\n1', /holds no records/],
    ['a\n"1\n2', /^The data file `data` is not a CSV file: .*quote/i],
    ['__proto__,a\nx,y', /^data:2: the key `__proto__` is not allowed/],
    [Buffer.from([0x61, 10, 0x31, 10, 0xfe, 10]), /^data:3: the line is not UTF-8/],
  ])('%.40j is refused', async (content, message) => {
    expect(await failure(write('a.csv', content))).toMatch(message);
  });
});

const notWhole = /^The data file `data` is no whole Parquet file \(.*\)\. Fetch or write it again\.$/;
const decodes = async (path: string): Promise<boolean> => {
  try {
    for await (const row of parquetRows(path, 25)) expect(row).toBeTypeOf('object');
    return true;
  } catch {
    return false;
  }
};
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));

// Written by pyarrow (packages/envs/scripts/make-parquet.py): 25 rows in groups of ten.
describe.each(['kinds.parquet', 'kinds-zstd.parquet'])('Parquet: %s', (name) => {
  it('gives plain values', async () => {
    const rows = await records(fixture(name));
    expect(rows?.length).toBe(25);
    expect(rows?.[1]).toEqual({
      value: {
        id: 2,
        big: null,
        prompt: 'post 2 é😀',
        tags: ['t0'],
        rows: [[1, 2], [3]],
        meta: { score: 1.5, ok: false },
        when: '2024-01-02T03:04:05.000Z',
        kind: 'b',
        raw: '/wAB',
      },
      where: 'data row 2',
    });
    expect(rows?.[0]?.value.big).toBe('9007199254740993');
    expect(rows?.[24]).toMatchObject({ value: { id: 25, tags: [] }, where: 'data row 25' });
  });

  it('is read only as far as the slices go', async () => {
    expect((await values(fixture(name), 'train[:12]'))?.map(({ id }) => id)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
  });

  it('is refused when it is cut short or damaged, whatever the damage', async () => {
    const bytes = readFileSync(fixture(name));
    for (const length of [0, 3, 100, bytes.length - 1]) {
      expect(await failure(write('cut.parquet', bytes.subarray(0, length)))).toMatch(notWhole);
    }
    // The description of the file lies at its end.
    const refused: number[] = [];
    for (let at = 1; at < bytes.length; at += 37) {
      const damaged = Buffer.from(bytes);
      damaged[bytes.length - at] = (damaged[bytes.length - at] as number) ^ (at % 255 || 1);
      const path = write('damaged.parquet', damaged);
      // A process for each would take long: most are read as the process reads them.
      if (await decodes(path)) continue;
      if (refused.length < 3) expect(await failure(path)).toMatch(notWhole);
      refused.push(at);
    }
    expect(refused.length).toBeGreaterThan(20);
  });
});

describe('Parquet that would break the process which reads it', () => {
  const endless = [0xfe, 0xff, 0xff, 0xff, 0x07];

  it('ends a process of its own', async () => {
    const bytes = readFileSync(fixture('kinds.parquet'));
    // A run of equal values here, of ten, is made one of 2^30: the decoder fills an array until V8 gives up.
    bytes.set(endless, 478);
    expect(await failure(write('endless.parquet', bytes))).toMatch(
      /^The data file `data` takes more than 256 MiB of memory to read, so it is damaged or .* Fetch it again/,
    );
  });

  it('is refused where it claims more bytes than there are', async () => {
    const bytes = readFileSync(fixture('kinds.parquet'));
    bytes.writeUInt32LE(bytes.length, bytes.length - 8);
    expect(await failure(write('long.parquet', bytes))).toMatch(/a description of \d+ bytes does not fit in/);
  });
});

describe('a folder', () => {
  const line = (a: string) => `${JSON.stringify({ a })}\n`;
  const read = async (split: string) => (await values(folder, split))?.map(({ a }) => a).join(' ');

  it('has splits by the names of its files', async () => {
    write('train.jsonl', line('train'));
    write('my_test-2.jsonl', line('test 2'));
    write('my_test-1.jsonl', line('test 1'));
    write('dataset_infos.json', '{"ignored": {}}');
    write('.hidden/test.jsonl', 'broken');
    expect(await read('train')).toBe('train');
    expect(await read('test[:5]')).toBe('test 1 test 2');
    expect(await read('eval')).toBe('test 1 test 2');
    expect(await failure(folder, 'dev')).toMatch(/names the split "dev", but data has "test", "train"/);
    expect((await records(folder, 'test'))?.map(({ where }) => where)).toEqual([
      'data/my_test-1.jsonl:1',
      'data/my_test-2.jsonl:1',
    ]);
  });

  it('may hold shards, and folders named by split', async () => {
    write('data/sanitized-00000-of-00002.jsonl', line('0'));
    write('data/sanitized-00001-of-00002.jsonl', line('1'));
    write('val/b/0000.jsonl', line('val b'));
    write('val/a/0000.jsonl', line('val a'));
    expect(await read('sanitized')).toBe('0 1');
    expect(await read('validation')).toBe('val a val b');
  });

  it('reads only what is asked for', async () => {
    write('train.jsonl', line('train'));
    write('test.jsonl', 'broken');
    expect(await read('train')).toBe('train');
    expect(await failure(folder, 'test')).toMatch(/^data\/test.jsonl:1/);
  });

  it('with one split has it under every name', async () => {
    write('full.jsonl', line('all'));
    expect(await read('test')).toBe('all');
    expect(await read('[:1]')).toBe('all');
  });

  it('goes by the front matter of its README', async () => {
    write('a/x-1.jsonl', line('x1'));
    write('a/x-2.jsonl', line('x2'));
    write('b/y.jsonl', line('y'));
    const config = (text: string) =>
      write('README.md', `---\nlicense: mit\nconfigs:\n${text}\n---\n# Data\n`);
    config(
      '- config_name: other\n  data_files: b/*\n- config_name: default\n  data_files:\n  - split: test\n    path: a/x-*\n  - split: val\n    path: [b/y.jsonl]',
    );
    expect(await read('test')).toBe('x1 x2');
    expect(await read('validation')).toBe('y');
    config('- config_name: one\n  data_files: {test: "**/x-?.jsonl", dev: b}');
    expect(await read('test')).toBe('x1 x2');
    expect(await read('dev')).toBe('y');
    config('- config_name: one\n  data_dir: a\n  data_files: "*-2.jsonl"');
    expect(await read('train')).toBe('x2');
    config('- data_files:\n  - {split: 2020, path: b/*}\n  - {split: {toString: 1}, path: a/x-1.jsonl}');
    expect(await read('2020')).toBe('y');
    expect(await read('train')).toBe('x1');
    for (const nothing of ['- 1', '- config_name: a', '- data_files: {test: ../../**}', '  bad: [yaml']) {
      config(nothing);
      expect(await read('y'), nothing).toBe('y');
    }
  });

  it('shows files through links, as the cache of the hub does', async () => {
    const blob = write('blobs/abc', line('linked'));
    mkdirSync(join(folder, 'snapshot/data'), { recursive: true });
    symlinkSync(blob, join(folder, 'snapshot/data/train-00000-of-00001.jsonl'));
    symlinkSync(join(folder, 'gone'), join(folder, 'snapshot/test.jsonl'));
    symlinkSync(folder, join(folder, 'snapshot/circle'));
    expect(await values(join(folder, 'snapshot'), 'train')).toEqual([{ a: 'linked' }]);
  });

  it('without data, or with two formats of a split, is refused', async () => {
    write('README.md', 'x');
    expect(await failure(folder)).toMatch(/holds no data files .*It holds README.md/);
    write('train.csv', 'a\n1');
    write('train.jsonl', line('1'));
    expect(await failure(folder)).toMatch(
      /the split "train" comes in more than one format: train.csv, train.jsonl/,
    );
    expect(await failure(join(folder, 'nowhere'))).toMatch(
      /There is no data file or folder `data`.*org\/name/,
    );
    expect(await failure(write('a.xlsx', 'x'))).toMatch(/has the extension ".xlsx"; known are .jsonl/);
  });
});

describe('files of any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => new TextEncoder().encode(text)),
    fc.array(fc.json(), { maxLength: 4 }).map((lines) => new TextEncoder().encode(lines.join('\n'))),
    fc
      .array(fc.constantFrom('"', ',', '\n', '\r', 'a', '{', '}', '[', ']', ':', '1', '\\'), {
        maxLength: 60,
      })
      .map((pieces) => new TextEncoder().encode(pieces.join(''))),
  );

  it.each(['jsonl', 'json', 'csv', 'parquet'])(
    '.%s are read or refused, and nothing else',
    async (extension) => {
      await fc.assert(
        fc.asyncProperty(bytes, async (content) => {
          const outcome = await records(write(`any.${extension}`, content)).catch((error) => error);
          if (!Array.isArray(outcome)) expect(outcome).toMatchObject({ code: 'bad_dataset' });
        }),
        { numRuns: 150 },
      );
    },
  );
});
