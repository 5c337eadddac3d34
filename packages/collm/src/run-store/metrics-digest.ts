/**
 * What a listing says of metrics.jsonl: how far a run has come and what its evaluations gave. The file only grows, so that
 * reading goes on where it ended the last time; whatever does not fit that makes it start again from the top.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { readLines } from './journal.js';
import { type AttemptRecord, type MetricsRecord, scoreMetric, validRecords } from './records.js';

export interface MetricsDigest {
  /** Finished steps. */
  readonly step: number;
  readonly envSteps: number;
  readonly attempts: number;
  /** Milliseconds that its processes have worked, up to their last records. */
  readonly workedMs: number;
  /** Time of the last record in milliseconds since 1970; null without records. */
  readonly lastMs: number | null;
  /** Steps and returns of the evaluations, in order of steps. */
  readonly evaluations: readonly (readonly [step: number, score: number])[];
  /** What is wrong with the file; everything else is of the lines above that. */
  readonly problem: string | null;
}

/** A digest, and where it ends in the file. */
export interface Reading {
  readonly digest: MetricsDigest;
  /** Bytes of whole lines. */
  readonly offset: number;
  readonly lines: number;
  /** The last bytes of those, in base64, by which another file is noticed. */
  readonly tail: string;
}

const TAIL_BYTES = 64;

const nothing: MetricsDigest = {
  step: 0,
  envSteps: 0,
  attempts: 0,
  workedMs: 0,
  lastMs: null,
  evaluations: [],
  problem: null,
};

/** What a record says that is in the digest. */
interface Point {
  readonly kind: 'attempt' | 'train' | 'eval';
  readonly step: number;
  readonly ms: number;
  readonly envSteps: number;
  readonly score: number | null;
}

/**
 * Reads what is new in a metrics file.
 *
 * @param known what was read of it before, if anything
 */
export function readDigest(path: string, known: Reading | null): Reading {
  if (known !== null && known.digest.problem === null && tailOf(path, known.offset) === known.tail) {
    const news = readPoints(path, known.offset, known.lines);
    const digest = extend(known.digest, news);
    if (digest !== null) return readingOf(path, digest, news);
  }
  const all = readPoints(path, 0, 0);
  return readingOf(path, digestOf(all), all);
}

/** What there is to say of a metrics file that cannot be read. */
export function unreadable(problem: string): Reading {
  return { digest: { ...nothing, problem }, offset: 0, lines: 0, tail: '' };
}

interface Points {
  readonly points: readonly Point[];
  readonly problem: string | null;
  readonly offset: number;
  readonly lines: number;
}

function readPoints(path: string, from: number, linesBefore: number): Points {
  const points: Point[] = [];
  let offset = from;
  for (const { bytes, start } of readLines(path, from)) {
    const point = pointOf(bytes);
    if (point === null) {
      const problem = `line ${linesBefore + points.length + 1} of metrics.jsonl is no record`;
      return { points, problem, offset, lines: linesBefore + points.length };
    }
    points.push(point);
    offset = start + bytes.length + 1;
  }
  return { points, problem: null, offset, lines: linesBefore + points.length };
}

function pointOf(bytes: Buffer): Point | null {
  let record: Partial<AttemptRecord | MetricsRecord> | null;
  try {
    record = JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
  const { kind, step, time, env_steps: envSteps = 0, metrics } = (record ?? {}) as Partial<MetricsRecord>;
  const ms = Date.parse(String(time));
  const score = kind === 'eval' ? (metrics?.[scoreMetric] ?? null) : null;
  const isPoint =
    ['attempt', 'train', 'eval'].includes(kind ?? '') &&
    Number.isSafeInteger(step) &&
    Number.isFinite(ms) &&
    typeof envSteps === 'number' &&
    (score === null || typeof score === 'number');
  return isPoint ? ({ kind, step, ms, envSteps, score } as Point) : null;
}

/** The digest with more records; null when they void or precede some that it has, which only the whole file can tell. */
function extend(digest: MetricsDigest, { points, problem }: Points): MetricsDigest | null {
  let { step, envSteps, attempts } = digest;
  const evaluations = new Map(digest.evaluations);
  for (const point of points) {
    if (point.step < step) return null;
    if (point.kind === 'attempt') {
      attempts += 1;
      continue;
    }
    ({ step, envSteps } = point);
    if (point.score !== null) evaluations.set(step, point.score);
    else if (point.kind === 'eval') evaluations.delete(step);
  }
  return { step, envSteps, attempts, ...timesOf(points, digest), evaluations: [...evaluations], problem };
}

function digestOf({ points, problem }: Points): MetricsDigest {
  const valid = validRecords<Point>(points, ({ kind, step }) => [kind, step].join());
  const last = valid.at(-1);
  return {
    step: last?.step ?? 0,
    envSteps: last?.envSteps ?? 0,
    attempts: points.filter(({ kind }) => kind === 'attempt').length,
    ...timesOf(points, nothing),
    evaluations: valid.flatMap(({ step, score }) => (score === null ? [] : [[step, score] as const])),
    problem,
  };
}

/** Time passes between the records of an attempt, and not before the first of the next. */
function timesOf(
  points: readonly Point[],
  before: MetricsDigest,
): Pick<MetricsDigest, 'workedMs' | 'lastMs'> {
  let { workedMs, lastMs } = before;
  for (const { kind, ms } of points) {
    if (kind !== 'attempt' && lastMs !== null) workedMs += Math.max(0, ms - lastMs);
    lastMs = ms;
  }
  return { workedMs, lastMs };
}

function readingOf(path: string, digest: MetricsDigest, { offset, lines }: Points): Reading {
  return { digest, offset, lines, tail: tailOf(path, offset) };
}

/** The bytes before an offset, in base64; none when there is no file. */
function tailOf(path: string, offset: number): string {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const bytes = Buffer.alloc(Math.min(TAIL_BYTES, offset));
    return bytes.toString('base64', 0, readSync(handle, bytes, 0, bytes.length, offset - bytes.length));
  } finally {
    closeSync(handle);
  }
}
