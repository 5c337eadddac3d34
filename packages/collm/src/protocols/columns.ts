/** The columns of the comparison: what every task has, and what each domain's tasks add to it, by names of metrics. */

export type Figures = Readonly<Record<string, number>>;

export interface Column {
  readonly title: string;
  /** Of one episode; undefined where the task has no such thing. */
  readonly value: (figures: Figures) => number | undefined;
  readonly digits: number;
  /** What the title does not say. */
  readonly note?: string;
}

/** A metric as it is, or a multiple of it. */
const metric =
  (name: string, factor = 1) =>
  (figures: Figures): number | undefined => {
    const value = figures[name];
    return value === undefined ? undefined : factor * value;
  };

/** A metric in percent of the most that it can be. */
const percent = (title: string, name: string, note?: string, most = 1): Column => ({
  title,
  value: metric(name, 100 / most),
  digits: 1,
  ...(note === undefined ? {} : { note }),
});

export const commonColumns: readonly Column[] = [
  {
    title: 'time (s)',
    value: metric('seconds'),
    digits: 2,
    note: 'seconds of generation an episode takes where agents that need not wait for each other work side by side',
  },
  { title: 'tokens', value: metric('tokens'), digits: 1, note: 'generated in an episode, by all calls' },
  {
    title: 'score (%)',
    value: metric('score_percent'),
    digits: 1,
    note: 'reward on the scale from lowest (0) to highest (100) possible, mean over turns',
  },
];

export const taskColumns: readonly Column[] = [
  // Game playing (minecraft spec, 6).
  percent('Adj', 'adj_ratio', '100 × adj_ratio of the last turn; lower is better'),
  percent('IoU', 'iou', '100 × iou of the last turn'),
  percent('HP', 'hp', 'hit points left in percent; 100 where somebody kills the spiders', 100),
  percent('match', 'match', '100 × match of the last turn; air counts'),
  // Coding (coding spec, 12).
  percent('pass rate', 'test_pass_rate', 'tests passed in the last turn, in percent'),
  percent('cooperation', 'bonus_reward', 'bonuses for cooperation, in percent of the highest', 1.5),
  // Writing (writing spec, 6): the four levels, each counted without the gates before it.
  percent(
    'structure',
    'structure_reward',
    'in percent of the highest, as are length, vocabulary and style',
    0.5,
  ),
  percent('length', 'length_reward'),
  percent('vocabulary', 'diversity_reward', undefined, 0.5),
  percent('style', 'style_reward'),
];

/** Names of figures that are not the task's own, or have columns of other names (`correct` has pass@k). */
const general = new Set([
  ...['seconds', 'tokens', 'score_percent', 'score', 'reward', 'return', 'turns', 'correct'],
]);
const MOST_UNKNOWN = 5;

/**
 * The columns that these episodes have something for. A task whose metrics are in no table shows its first ones as they
 * are.
 */
export function columnsFor(episodes: readonly Figures[]): Column[] {
  const has = ({ value }: Column) => episodes.some((figures) => value(figures) !== undefined);
  const own = taskColumns.filter(has);
  const names = [...new Set(episodes.flatMap((figures) => Object.keys(figures)))];
  const unknown = names
    .filter((name) => !general.has(name))
    .slice(0, MOST_UNKNOWN)
    .map((name): Column => ({ title: name, value: metric(name), digits: 3 }));
  return [...commonColumns, ...(own.length > 0 ? own : unknown)];
}
