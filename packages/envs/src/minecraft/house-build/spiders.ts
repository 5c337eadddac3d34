/** Spiders, who threaten the team unless somebody kills them (minecraft spec, 3.4 and 3.8). */
import { PythonRandom } from './python-random.js';
import type { HouseBuildSettings } from './settings.js';

/**
 * The attack of every spider: the configured list, or one draw from the seed.
 *
 * @param episodeSeed only counts where every episode draws anew
 */
export function drawAttacks({ spider }: HouseBuildSettings, episodeSeed: number): readonly number[] {
  if (spider.attacks !== null) return spider.attacks;
  const ends = [spider.atk ?? spider.atkLow, spider.atk ?? spider.atkHigh];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const random = spider.redraw ? new PythonRandom(spider.seed, episodeSeed) : new PythonRandom(spider.seed);
  return Array.from({ length: Math.max(0, spider.num) }, () => random.randint(low, high));
}

/** Damage of all spiders together. */
export function damageOf(attacks: readonly number[]): number {
  return attacks.reduce((sum, attack) => sum + attack, 0);
}

/** How bad the spiders are for a team of some health, from 0 (not at all, or killed) to 1 (deadly). */
export function threatOf(attacks: readonly number[], hp: number, killed: boolean): number {
  const damage = damageOf(attacks);
  return killed || hp <= 0 || damage <= 0 ? 0 : Math.min(1, damage / hp);
}

/** Health that is left, in percent: all of it if somebody killed the spiders. */
export function healthLeft(attacks: readonly number[], hp: number, killed: boolean): number {
  if (hp <= 0) return 0;
  const damage = killed ? 0 : Math.max(0, damageOf(attacks));
  return (100 * Math.max(0, hp - damage)) / hp;
}
