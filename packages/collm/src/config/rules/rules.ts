/** Rules that involve several keys (algorithms spec 3.1 and 3.2). Single keys are checked by the schema. */
import type { Config } from '../schema.js';
import { environmentRules } from './environment.js';
import { faultRules } from './faults.js';
import { groupRules } from './groups.js';
import { placementRules } from './placement.js';
import type { CrossFieldProblem, Rule } from './rule.js';
import { scheduleRules } from './schedule.js';
import { updateRules } from './updates.js';
import { valueRules } from './values.js';

const rules: readonly Rule[] = [
  ...groupRules,
  ...updateRules,
  ...faultRules,
  ...valueRules,
  ...placementRules,
  ...scheduleRules,
  ...environmentRules,
];

/** Everything in a valid configuration that does not go together. */
export function crossFieldProblems(config: Config): CrossFieldProblem[] {
  return rules.flatMap((rule) => rule(config) ?? []);
}
