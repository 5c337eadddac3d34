/**
 * TLDR's tiny data set: posts of three short sentences, of few different words, for models of some hundred thousand
 * weights. All of it is made up here.
 */
import { pick, seededRandom } from '../seeded-random.js';
import { fillTemplate, type Slots } from './templates.js';

const TRAIN = 64;
const EVALUATION = 32;

/** Every sentence has two clauses, which a comma parts. */
const template =
  'my {who} took the {what} from our {where} {when}, it was [old|new|small] but i [liked|needed] it. now i {feel}, and nobody here will {help}. should i {first}, or is it best to {second}?';

const slots: Slots = {
  who: ['brother', 'boss', 'friend', 'dog'],
  what: ['bike', 'coat', 'phone', 'cake'],
  where: ['house', 'car', 'work'],
  when: ['last week', 'two days ago', 'this morning'],
  feel: ['cannot sleep', 'feel so sad', 'have to walk'],
  help: ['say sorry', 'talk about that'],
  first: ['ask for money', 'call his mother', 'buy another one'],
  second: ['wait', 'forget everything', 'move away'],
};

let made: [train: Record<string, string>[], evaluation: Record<string, string>[]] | undefined;

/** 64 records with the field `prompt` to train on and 32 to evaluate on, all different; always the same ones. */
export function tinyPosts(): readonly [
  train: Record<string, string>[],
  evaluation: Record<string, string>[],
] {
  made ??= makePosts();
  return made;
}

function makePosts(): [Record<string, string>[], Record<string, string>[]] {
  const random = seededRandom(42);
  const texts = new Set<string>();
  while (texts.size < TRAIN + EVALUATION) texts.add(tinyPost(random));
  const records = [...texts].map((prompt) => ({ prompt }));
  return [records.slice(0, TRAIN), records.slice(TRAIN)];
}

/** A post like those of the data set, in small letters. */
export function tinyPost(random: () => number): string {
  return fillTemplate(template, slots, random).toLowerCase();
}

/** Words that begin a clause of a detailed text: each of another kind, for the reward. */
const transitions = ['however', 'then', 'for example', 'indeed', 'because of this', 'if'] as const;

/**
 * What an agent writes that knows how to retell a post but not how much of it is wanted: its clauses in a random order,
 * over again where they are not enough, with transition words or without, cut at a random number of words. Both agents
 * draw from this.
 *
 * @param post sentences with clauses that commas part
 * @param random uniform numbers in [0, 1); the same numbers give the same text
 * @param words fewest and most words, both inclusive
 */
export function uncoordinatedSummary(
  post: string,
  random: () => number,
  words: readonly [least: number, most: number] = [6, 30],
): string {
  const [least, most] = words;
  const wanted = least + Math.floor(random() * (most - least + 1));
  const connected = random() < 0.5;
  const clauses = post.split(/[,.?!]\s*/).filter((clause) => clause !== '');
  const written: string[] = [];
  let left: string[] = [];
  while (written.length < wanted) {
    if (left.length === 0) left = [...clauses];
    const [clause] = left.splice(Math.floor(random() * left.length), 1) as [string];
    const start = connected && random() < 0.7 ? pick(transitions, random).split(' ') : [];
    written.push(...start, ...clause.split(' '));
  }
  return written.slice(0, wanted).join(' ');
}
