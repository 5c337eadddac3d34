/** Texts from templates: how the writing tasks' own data are made when they are asked for. */
import { pick, seededRandom } from '../seeded-random.js';

/** Phrases by name; a text draws one of each. */
export type Slots = Readonly<Record<string, readonly string[]>>;

/**
 * Fills `{name}` with the phrase that the text has drawn for a slot, the same at every place, and `[a|b]` with one of
 * the alternatives, anew at every place. Sentences begin with a capital letter.
 *
 * @throws {Error} for a slot that does not exist
 */
export function fillTemplate(template: string, slots: Slots, random: () => number): string {
  const drawn = new Map(Object.entries(slots).map(([name, phrases]) => [name, pick(phrases, random)]));
  return template
    .replace(/\{(\w+)\}/g, (_, name: string) => {
      const phrase = drawn.get(name);
      if (phrase === undefined) throw new Error(`The template has no slot ${name}.`);
      return phrase;
    })
    .replace(/\[([^\]]*)\]/g, (_, alternatives: string) => pick(alternatives.split('|'), random))
    .replace(/(?:^|[A-Z]: |[.?!]\s+)\p{Ll}(?!\/)/gu, (start) => start.toUpperCase());
}

/** Sizes of the tasks' own data. */
const TRAIN = 200;
const EVALUATION = 60;

/**
 * Makes distinct records for training and evaluation, going round the makers in turn; always the same ones.
 *
 * @param makers each makes a text; they must be able to make more than enough different ones
 */
export function makeRecords(
  field: string,
  makers: readonly ((random: () => number) => string)[],
): [train: Record<string, string>[], evaluation: Record<string, string>[]] {
  const random = seededRandom(42);
  const texts = new Set<string>();
  while (texts.size < TRAIN + EVALUATION) {
    texts.add((makers[texts.size % makers.length] as (typeof makers)[0])(random));
  }
  const records = [...texts].map((text) => ({ [field]: text }));
  return [records.slice(0, TRAIN), records.slice(TRAIN)];
}
