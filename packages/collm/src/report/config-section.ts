/** The configuration of a run as HTML: first what differs from the defaults, then all of it. */
import { knobs } from '../config/knobs.js';
import { parseYaml } from '../yaml-tree.js';
import { escapeHtml } from './escape.js';
import { tableHtml } from './page.js';

/** @param yaml the resolved configuration as the run folder has it */
export function configSection(yaml: string): string {
  const rows = changedKeys(parseYaml(yaml)).map(({ key, value, usual }) => [key, value, usual]);
  return (
    tableHtml('Keys that differ from their defaults, or have none', ['key', 'value', 'default'], rows) +
    `<details><summary>The whole configuration</summary><pre class="config">${escapeHtml(yaml)}</pre></details>`
  );
}

export interface ChangedKey {
  /** Dotted. */
  readonly key: string;
  /** As JSON; strings as they are. */
  readonly value: string;
  /** Empty where the key must be given. */
  readonly usual: string;
}

/** The keys of a resolved configuration that are not as the schema has them when nothing is said. */
export function changedKeys(config: unknown): ChangedKey[] {
  return flatKeys(config).flatMap(({ key, value }) => {
    const known = knobs.filter(({ path }) => path === key);
    const knob = known.find(({ branch }) => branch === undefined || inBranch(config, branch));
    if (knob !== undefined && 'default' in knob && equal(knob.default, value)) return [];
    return { key, value: shown(value), usual: knob && 'default' in knob ? shown(knob.default) : '' };
  });
}

/** Leaves of a configuration by their dotted keys. Lists are leaves. */
export function flatKeys(config: unknown, prefix = ''): { key: string; value: unknown }[] {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    return [{ key: prefix, value: config }];
  }
  return Object.entries(config).flatMap(([name, value]) =>
    flatKeys(value, prefix === '' ? name : `${prefix}.${name}`),
  );
}

/** Whether a branch such as `algorithm.name: magrpo` is the one that the configuration has. */
function inBranch(config: unknown, branch: string): boolean {
  const [key, name] = branch.split(': ');
  return flatKeys(config).some((leaf) => leaf.key === key && leaf.value === name);
}

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
