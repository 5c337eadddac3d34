/** Where StrBuild's words come from (minecraft spec, 2.2). */
import { optionalTextField, textField } from '../../dataset/fields.js';
import type { DataRecord } from '../../dataset/source.js';
import { parsePythonInt, pythonTrim } from '../../text/python-text.js';
import { type StrBuildItem, type StrBuildLayout, strBuildItem } from './item.js';

/** A word of a data set with its difficulty. */
export interface StrBuildWord {
  string: string;
  difficulty: number;
}

/** The ten words of the default data set: rows 1-8 train, rows 9-10 evaluate. */
export const defaultStrBuildWords: readonly StrBuildWord[] = [
  { string: 'I', difficulty: 1 },
  { string: 'C', difficulty: 1 },
  { string: 'M', difficulty: 1 },
  { string: 'L', difficulty: 1 },
  { string: 'MC', difficulty: 2 },
  { string: 'CM', difficulty: 2 },
  { string: 'LI', difficulty: 3 },
  { string: 'LLM', difficulty: 3 },
  { string: 'ICML', difficulty: 3 },
  { string: 'CLIM', difficulty: 3 },
];

/**
 * Our own words of one to four letters, from short to long, for models that learn from nothing and need more
 * variety than the default ten. None of the default evaluation words is among them.
 */
export const shortStrBuildWords: readonly string[] = (
  'A B C D E F G H I J K L M N O P Q R S T U V W X Y Z ' +
  'AM AN AT BE BY DO GO HE HI IF IN IS IT ME MY NO OF OH ON OR SO TO UP US WE ' +
  'AIR ANT BOX CAT COW DOG EGG FOX HUT ICE JAM KEY LOG MAP NET OAK PIG RUN SKY TEN URN VAN WAX YAK ZOO ' +
  'BIRD CAVE DUST FERN GOLD HILL IRON JADE KELP LAVA MINE NEST ORES PATH QUIZ ROCK SAND TREE UNIT VINE WOLF YARD ZINC'
).split(' ');

/** The tasks of a list of words. Blank words are left out, but use up their row number. */
export function strBuildItems(
  words: readonly (string | StrBuildWord)[],
  layout: StrBuildLayout,
): StrBuildItem[] {
  const items: StrBuildItem[] = [];
  words.forEach((word, index) => {
    const { string, difficulty } = typeof word === 'string' ? { string: word, difficulty: 0 } : word;
    if (pythonTrim(string) !== '') items.push(strBuildItem(string, index + 1, difficulty, layout));
  });
  return items;
}

/**
 * The words of a data set's records: `string`, and `difficulty` as a number or as Python reads one; what is no integer
 * becomes 0. A record may lack its word, as short rows of a table do, and is then a blank one.
 *
 * @throws {EnvError} `bad_dataset` naming the place, where `string` is no text or no record has it
 */
export function wordsOf(records: readonly DataRecord[]): StrBuildWord[] {
  const [first] = records;
  if (first !== undefined && records.every(({ value }) => value.string === undefined))
    textField(first, 'string');
  return records.map((record) => ({
    string: optionalTextField(record, 'string') ?? '',
    difficulty: difficultyOf(record.value.difficulty),
  }));
}

function difficultyOf(value: unknown): number {
  if (typeof value !== 'string' && typeof value !== 'number') return 0;
  return parsePythonInt(pythonTrim(String(value))) ?? 0;
}
