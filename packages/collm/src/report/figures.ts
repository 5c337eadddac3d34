/** The figures that reports show, in the order of their tables; those that a run's task does not have are left out. */

export interface Figure {
  /** `return`, or a metric of the environment. */
  readonly name: string;
  readonly label: string;
  /** Whether more or less of it is better. */
  readonly better: 'higher' | 'lower';
}

export const figures: readonly Figure[] = [
  { name: 'return', label: 'return', better: 'higher' },
  { name: 'coverage', label: 'coverage', better: 'higher' },
  { name: 'iou', label: 'IoU', better: 'higher' },
  { name: 'adj_ratio', label: 'same-texture ratio', better: 'lower' },
  { name: 'match', label: 'matching cells', better: 'higher' },
  { name: 'hp', label: 'HP (%)', better: 'higher' },
  { name: 'test_pass_rate', label: 'tests passed', better: 'higher' },
  { name: 'correct', label: 'all tests passed', better: 'higher' },
  { name: 'bonus_reward', label: 'cooperation', better: 'higher' },
  { name: 'structure_reward', label: 'structure', better: 'higher' },
  { name: 'length_reward', label: 'length', better: 'higher' },
  { name: 'diversity_reward', label: 'vocabulary', better: 'higher' },
  { name: 'style_reward', label: 'style', better: 'higher' },
];
