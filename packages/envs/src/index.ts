export {
  type CheckOptions,
  checkEnvironment,
  type EnvironmentCheck,
  environmentProblems,
} from './check/check-environment.js';
export type { Finding } from './check/findings.js';
export * from './coding/class-eval/class-eval.js';
export type { ClassEvalItem } from './coding/class-eval/item.js';
export * from './coding/class-eval/reward.js';
export type { ClassEvalOptions, ClassEvalSettings } from './coding/class-eval/settings.js';
export * from './coding/code-generation.js';
export type { Expert } from './coding/expert.js';
export type { CodingItem } from './coding/item.js';
export * from './coding/reward.js';
export type { CodingOptions, CodingSettings } from './coding/settings.js';
export type { CodingState } from './coding/state.js';
export * from './coding/tasks.js';
export * from './coding/tiny/problems.js';
export type { Step as TinyStep } from './coding/tiny/steps.js';
export * from './dataset/fields.js';
export { chooseDataFiles, dataExtensions } from './dataset/folder.js';
export { parseRecord } from './dataset/jsonl.js';
export { lineText, splitLines } from './dataset/lines.js';
export * from './dataset/read-source.js';
export * from './dataset/source.js';
export * from './dataset/split.js';
export * from './env.js';
export * from './env-error.js';
export * from './minecraft/blocks.js';
export * from './minecraft/bridge-build/bridge-build.js';
export * from './minecraft/bridge-build/item.js';
export * from './minecraft/bridge-build/settings.js';
export * from './minecraft/bridge-build/state.js';
export * from './minecraft/commands.js';
export * from './minecraft/house-build/house-build.js';
export * from './minecraft/house-build/item.js';
export * from './minecraft/house-build/score.js';
export * from './minecraft/house-build/settings.js';
export * from './minecraft/house-build/state.js';
export { tinyHouses } from './minecraft/house-build/tiny-houses.js';
export { uncoordinatedHouse } from './minecraft/house-build/uncoordinated.js';
export * from './minecraft/presets.js';
export * from './minecraft/resource-gathering/item.js';
export type { Amounts, Material } from './minecraft/resource-gathering/materials.js';
export * from './minecraft/resource-gathering/resource-gathering.js';
export * from './minecraft/resource-gathering/settings.js';
export * from './minecraft/resource-gathering/state.js';
export * from './minecraft/str-build/dataset.js';
export * from './minecraft/str-build/item.js';
export * from './minecraft/str-build/score.js';
export * from './minecraft/str-build/settings.js';
export * from './minecraft/str-build/state.js';
export * from './minecraft/str-build/str-build.js';
export * from './minecraft/str-build/uncoordinated.js';
export * from './minecraft/world.js';
export * from './reward-schedule.js';
export { pick } from './seeded-random.js';
export * from './settings.js';
export * from './task.js';
export * from './tasks.js';
export type { WritingItem } from './writing/items.js';
export { PairMeasures, scorePair, type WritingReward } from './writing/reward.js';
export {
  arxivRules,
  arxivWideLengthBand,
  type Band,
  tldrRules,
  type WritingRules,
} from './writing/rules.js';
export { tinyPost, tinyPosts, uncoordinatedSummary } from './writing/tiny-posts.js';
export * from './writing/writing.js';
