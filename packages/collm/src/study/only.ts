/** `--only`: a part of a study's grid. */
import { UsageError } from '../errors.js';
import { nearest } from '../nearest.js';
import { allSeeds } from './grid.js';
import type { PlannedTrial } from './trials.js';
import type { Study } from './types.js';

/**
 * Reads `task=a,b`, `method=…`, `seed=…` or `<axis>=…`; all that are given have to match.
 *
 * @throws UsageError naming what is not in the study
 */
export function onlyFilter(study: Study, given: readonly string[]): (trial: PlannedTrial) => boolean {
  const known = new Map<string, readonly string[]>([
    ['task', study.tasks.map(({ name }) => name)],
    ['method', study.methods.map(({ name }) => name)],
    ['seed', allSeeds(study).map(String)],
    ...study.axes.map(({ name, levels }) => [name, levels.map((level) => level.name)] as const),
  ]);
  const wanted = given.map((text) => {
    const [key = '', list] = splitOnce(text);
    const values = known.get(key);
    if (list === undefined || values === undefined) {
      const keys = [...known.keys()].map((name) => `${name}=…`).join(', ');
      throw new UsageError(`\`--only ${text}\` is none of ${keys}.`);
    }
    const names = list.split(',').map((name) => name.trim());
    for (const name of names) {
      if (values.includes(name)) continue;
      const near = key === 'seed' ? undefined : nearest(name, values);
      const cure = near === undefined ? `Known are ${values.join(', ')}.` : `Did you mean \`${near}\`?`;
      throw new UsageError(`\`--only ${text}\`: the study has no ${key} "${name}". ${cure}`);
    }
    return { key, names };
  });
  return (trial) => {
    const own: Readonly<Record<string, string>> = {
      ...trial.conditions,
      ...{ task: trial.task, method: trial.method, seed: String(trial.seed) },
    };
    return wanted.every(({ key, names }) => names.includes(own[key] as string));
  };
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
