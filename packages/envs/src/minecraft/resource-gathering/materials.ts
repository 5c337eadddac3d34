/** What is gathered, and by whom (minecraft spec, section 10). */

export const materials = ['wood', 'stone', 'iron'] as const;

export type Material = (typeof materials)[number];

/** How much of each material. */
export type Amounts = Readonly<Record<Material, number>>;

export const nothing: Amounts = { wood: 0, stone: 0, iron: 0 };

/** What each agent can gather, in agent order. */
export const trades: readonly (readonly Material[])[] = [['wood'], ['stone', 'iron']];

export function isMaterial(name: unknown): name is Material {
  return materials.some((material) => material === name);
}

/** What an agent still has to gather. */
export function neededBy(agent: number, collected: Amounts, goal: Amounts): Material[] {
  return (trades[agent] ?? []).filter((material) => collected[material] < goal[material]);
}

/** Mean over the materials of the share of the goal that is there, 0 to 1. */
export function progressOf(collected: Amounts, goal: Amounts): number {
  const shares = materials.map((material) => Math.min(1, collected[material] / goal[material]));
  return shares.reduce((sum, share) => sum + share, 0) / materials.length;
}

export function isComplete(collected: Amounts, goal: Amounts): boolean {
  return materials.every((material) => collected[material] >= goal[material]);
}

/** `wood 2, iron 1`: what there is, without what there is not. */
export function amountsText(amounts: Amounts): string {
  const parts = materials.filter((material) => amounts[material] > 0);
  return parts.map((material) => `${material} ${amounts[material]}`).join(', ') || 'nothing';
}
