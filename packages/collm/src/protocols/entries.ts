/** What `--protocols` asks for. */
import type { ProtocolName } from '@collm/marl';
import { UsageError } from '../errors.js';

/** One row of the comparison. */
export interface Entry {
  /** As it was given: `pipeline`, `trained:runs/a`. */
  readonly label: string;
  readonly protocol: ProtocolName;
  /** Folder of a trained team's run, as it was given; null for models as they are before training. */
  readonly run: string | null;
}

const untrained: readonly string[] = ['raw', 'parallel', 'pipeline', 'discussion'] satisfies ProtocolName[];
const known = 'Known are raw, parallel, pipeline, discussion and trained:<run>.';

/**
 * Reads `raw,pipeline,trained:runs/a`.
 *
 * @throws UsageError naming all that cannot be meant, and what is known
 */
export function parseEntries(text: string): Entry[] {
  const labels = text
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');
  if (labels.length === 0) throw new UsageError(`\`--protocols\` names none. ${known}`);
  const entries = labels.map(entryOf);
  const unknown = labels.filter((_, index) => entries[index] === undefined);
  if (unknown.length > 0) {
    const names = unknown.map((label) => `"${label}"`).join(' and ');
    throw new UsageError(
      `${names} ${unknown.length === 1 ? 'is no protocol' : 'are no protocols'}. ${known}`,
    );
  }
  const twice = labels.find((label, index) => labels.indexOf(label) < index);
  if (twice !== undefined) throw new UsageError(`\`--protocols\` names ${twice} twice. Once is enough.`);
  return entries as Entry[];
}

function entryOf(label: string): Entry | undefined {
  if (untrained.includes(label)) return { label, protocol: label as ProtocolName, run: null };
  const run = /^trained:\s*(.+)$/.exec(label)?.[1];
  return run === undefined ? undefined : { label: `trained:${run}`, protocol: 'trained', run };
}
