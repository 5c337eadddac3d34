/** What the markers of numbers.ts name: cells, claims and conditions. */
import { RunError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { conditionsKey } from '../analysis/conditions.js';
import type { Block, CellResult, ClaimResult, StudyResults } from '../analysis/results.js';
import { completeConditions } from '../grid.js';
import type { Conditions, Measure } from '../types.js';

/** A marker in its parts. */
export interface Query {
  readonly words: readonly string[];
  /** Those given, and those of axes with a single level. */
  readonly conditions: Conditions;
}

export function queryOf(expression: string, { study }: StudyResults): Query {
  const all = expression.trim().split(/\s+/);
  const given = all.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]);
  for (const [axis, level] of given) {
    const known = study.axes.find(({ name }) => name === axis);
    if (known === undefined) throw unknown('axis', axis, names(study.axes));
    if (!known.levels.some(({ name }) => name === level)) throw unknown(axis, level, names(known.levels));
  }
  return {
    words: all.filter((word) => !word.includes('=')),
    conditions: completeConditions(study, Object.fromEntries(given)),
  };
}

export function isMeasure(word: string): word is Measure {
  return ['final', 'area', 'samples'].includes(word);
}

/** Blocks of a task under the conditions that are given; several where an axis is left open. */
export function blocksAt(task: string, { conditions }: Query, { study, blocks }: StudyResults): Block[] {
  if (!names(study.tasks).includes(task)) throw unknown('task', task, names(study.tasks));
  const found = blocks.filter(
    (block) =>
      block.task === task &&
      Object.entries(conditions).every(([axis, level]) => block.conditions[axis] === level),
  );
  if (found.length > 0) return found;
  throw new RunError(`${task} is not played under ${JSON.stringify(conditions)} in ${study.name}.`);
}

/** The one block that is meant. */
export function blockAt(task: string, query: Query, results: StudyResults): Block {
  const { study } = results;
  const found = blocksAt(task, query, results);
  const key = conditionsKey(study, query.conditions);
  const block = found.find(({ conditions }) => conditionsKey(study, conditions) === key);
  if (block !== undefined) return block;
  const open = study.axes.filter(({ name }) => query.conditions[name] === undefined);
  const levels = open.map(({ name, levels: all }) => `\`${name}=\` one of ${names(all).join(', ')}`);
  throw new RunError(`${task} is played under several conditions. Give ${levels.join(', and ')}.`);
}

/** @param cell task and method */
export function cellAt(query: Query, cell: readonly string[], results: StudyResults): CellResult {
  const [task = '', method = '', ...more] = cell;
  if (more.length > 0) throw new RunError(`\`${more.join(' ')}\` is too much: give a task and a method.`);
  const { study } = results;
  const found = blockAt(task, query, results).cells.find((one) => one.method === method);
  if (found !== undefined) return found;
  if (!names(study.methods).includes(method)) throw unknown('method', method, names(study.methods));
  throw new RunError(`${method} is not played in ${task} under these conditions.`);
}

export function claimAt(id: string, { claims }: StudyResults): ClaimResult {
  const found = claims.find(({ claim }) => claim.id === id);
  if (found !== undefined) return found;
  throw unknown(
    'claim',
    id,
    claims.map(({ claim }) => claim.id),
  );
}

/** All claims, or those of a verdict, whose spaces are hyphens. */
export function allClaims({ claims }: StudyResults, verdict?: string): readonly ClaimResult[] {
  const known = ['confirmed', 'not-confirmed', 'contradicted', 'no-data'];
  if (verdict === undefined) return claims;
  if (!known.includes(verdict)) throw unknown('verdict', verdict, known);
  return claims.filter((result) => result.verdict.replace(' ', '-') === verdict);
}

function names(all: readonly { readonly name: string }[]): string[] {
  return all.map(({ name }) => name);
}

function unknown(what: string, name: string, known: readonly string[]): RunError {
  const near = nearest(name, known);
  const cure = near === undefined ? `Known are ${known.join(', ') || 'none'}.` : `Did you mean \`${near}\`?`;
  return new RunError(`There is no ${what} \`${name}\` in this study. ${cure}`);
}
