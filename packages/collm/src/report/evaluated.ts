/** Figures of an evaluation by item, and how sure they are. */
import type { Picture } from '@collm/envs';
import type { LoggedEpisode } from '../run-store/records.js';
import { bootstrapInterval, differenceInterval, type Interval } from '../statistics/bootstrap.js';
import { mean } from '../statistics/descriptive.js';
import { figures } from './figures.js';

/** The values of a figure in the episodes of each item. */
type ByItem = ReadonlyMap<string, readonly number[]>;

/** What the episodes of one evaluation came to. */
export interface Evaluated {
  /** Finished steps. */
  readonly step: number;
  /** By name of the figure; failed episodes are in none. */
  readonly values: ReadonlyMap<string, ByItem>;
  /** Of the first episode of every item at its last turn, up to `mostPictures`. */
  readonly pictures: ReadonlyMap<string, Picture>;
  readonly failed: number;
}

/** A mean over episodes. */
export interface Estimate {
  readonly mean: number;
  /** 95 % by bootstrap over items, whose episodes are alike; over episodes when there is one item. Null with one of either. */
  readonly interval: Interval | null;
  readonly episodes: number;
  readonly items: number;
}

/** Draws in all, so that evaluations of a thousand items do not take long. */
const DRAWS = 2_000_000;

/** Gathers what tables and pictures need, from episodes that need not be in memory together. */
export function gatherEvaluation(
  step: number,
  episodes: Iterable<LoggedEpisode>,
  mostPictures: number,
): Evaluated {
  const values = new Map<string, Map<string, number[]>>();
  const pictures = new Map<string, Picture>();
  let failed = 0;
  for (const episode of episodes) {
    const last = episode.turns.at(-1);
    const { itemId } = episode;
    if (last?.picture !== undefined && !pictures.has(itemId) && pictures.size < mostPictures) {
      pictures.set(itemId, last.picture);
    }
    if (episode.failure !== undefined) {
      failed += 1;
      continue;
    }
    for (const { name } of figures) {
      const value = name === 'return' ? episode.return : last?.metrics[name];
      if (value === undefined) continue;
      const byItem = values.get(name) ?? new Map<string, number[]>();
      const known = byItem.get(itemId);
      if (known) known.push(value);
      else byItem.set(itemId, [value]);
      values.set(name, byItem);
    }
  }
  return { step, values, pictures, failed };
}

/** The mean of a figure; null when no episode has it. */
export function estimate(evaluated: Evaluated, name: string): Estimate | null {
  const byItem = evaluated.values.get(name);
  if (byItem === undefined) return null;
  const all = [...byItem.values()].flat();
  const groups = byItem.size > 1 ? [...byItem.values()] : all.map((value) => [value]);
  const interval = resampledGroups(groups.length, (drawn) => meanOf(groups, drawn));
  return { mean: mean(all), interval, episodes: all.length, items: byItem.size };
}

/**
 * Interval of after - before. Items are drawn in pairs where both evaluations played the same ones: what makes an item
 * hard then counts in neither.
 */
export function changeInterval(before: Evaluated, after: Evaluated, name: string): Interval | null {
  const [old, fresh] = [before.values.get(name), after.values.get(name)];
  if (old === undefined || fresh === undefined) return null;
  const items = [...old.keys()];
  if (items.length > 1 && items.length === fresh.size && items.every((item) => fresh.has(item))) {
    const groups = [old, fresh].map((byItem) => items.map((item) => byItem.get(item) as readonly number[]));
    const [oldGroups, freshGroups] = groups as [number[][], number[][]];
    return resampledGroups(items.length, (drawn) => meanOf(freshGroups, drawn) - meanOf(oldGroups, drawn));
  }
  const units = (byItem: ByItem) =>
    byItem.size > 1 ? [...byItem.values()].map(mean) : [...byItem.values()].flat();
  return differenceInterval([units(fresh)], [units(old)]);
}

function resampledGroups(count: number, statistic: (drawn: ArrayLike<number>) => number): Interval | null {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const resamples = Math.max(1000, Math.min(10_000, Math.round(DRAWS / count)));
  return bootstrapInterval([numbers], ([drawn]) => statistic(drawn as ArrayLike<number>), { resamples });
}

/** Mean over all values of the drawn groups. */
function meanOf(groups: readonly (readonly number[])[], drawn: ArrayLike<number>): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < drawn.length; at++) {
    const group = groups[drawn[at] as number] as readonly number[];
    for (const value of group) sum += value;
    count += group.length;
  }
  return sum / count;
}
