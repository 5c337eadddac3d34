/** `records.jsonl.gz`: all that was measured, one JSON record per line; from it every table, figure and claim is made. */
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { messageOf, RunError } from '../errors.js';
import { writeFileDurably } from '../run-store/durable.js';
import type { PointRecord, StudyHeader, StudyRecord, StudyRecords, TrialRecord } from './types.js';

/** Largest file, and largest content, in bytes: what is more is no study. */
const MOST_PACKED = 1 << 28;
const MOST_CONTENT = 1 << 30;
const LONGEST_LINE = 1 << 20;

const count = z.number().min(0);
const names = z.record(z.string(), z.string());

const headerSchema: z.ZodType<StudyHeader> = z.object({
  kind: z.literal('study'),
  version: z.literal(1),
  name: z.string(),
  command: z.string(),
  versions: names,
  hardware: z.object({ cpu: z.string(), cores: count, memoryGb: count }),
  jobs: count,
  wallSeconds: count,
});

const trialSchema: z.ZodType<TrialRecord> = z.object({
  ...{ kind: z.literal('trial'), trial: z.string(), task: z.string(), method: z.string() },
  ...{ conditions: names, seed: z.int(), wallSeconds: count, failure: z.string().nullable() },
  fingerprint: z.string().optional(),
});

const pointSchema: z.ZodType<PointRecord> = z.object({
  ...{ kind: z.enum(['train', 'eval']), trial: z.string(), step: count, envSteps: count },
  metrics: z.record(z.string(), z.number()),
});

/** The file's bytes. Equal records give equal bytes on one version of Node.js. */
export function packRecords({ header, trials }: StudyRecords): Buffer {
  const lines: StudyRecord[] = [
    header,
    ...trials.flatMap(({ points, ...trial }): StudyRecord[] => [trial, ...points]),
  ];
  return gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { level: 9 });
}

export function writeRecords(path: string, records: StudyRecords): void {
  writeFileDurably(path, packRecords(records));
}

/**
 * Reads and checks a file of records.
 *
 * @throws RunError naming the line, when it holds something else
 */
export function readRecords(path: string): StudyRecords {
  const lines = linesOf(contentOf(path));
  let header: StudyHeader | null = null;
  const trials = new Map<string, TrialRecord & { points: PointRecord[] }>();
  let number = 0;
  const wrong = (why: string, cause?: unknown) =>
    new RunError(
      `Line ${number} of ${path} ${why}. Take the file that \`collm study\` wrote, or run the study again.`,
      { cause },
    );
  for (const bytes of lines) {
    number += 1;
    if (bytes.length > LONGEST_LINE) throw wrong(`has ${bytes.length} bytes, which no record has`);
    let record: { readonly kind?: unknown } | null;
    try {
      record = JSON.parse(bytes.toString('utf8'));
    } catch (cause) {
      throw wrong('is no JSON record', cause);
    }
    const checked = <T>(schema: z.ZodType<T>): T => {
      const { data, error } = schema.safeParse(record);
      if (error === undefined) return data as T;
      const [issue] = error.issues;
      throw wrong(`is no such record: \`${issue?.path.join('.')}\`: ${issue?.message}`);
    };
    if (header === null) {
      if (record?.kind !== 'study') throw wrong('is no header of a study');
      header = checked(headerSchema);
    } else if (record?.kind === 'trial') {
      const trial = checked(trialSchema);
      if (trials.has(trial.trial)) throw wrong(`repeats the trial ${trial.trial}`);
      trials.set(trial.trial, { ...trial, points: [] });
    } else if (record?.kind === 'train' || record?.kind === 'eval') {
      const point = checked(pointSchema);
      const trial = trials.get(point.trial);
      if (trial === undefined) throw wrong(`belongs to a trial ${point.trial} that is not above it`);
      trial.points.push(point);
    } else {
      throw wrong('is neither a trial nor a point of one');
    }
  }
  if (header === null) throw new RunError(`${path} is empty. Run the study again.`);
  return { header, trials: [...trials.values()] };
}

function contentOf(path: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size > MOST_PACKED)
      throw new RunError(`it has ${size} bytes, and records have at most ${MOST_PACKED}`);
    return gunzipSync(readFileSync(path), { maxOutputLength: MOST_CONTENT });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new RunError(`There are no records at ${path}. Run the study first, without \`--report\`.`, {
        cause,
      });
    }
    throw new RunError(`${path} cannot be read: ${messageOf(cause)}. Run the study again.`, { cause });
  }
}

function* linesOf(content: Buffer): Generator<Buffer> {
  for (let start = 0; start < content.length; ) {
    const found = content.indexOf(0x0a, start);
    const end = found < 0 ? content.length : found;
    if (end > start) yield content.subarray(start, end);
    start = end + 1;
  }
}
