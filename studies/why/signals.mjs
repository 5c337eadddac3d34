// @ts-check
/**
 * Signals: a coordination game of one-word answers, so cheap that its rewards are learned by agents and critics of 0.1
 * million weights. Both agents see a public word; each also sees a private word that the other one does not see. One of
 * them has to say the public word and the other one its own private word. Who does which is nobody's to know: of every
 * public word there are two equivalent conventions, and agents that never speak have to break the symmetry together.
 *
 * A turn earns 0.25 for every agent that says a word that it sees, and 0.5 more if these are of different kinds, one the public
 * word and one a private word. So 1 a turn can be had without seeing the other's word. Turns do not depend on each other, and agents
 * are told neither rewards nor the other's answers: what is left to study is credit for turns whose payment comes late.
 *
 * @typedef {{ common: string, own: readonly [string, string] }} Words what is seen at a turn
 * @typedef {{ id: string, turns: readonly Words[] }} Sequence
 * @typedef {{ sequence: Sequence, turn: number, answers: readonly (string | null)[], earned: number }} State `turn` from 1
 */

/** What a word is for can be told from the word alone, so that critics of little training can see what agents do. */
export const publicWords = ['red', 'blue', 'green', 'gold'];
export const privateWords = ['east', 'west', 'north', 'south'];
const words = [...publicWords, ...privateWords];

/** Turns of every item, of which the first are played. */
const LONGEST = 8;
const TRAIN = 64;
const EVAL = 32;

/** Chances that an uncoordinated agent says the public word, and its private one; the others share the rest. */
const SHOWN = [0.35, 0.35];

/** For an agent that says a word that it sees. */
const FITTING = 0.25;
/** For one word of each kind. */
const SPLIT = 0.5;

/**
 * @param {{ num_turns?: number, seed?: number }} options turns played, 1 to 8; what the items are drawn from
 * @returns {import('@collm/envs').Environment<Sequence, State>}
 */
export default function signals({ num_turns: numTurns = 4, seed = 1 } = {}) {
  if (!Number.isInteger(numTurns) || numTurns < 1 || numTurns > LONGEST) {
    throw new Error(`\`num_turns\` is ${numTurns}, but items have ${LONGEST} turns. Give 1 to ${LONGEST}.`);
  }
  if (!Number.isInteger(seed)) throw new Error(`\`seed\` is ${seed}. Give a whole number.`);
  const items = drawItems(seed);
  return {
    name: 'signals',
    numAgents: 2,
    numTurns,
    earlyTerminationThreshold: null,
    rewardRange: [0, 1],
    trainItems: items.slice(0, TRAIN),
    evalItems: items.slice(TRAIN),
    roles: ['says the public word or its own', 'says the public word or its own'],
    reset: (sequence) => ({ sequence, turn: 1, answers: [], earned: 0 }),
    observe: (state) => {
      const { common, own } = wordsOf(state);
      return own.map((word) => ({
        messages: [{ role: 'user', content: `${common}\n${word}` }],
        startsAfresh: false,
      }));
    },
    step: (state, responses) => step(state, responses, numTurns),
    describeState: (state) => describe(state, numTurns),
    demonstrate,
  };
}

/**
 * @param {State} state
 * @param {readonly string[]} responses
 * @param {number} numTurns
 * @returns {import('@collm/envs').StepResult<State>}
 */
function step(state, responses, numTurns) {
  if (responses.length !== 2) throw new Error(`signals wants 2 responses, not ${responses.length}.`);
  const { common, own } = wordsOf(state);
  const answers = responses.map(readAnswer);
  const kinds = answers.map((answer, agent) =>
    answer === common ? 'public' : answer === own[agent] ? 'private' : null,
  );
  const fitting = kinds.filter((kind) => kind !== null).length;
  const split = fitting === 2 && kinds[0] !== kinds[1];
  const components = { fitting: FITTING * fitting, split: split ? SPLIT : 0 };
  const reward = components.fitting + components.split;
  const last = state.turn >= numTurns;
  return {
    state: { sequence: state.sequence, turn: state.turn + 1, answers, earned: state.earned + reward },
    reward,
    processedReward: reward,
    components,
    metrics: { fitting: fitting / 2, split: split ? 1 : 0 },
    terminated: last,
    endedBy: last ? 'last_turn' : null,
    info: { answers, kinds },
  };
}

/** The words of a turn and of those to come, what was said last, and what was earned; a word a line as in prompts. */
function describe(/** @type {State} */ { sequence, turn, answers, earned }, /** @type {number} */ numTurns) {
  const left = sequence.turns.slice(turn - 1, numTurns);
  const shown = left.map(({ common, own }) => [common, ...own].join('\n'));
  const said = answers.map((answer) => answer ?? 'none').join('\n');
  return [...shown, `said\n${said}`, `earned ${earned}`].join('\n\n');
}

/**
 * A well-formed answer that regards nobody else: often one of the two words that the agent sees.
 *
 * @param {State} state
 * @param {number} agent
 * @param {() => number} random
 */
function demonstrate(state, agent, random) {
  const { common, own } = wordsOf(state);
  const shown = [common, /** @type {string} */ (own[agent])];
  const others = words.filter((word) => !shown.includes(word));
  const place = random();
  const [first = 0, second = 0] = SHOWN;
  const kind = place < first ? 0 : place < first + second ? 1 : null;
  return /** @type {string} */ (kind === null ? others[Math.floor(random() * others.length)] : shown[kind]);
}

/** After the last turn, its words again. @param {State} state @returns {Words} */
const wordsOf = ({ sequence, turn }) =>
  /** @type {Words} */ (sequence.turns[Math.min(turn, sequence.turns.length) - 1]);

/** The word of an answer that is a single one of the eight. @param {string} text */
function readAnswer(text) {
  const word = text.slice(0, 20).trim().toLowerCase();
  return text.length <= 20 && words.includes(word) ? word : null;
}

/**
 * Items whose first two turns occur in no other one: beyond one turn, none is played both in training and in evaluation.
 *
 * @param {number} seed
 * @returns {Sequence[]}
 */
function drawItems(seed) {
  const random = seeded(seed);
  const pick = (/** @type {readonly string[]} */ from) =>
    /** @type {string} */ (from[Math.floor(random() * from.length)]);
  /** @returns {Words} */
  const draw = () => ({ common: pick(publicWords), own: [pick(privateWords), pick(privateWords)] });
  /** @type {Map<string, readonly Words[]>} */
  const drawn = new Map();
  while (drawn.size < TRAIN + EVAL) {
    const turns = Array.from({ length: LONGEST }, draw);
    const start = JSON.stringify(turns.slice(0, 2));
    if (!drawn.has(start)) drawn.set(start, turns);
  }
  return [...drawn.values()].map((turns, index) => ({ id: `signals_${index + 1}`, turns }));
}

/** Uniform numbers on [0, 1) that follow from a seed (mulberry32). @param {number} seed */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
