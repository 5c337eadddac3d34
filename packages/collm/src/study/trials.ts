/** The trials of a study: every cell with every seed, and the configuration of each. */
import { createHash } from 'node:crypto';
import { merge } from '../config/load.js';
import { allSeeds, type Cell, cellsOf, matches, seedsOf } from './grid.js';
import type { ConfigPart, Study, Trial } from './types.js';

/** A trial with the cell that it belongs to. */
export interface PlannedTrial extends Trial {
  readonly cell: Cell;
}

const MODEL = /^model:(.*)$/;

/**
 * What trials have unless the study says otherwise: a core each, since trials run side by side; passes over the items
 * without end, since the budget ends a trial; one checkpoint, to go on from.
 */
const trialDefaults: ConfigPart = {
  agent_model: { threads: 1 },
  critic_model: { threads: 1 },
  train: { num_train_epochs: 1_000_000, keep_last: 1 },
};

/** Protocols learn nothing, but a configuration names an algorithm. */
const protocolDefaults: ConfigPart = { agent_model: { threads: 1 }, algorithm: { name: 'magrpo' } };

/**
 * All trials, seeds outermost, so that early results cover the whole grid. Their configurations are as the file has them:
 * `model:<name>` stands for a model of the study, and paths are relative to the study file.
 */
export function trialsOf(study: Study): PlannedTrial[] {
  const cells = cellsOf(study);
  return allSeeds(study).flatMap((seed) =>
    cells.filter(({ task }) => seedsOf(study, task).includes(seed)).map((cell) => trialOf(study, cell, seed)),
  );
}

function trialOf(study: Study, cell: Cell, seed: number): PlannedTrial {
  const { task, method, conditions } = cell;
  const budget = method.protocol === null ? { max_env_steps: task.envSteps } : {};
  const layers: readonly ConfigPart[] = [
    method.protocol === null ? trialDefaults : protocolDefaults,
    study.base,
    task.config,
    method.config,
    method.perTask[task.name] ?? {},
    ...study.axes.map(({ name, levels }) => levelConfig(levels, conditions[name])),
    ...study.overrides
      .filter(({ where }) => matches(where, task.name, method.name, conditions))
      .map(({ config }) => config),
    { train: { seed, ...budget } },
  ];
  return {
    id: `${cell.id}-s${seed}`,
    ...{ task: task.name, method: method.name, conditions, seed, protocol: method.protocol, cell },
    config: layers.reduce<Record<string, unknown>>((merged, layer) => merge(merged, layer), {}),
  };
}

const levelConfig = (levels: Study['axes'][number]['levels'], name: string | undefined): ConfigPart =>
  levels.find((level) => level.name === name)?.config ?? {};

/** Names of the study's models that a configuration uses. */
export function modelsIn(config: unknown): string[] {
  const found = new Set<string>();
  mapTexts(config, (text) => {
    const name = MODEL.exec(text)?.[1];
    if (name !== undefined) found.add(name);
    return text;
  });
  return [...found];
}

/** The configuration with the folder of every model of the study in place of `model:<name>`. */
export function withModels(config: ConfigPart, folder: (name: string) => string): Record<string, unknown> {
  const change = (text: string) => {
    const name = MODEL.exec(text)?.[1];
    return name === undefined ? text : folder(name);
  };
  return mapTexts(config, change) as Record<string, unknown>;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)]));
}

/**
 * What a trial's figures depend on, in short: its configuration, its protocol and the recipes of its models. A trial whose
 * fingerprint is another than that of its run is another trial.
 */
export function fingerprintOf({ config, protocol }: Trial, models: Study['models']): string {
  const recipes = modelsIn(config).map((name) => [name, models.get(name) ?? null]);
  return hashOf({ config, protocol, recipes });
}

/** SHA-256 of a value in hexadecimal; the order of keys does not matter. */
export function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, sorted(inner)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
