/** What a critic's model is fed: layout, truncation, and what is shared between queries. */
import { Tokenizer, trainBpe } from '@collm/lm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CriticInput, fairShares, JointInput } from '../src/agents/joint-input.js';
import { sharePrefixes } from '../src/agents/shared-prefix.js';
import { planRows } from '../src/agents/value-rows.js';
import type { ValueQuery } from '../src/index.js';
import { actionOf, before, response, stateOf, type Turn, tokensOf } from './critic-fixtures.js';

const marker = 1;
const tokenizer = new Tokenizer(
  'in memory',
  trainBpe([], { vocabSize: 261, specialTokens: ['<|pad|>', '<|end|>', '<|system|>', '<|user|>', '<|a|>'] }),
  { eos_token: '<|end|>' },
);
const inputOf = (query: ValueQuery, maxTokens = 1e6, marksActions = true): CriticInput =>
  new JointInput(tokenizer, { marker, maxTokens, marksActions }).of(query);

/** Headers and markers of one turn of two agents, with responses: what no budget may go below. */
const LEAST = 4 * '\nagent 1\n'.length + '\nleft 3\n'.length + 2;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom('<|end|>', '<|pad|>a<|end|>', '\nagent 1\n', '\nleft 2\n<|end|>', '\ud800'),
  fc.integer({ min: 0, max: 400 }).map((length) => 'w'.repeat(length)),
);
const turn = fc.array(fc.record({ sees: text, says: text }), { minLength: 2, maxLength: 2 });
const episode = fc.array(turn, { minLength: 3, maxLength: 3 });
const place = { episode, at: fc.integer({ min: 0, max: 2 }) };

const startsWith = (long: CriticInput, short: CriticInput) =>
  expect(long.tokens.slice(0, short.tokens.length)).toEqual(short.tokens);
const two: readonly Turn[] = [0, 1, 2].map((i) => [
  { sees: `left ${i}`, says: `go ${i}` },
  { sees: `right ${i}`, says: `stay ${i}` },
]);

describe('the input of a critic', () => {
  it('shows every agent, every turn and how many remain', () => {
    const shown = tokenizer.decode(inputOf(actionOf(1, two)).tokens);
    for (const part of ['left 0', 'right 0', 'go 0', 'stay 0', 'left 1', 'right 1', 'go 1', 'stay 1'])
      expect(shown).toContain(part);
    const sooner = { ...before(0, two), remainingTurns: 1 };
    expect(inputOf({ read: 'state', history: sooner }).tokens).not.toEqual(inputOf(stateOf(0, two)).tokens);
  });

  it('of a history begins that of its joint action, which begins the next history', () => {
    fc.assert(
      fc.property(fc.record(place), ({ episode, at }) => {
        const state = inputOf(stateOf(at, episode));
        const action = inputOf(actionOf(at, episode));
        startsWith(action, state);
        startsWith(inputOf(tokensOf(at, 1, episode)), state);
        if (at < 2) startsWith(inputOf(stateOf(at + 1, episode)), action);
      }),
      { numRuns: 60 },
    );
  });

  it('so all V and Q of an episode are read from one sequence', () => {
    const rows = [0, 1, 2].flatMap((at) =>
      [stateOf(at, two), actionOf(at, two)].map((query) => ({ ...inputOf(query), read: query.read })),
    );
    const plan = planRows(rows, 4096);
    expect(plan.flat()).toHaveLength(1);
    expect(plan[0]?.[0]?.members.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('fits the budget and ends with its marker, the only special token beside those of other turns', () => {
    fc.assert(
      fc.property(
        fc.record({ ...place, budget: fc.integer({ min: LEAST, max: 700 }) }),
        ({ episode, at, budget }) => {
          for (const query of [stateOf(at, episode), actionOf(at, episode)]) {
            const { tokens, positions, truncated } = inputOf(query, budget);
            const whole = inputOf(query).tokens;
            expect(tokens.length).toBeLessThanOrEqual(budget);
            expect(truncated).toBe(whole.length > budget);
            if (!truncated) expect(tokens).toEqual(whole);
            expect(positions).toEqual([tokens.length - 1]);
            expect(tokens.at(-1)).toBe(marker);
            const markers = tokens.filter((id) => tokenizer.isSpecial(id));
            expect(new Set(markers)).toEqual(new Set([marker]));
            // A turn that is left out is left out whole.
            expect(markers.length % 2).toBe(query.read === 'state' ? 1 : 0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('over the budget gives observations and responses fair shares, their ends', () => {
    const length = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(
        fc.tuple(length, length, length, length),
        fc.integer({ min: LEAST + 4, max: 500 }),
        (lengths, budget) => {
          // Letters that are in no header; the last one is the end of its text.
          const [a, b, c, d] = lengths.map((n, i) => `${'uvwx'.charAt(i).repeat(n - 1)}${'UVWX'.charAt(i)}`);
          const long = [
            [
              { sees: a, says: c },
              { sees: b, says: d },
            ],
          ] as Turn[];
          const shown = tokenizer.decode(inputOf(actionOf(0, long), budget).tokens);
          for (const [i, need] of lengths.entries()) {
            const kept = [...shown].filter((char) => char.toLowerCase() === 'uvwx'.charAt(i)).length;
            expect(kept).toBeGreaterThanOrEqual(Math.min(need, Math.floor((budget - LEAST) / 4)));
            expect(shown).toContain('UVWX'.charAt(i));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('drops the oldest turns first', () => {
    const whole = inputOf(stateOf(2, two)).tokens.length;
    const shown = tokenizer.decode(inputOf(stateOf(2, two), whole - 1).tokens);
    expect(shown).not.toContain('go 0');
    expect(shown).toContain('go 1');
    expect(shown).toContain('right 2');
  });

  it('is the state alone where the query holds one, with the turns left', () => {
    const at = (state: string, left: number): ValueQuery => ({
      read: 'state',
      history: { agents: [], turn: 3 - left, remainingTurns: left, state },
    });
    const shown = (query: ValueQuery) => tokenizer.decode(inputOf(query).tokens);
    expect(shown(at('red <|end|>', 2))).toBe('red <|end|>\nleft 2\n');
    expect(inputOf(at('red', 2)).tokens.at(-1)).toBe(marker);
    const responses = ['go', 'stay'].map(response);
    const acted = shown({ ...at('red', 1), read: 'action', responses });
    expect(acted).toBe('red\nleft 1\n\nagent 1\ngo\nagent 2\nstay');
    const tokens = inputOf({ ...at('red', 1), read: 'tokens', agent: 1, response: response('stay') });
    expect(tokenizer.decode(tokens.tokens)).toBe('red\nleft 1\n\nagent 2\nsta');
  });

  it('of each state of an episode is a sequence of its own, however alike they are', () => {
    const states = ['red', 'red', 'red and', 'blue'].map((state, turn): ValueQuery => {
      return { read: 'state', history: { agents: [], turn, remainingTurns: 4 - turn, state } };
    });
    const rows = [...states, states[1] as ValueQuery].map((query) => ({
      ...inputOf(query),
      read: query.read,
    }));
    expect(
      planRows(rows, 4096)
        .flat()
        .map(({ members }) => members.toSorted())
        .toSorted(),
    ).toEqual([[0], [1, 4], [2], [3]]);
  });

  it('of a state too long for the budget loses its beginning', () => {
    const query: ValueQuery = {
      read: 'state',
      history: { agents: [], turn: 0, remainingTurns: 1, state: `first ${'x'.repeat(50)} last` },
    };
    const { tokens, truncated } = inputOf(query, 20);
    expect(tokens).toHaveLength(20);
    expect(truncated).toBe(true);
    expect(tokenizer.decode(tokens)).toMatch(/^x+ last\nleft 1\n$/);
  });

  it('refuses a budget that does not hold the headers', () => {
    expect(() => inputOf(actionOf(0, two), LEAST - 1)).toThrow(
      /46 tokens of headers and markers alone, more than its limit of 45/,
    );
  });

  it('without Q has no marker after the responses', () => {
    expect(inputOf(stateOf(1, two), 1e6, false).tokens.filter((id) => tokenizer.isSpecial(id))).toHaveLength(
      2,
    );
  });
});

describe('the input for values before tokens', () => {
  it('reads value k where token k-1 lies, the first at the header', () => {
    const query = tokensOf(1, 1, two);
    const { tokens, positions } = inputOf(query);
    const own = response('stay 1').tokens;
    expect(tokens.slice(-(own.length - 1))).toEqual(own.slice(0, -1));
    expect(positions.map((position) => tokens[position])).toEqual([
      tokenizer.encode('\n')[0],
      ...own.slice(0, -1),
    ]);
  });

  it('has none for an empty response', () => {
    const silent: Turn[] = [
      [
        { sees: 'a', says: '' },
        { sees: 'b', says: '' },
      ],
    ];
    expect(inputOf(tokensOf(0, 0, silent)).positions).toEqual([]);
  });

  it('over the budget keeps the end of the response; earlier tokens are valued at the header', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: LEAST, max: 400 }),
        (said, seen, budget) => {
          const long: Turn[] = [
            [
              { sees: 'u'.repeat(seen), says: 'v'.repeat(said) },
              { sees: '', says: '' },
            ],
          ];
          const { tokens, positions } = inputOf(tokensOf(0, 0, long), budget);
          expect(tokens.length).toBeLessThanOrEqual(budget);
          expect(positions).toHaveLength(said);
          expect(positions.at(-1)).toBe(tokens.length - 1);
          const header = tokens.length - 1 - tokens.filter((id) => id === response('v').tokens[0]).length;
          for (const [k, position] of positions.entries())
            expect(position).toBe(Math.max(header, tokens.length - said + k));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('shared work', () => {
  it('finds rows that begin others', () => {
    const rows = [
      [1, 2, 3],
      [1, 2, 3, 4, 5],
      [1, 2, 4],
      [1, 2, 3, 4, 5],
    ];
    const long = rows.map((row) => [9, 9, 9, 9, 9, 9, 9, 9, ...row]);
    expect(sharePrefixes(long).map(({ members }) => members)).toEqual([[1, 3, 0], [2]]);
    expect(sharePrefixes([]).length).toBe(0);
  });

  it('divides a budget fairly', () => {
    expect(fairShares([10, 10], 8)).toEqual([4, 4]);
    expect(fairShares([2, 10], 8)).toEqual([2, 6]);
    expect(fairShares([3, 3], 100)).toEqual([3, 3]);
    expect(fairShares([5, 5], -1)).toEqual([0, 0]);
  });
});
