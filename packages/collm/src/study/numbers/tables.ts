/** The tables that markers of numbers.ts stand for. */
import { RunError } from '../../errors.js';
import type { Block, StudyResults } from '../analysis/results.js';
import {
  blockTable,
  claimTable,
  diagnosticNames,
  diagnosticTable,
  improvementTable,
  measureTable,
  pairTable,
  type Rows,
} from '../report/result-tables.js';
import { escapedTable } from '../report/results-markdown.js';
import { setupTable } from '../report/setup.js';
import { blockAt, blocksAt, claimAt, isMeasure, type Query } from './query.js';

/** @param query what follows `table` */
export function tableOf(query: Query, results: StudyResults): string {
  return escapedTable(rowsOf(query, results)).trimEnd();
}

function rowsOf(query: Query, results: StudyResults): Rows {
  const { study } = results;
  const [kind = '', ...words] = query.words;
  const [first = ''] = words;
  if (isMeasure(kind)) return measureTable(study, blocksAt(first, query, results), kind);
  switch (kind) {
    case 'all':
      return blockTable(study, blockAt(first, query, results));
    case 'pairs':
      return pairTable(study, blockAt(first, query, results));
    case 'improvement':
      return improvementTable(study, results);
    case 'claims': {
      const claims = words.length === 0 ? results.claims : words.map((id) => claimAt(id, results));
      return claimTable(study, { ...results, claims });
    }
    case 'diagnostic':
      if (!diagnosticNames(results).includes(first)) {
        throw new RunError(
          `No cell has \`${first}\`. There are ${diagnosticNames(results).join(', ') || 'no metrics of training'}.`,
        );
      }
      return diagnosticTable(study, diagnosticBlocks(words[1], query, results), first);
    case 'setup':
      return setupTable(study);
    default:
      throw new RunError(
        `There is no table \`${kind}\`. Known are all, final, area, samples, diagnostic, pairs, improvement, claims, setup.`,
      );
  }
}

/** Of one task, or of all that are played under the conditions given. */
function diagnosticBlocks(task: string | undefined, query: Query, results: StudyResults): Block[] {
  if (task !== undefined) return blocksAt(task, query, results);
  return results.blocks.filter(({ conditions }) =>
    Object.entries(query.conditions).every(([axis, level]) => conditions[axis] === level),
  );
}
