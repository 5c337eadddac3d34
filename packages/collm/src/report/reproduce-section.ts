/** How to get a run again: commands, versions, seed, data. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Config } from '../config/schema.js';
import type { OpenedRun } from '../run-store/run-folder.js';
import { escapeHtml } from './escape.js';
import { factsHtml } from './page.js';

/** Larger data files are not read for their checksums. */
const MOST_BYTES = 256 * 2 ** 20;

export function reproduceSection({ paths, config, meta }: OpenedRun): string {
  const dir = join(basename(dirname(paths.dir)), basename(paths.dir));
  const commands = [
    `collm train ${quoted(join(dir, 'config.yaml'))} --name ${quoted(`${meta.name}-again`)}`,
    `collm eval ${quoted(dir)} --checkpoint best`,
    `collm report ${quoted(dir)}`,
  ];
  return (
    `<pre class="commands">${escapeHtml(commands.join('\n'))}</pre>` +
    '<p>The configuration holds all that a run depends on, its seed included; without the run folder, save the one above as ' +
    '<code>config.yaml</code> and set its paths, which are relative to that file. On CPUs, equal versions give equal figures bit for ' +
    'bit, but for times; on GPUs they come close.</p>' +
    factsHtml([
      ['seed', String(meta.seed)],
      ['data', dataOf(config)],
      ['agents start from', modelsOf(config)],
    ])
  );
}

/** Names of the hub hold the commit; files are told by their content, as it is now. */
function dataOf({ env }: Config): string {
  const { dataset } = env;
  if (dataset === undefined) return 'the environment brings its own';
  if (dataset === 'builtin') return 'built into CoLLM';
  if (dataset === 'tiny') return 'built into CoLLM: the tiny data set';
  if (!isAbsolute(dataset)) return dataset;
  const name = basename(dataset);
  if (!existsSync(dataset)) return `${name}, which is not there any more`;
  const file = statSync(dataset);
  if (!file.isFile() || file.size > MOST_BYTES) return name;
  const hash = createHash('sha256').update(readFileSync(dataset)).digest('hex');
  return `${name}, SHA-256 ${hash} when this report was written`;
}

function modelsOf({ agent_model: { path } }: Config): string {
  const names = [path].flat().map((one) => (isAbsolute(one) ? basename(one) : one));
  return [...new Set(names)].join(', ');
}

/** A word for a shell. */
function quoted(word: string): string {
  return /^[\w./@:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
