/** The classes that come with the task: our own, put together from lists of methods, with a single split `test`. */
import type { DataSource } from '../../dataset/source.js';

/** A class with its state and the methods that it may have: name and parameters, then what the method does. */
interface Kind {
  readonly name: string;
  readonly about: string;
  readonly state: string;
  readonly methods: readonly (readonly [signature: string, about: string])[];
}

const KINDS: readonly Kind[] = [
  {
    name: 'Shelf',
    about: 'Keeps the books of a shelf by their titles.',
    state: 'self.books = {}',
    methods: [
      [
        'add(self, title, pages)',
        'Put a book with its number of pages on the shelf; replace one of the same title.',
      ],
      ['remove(self, title)', 'Take a book off the shelf. Return True if it stood there.'],
      ['pages(self)', 'Return the number of pages of all books.'],
      ['longest(self)', 'Return the title of the book with most pages, or None.'],
      ['starting_with(self, letter)', 'Return the titles that start with a letter, in alphabetical order.'],
      ['count(self)', 'Return how many books there are.'],
    ],
  },
  {
    name: 'Thermometer',
    about: 'Keeps measured temperatures in degrees Celsius, in the order of their measuring.',
    state: 'self.values = []',
    methods: [
      ['measure(self, value)', 'Add a value.'],
      ['mean(self)', 'Return the mean of all values, 0 without any.'],
      ['warmest(self)', 'Return the largest value, or None.'],
      ['in_fahrenheit(self)', 'Return all values in degrees Fahrenheit.'],
      ['rises(self)', 'Return how often a value was larger than the one before it.'],
      ['forget(self, count)', 'Remove the oldest values, count of them.'],
    ],
  },
  {
    name: 'Account',
    about: 'Keeps the money of an account in whole cents, with its changes.',
    state: 'self.changes = []',
    methods: [
      ['deposit(self, amount)', 'Add a positive amount. Raise ValueError for any other.'],
      ['withdraw(self, amount)', 'Take an amount out if there is enough. Return whether there was.'],
      ['balance(self)', 'Return the sum of all changes.'],
      ['largest_deposit(self)', 'Return the largest amount ever added, or 0.'],
      ['undo(self)', 'Take back the last change. Return whether there was one.'],
      ['statement(self)', 'Return the balances after each change.'],
    ],
  },
  {
    name: 'Playlist',
    about: 'Keeps songs as pairs of a title and its length in seconds, in order.',
    state: 'self.songs = []',
    methods: [
      ['append(self, title, seconds)', 'Add a song at the end.'],
      ['move(self, start, end)', 'Move the song at one index to another.'],
      ['duration(self)', 'Return the length of all songs in seconds.'],
      ['shorter_than(self, seconds)', 'Return the titles of the songs below a length, in order.'],
      ['titles(self)', 'Return all titles in order.'],
      ['without_repeats(self)', 'Remove every song whose title stands earlier in the list.'],
    ],
  },
  {
    name: 'Grid',
    about: 'Keeps whole numbers in rows and columns.',
    state: 'self.rows = []',
    methods: [
      ['add_row(self, row)', 'Add a row. Raise ValueError if it has another length than the rows before.'],
      ['at(self, row, column)', 'Return the number in a cell, or None outside.'],
      ['column(self, index)', 'Return the numbers of a column from top to bottom.'],
      ['transpose(self)', 'Exchange rows and columns.'],
      ['total(self)', 'Return the sum of all numbers.'],
      ['diagonal(self)', 'Return the numbers whose row and column have the same index.'],
    ],
  },
  {
    name: 'Queue',
    about: 'Serves names in the order in which they came, urgent ones before all others.',
    state: 'self.urgent = []\n        self.ordinary = []',
    methods: [
      ['join(self, name)', 'Put a name at the end of the ordinary ones.'],
      ['join_urgently(self, name)', 'Put a name at the end of the urgent ones.'],
      ['serve(self)', 'Remove and return the next name, or None.'],
      ['position(self, name)', 'Return how many come before a name, or -1 if it does not wait.'],
      ['leave(self, name)', 'Remove a name wherever it waits. Return whether it did.'],
      ['waiting(self)', 'Return all names in the order in which they will be served.'],
    ],
  },
  {
    name: 'Dictionary',
    about: 'Keeps translations of words in both directions.',
    state: 'self.pairs = {}',
    methods: [
      ['learn(self, word, translation)', 'Keep a translation; replace an older one of the word.'],
      ['translate(self, word)', 'Return the translation of a word, or the word itself.'],
      ['back(self, translation)', 'Return the words with that translation, in alphabetical order.'],
      ['sentence(self, text)', 'Translate all words of a text, which are separated by single spaces.'],
      ['forget(self, word)', 'Remove a word. Return its translation, or None.'],
      ['longest_word(self)', 'Return the longest word, the first in the alphabet among equals, or None.'],
    ],
  },
  {
    name: 'Race',
    about: 'Keeps the times of runners in seconds.',
    state: 'self.times = {}',
    methods: [
      ['finish(self, runner, seconds)', 'Keep the time of a runner, the better one of two.'],
      ['winner(self)', 'Return the fastest runner, or None.'],
      ['ranking(self)', 'Return the runners from fastest to slowest.'],
      ['gap(self, a, b)', 'Return by how many seconds a was faster than b; negative if slower.'],
      ['faster_than(self, seconds)', 'Return how many runners were faster.'],
      ['disqualify(self, runner)', 'Remove a runner. Raise KeyError for one who did not run.'],
    ],
  },
];

/** Which of six methods a class has: subsets of three to six, so that no two classes of a kind are the same. */
const SUBSETS = ['012345', '012', '0134', '02345', '1235', '345', '01245', '0235', '1345', '024', '01235'];

/** 88 classes: 66 to train on, 16 to evaluate on, and a few in neither slice. */
export function builtinClasses(): DataSource {
  const classes = SUBSETS.flatMap((subset, part) =>
    KINDS.map((kind) => ({ task_id: `classeval/${kind.name}_${part}`, skeleton: skeletonOf(kind, subset) })),
  );
  const records = classes.map((value, index) => ({ value, where: `builtin test:${index + 1}` }));
  return { name: 'builtin', splits: new Map([['test', records]]) };
}

function skeletonOf({ name, about, state, methods }: Kind, subset: string): string {
  const stubs = [...subset].map((index) => {
    const [signature, what] = methods[Number(index)] as (typeof methods)[number];
    return `    def ${signature}:\n        """${what}"""\n`;
  });
  return [
    `class ${name}:\n    """${about}"""\n`,
    `    def __init__(self):\n        ${state}\n`,
    ...stubs,
  ].join('\n');
}
