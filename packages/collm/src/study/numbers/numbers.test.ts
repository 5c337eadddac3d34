import { describe, expect, it } from 'vitest';
import {
  claimOf,
  recordsOf,
  rising,
  syntheticStudy,
  syntheticTask,
  trained,
} from '../../../test/synthetic-study.js';
import { analyse } from '../analysis/analyse.js';
import { type NumberedStudy, numberText } from './numbers.js';
import { strayFigures, withNumbers } from './page.js';

const study = syntheticStudy({
  methods: [trained('a'), trained('b')],
  tasks: [syntheticTask('writing', 2), syntheticTask('coding')],
  axes: [
    {
      ...{ name: 'turns', label: 'turns' },
      levels: ['h2', 'h4'].map((name) => ({ name, label: `${name.slice(1)} turns`, config: {} })),
    },
    { name: 'agents', label: 'agents', levels: [{ name: 'two', label: 'two', config: {} }] },
  ],
  exclude: [{ task: ['coding'], turns: ['h4'] }],
  claims: [
    claimOf({
      first: { method: 'a', conditions: { turns: 'h2' } },
      second: { method: 'b', conditions: { turns: 'h2' } },
    }),
  ],
});
const train = [{ 'agent_1/entropy': 4 }, { 'agent_1/entropy': 2 }];
const of = (task: string, turns: string) => [
  ...rising({ task, conditions: { turns, agents: 'two' }, train }, [3, 3, 3, 3]),
  ...rising({ task, method: 'b', conditions: { turns, agents: 'two' } }, [1, 1, 1, 1]),
];
const records = recordsOf([...of('writing', 'h2'), ...of('writing', 'h4'), ...of('coding', 'h2')]);
const small: NumberedStudy = { results: analyse(study, records), records };
const text = (expression: string) => numberText(expression, small);

describe('quantities in sentences', () => {
  it.each([
    ['final writing a turns=h2', '3.000 [3.000, 3.000]'],
    ['area writing a turns=h2', '1.500 [1.500, 1.500]'],
    ['samples writing a turns=h4', '67 [67, 67]'],
    ['samples writing b turns=h4', '100 [100, 100], 0 of 4 reached it'],
    ['reached writing a turns=h2', '4 of 4'],
    ['diagnostic agent/entropy writing a turns=h2', '3.000 [3.000, 3.000]'],
    ['diagnostic late:agent/entropy writing a turns=h2', '2.000 [2.000, 2.000]'],
    ['difference c1', '+2.000 [+2.000, +2.000]'],
    ['difference writing a b turns=h2', '+2.000 [+2.000, +2.000]'],
    ['difference writing b a turns=h2', '-2.000 [-2.000, -2.000]'],
    ['improvement writing b a turns=h2', '0.000 [0.000, 0.000]'],
    ['improvement a b turns=h2', '1.000 [1.000, 1.000]'],
    ['improvement b a turns=h2', '0.000 [0.000, 0.000]'],
    ['ratio final writing a b turns=h2', '3.000 [3.000, 3.000]'],
    ['verdict c1', 'confirmed'],
    ['claims', '1'],
    ['claims confirmed', '1'],
    ['claims not-confirmed', '0'],
    ['trials', '24'],
    ['failed', '0'],
    ['seeds', '4'],
    ['jobs', '2'],
    ['wall', '2 min 5 s'],
    ['wall writing a turns=h2', '10 s'],
    ['machine', 'A processor, 2 cores, 8 GB'],
    ['version collm', '0.1.0'],
  ])('%s is %s', (expression, expected) => {
    expect(text(expression)).toBe(expected);
  });

  it.each([
    ['finale writing a turns=h2', 'There is no quantity `finale`. Did you mean `final`?'],
    ['final writin a turns=h2', 'There is no task `writin` in this study. Did you mean `writing`?'],
    ['final writing c turns=h2', 'There is no method `c` in this study.'],
    ['final writing a', 'writing is played under several conditions. Give `turns=` one of h2, h4.'],
    ['final writing a turns=h3', 'There is no turns `h3` in this study. Did you mean'],
    ['final writing a turn=h2', 'There is no axis `turn` in this study. Did you mean `turns`?'],
    ['final coding a turns=h4', 'coding is not played under {"turns":"h4","agents":"two"} in small.'],
    ['final writing a extra turns=h2', '`extra` is too much'],
    ['samples coding a turns=h2', '`samples coding a turns=h2` has no value'],
    ['diagnostic critic/loss writing a turns=h2', 'It has agent/entropy.'],
    ['verdict c2', 'There is no claim `c2` in this study. Did you mean `c1`?'],
    ['claims sure', 'There is no verdict `sure` in this study.'],
    ['version torch', '`version torch` has no value'],
    ['table of', 'There is no table `of`.'],
    ['table diagnostic loss', 'No cell has `loss`.'],
  ])('%s is refused', (expression, message) => {
    expect(() => text(expression)).toThrow(message);
  });
});

describe('quantities as tables', () => {
  it('have methods below each other, and a column for all conditions that are open', () => {
    expect(text('table final writing')).toBe(
      [
        '| method | 2 turns | 4 turns |',
        '| --- | ---: | ---: |',
        '| A | 3.000 [3.000, 3.000] | 3.000 [3.000, 3.000] |',
        '| B | 1.000 [1.000, 1.000] | 1.000 [1.000, 1.000] |',
      ].join('\n'),
    );
    expect(text('table claims').split('\n')[1]).toBe('| --- | --- | --- | ---: | --- | --- | --- |');
    expect(text('table samples writing turns=h4')).toContain('| A | 67 [67, 67], 4 of 4 reached it |');
  });

  it.each([
    ['table all writing turns=h2', '| A | 4 | 3.000 [3.000, 3.000] | 1.500 [1.500, 1.500] |'],
    ['table pairs coding turns=h2', '| A - B | +2.000 [+2.000, +2.000] | 1.000 [1.000, 1.000] | higher |'],
    ['table improvement', '| A over B | 2 turns | writing, coding | 1.000 [1.000, 1.000] |'],
    ['table claims c1', '| +2.000 [+2.000, +2.000] | 4 / 4 | confirmed |'],
    ['table diagnostic agent/entropy coding', '| coding, 2 turns: A | 4 | 3.000 [3.000, 3.000] | 2.000 '],
    ['table setup', '| method | A | algorithm.name=a |'],
  ])('%s', (expression, line) => {
    expect(text(expression)).toContain(line);
  });
});

describe('pages', () => {
  const open = (name: string) => {
    if (name === 'small') return small;
    throw new Error(`There is no study ${name}.`);
  };

  it('get what stands between markers, and keep the rest', () => {
    const page = [
      '# Study',
      'A ends at <!--small:final writing a turns=h2-->7<!---->, as <!--small:verdict c1--><!----> says.',
      '<!-- small:table final coding -->',
      '<!-- end -->',
      '<!-- a comment -->',
    ].join('\n');
    const written = withNumbers(page, open);
    expect(written.split('\n')).toEqual([
      '# Study',
      'A ends at <!--small:final writing a turns=h2-->3.000 [3.000, 3.000]<!---->, as <!--small:verdict c1-->confirmed<!----> says.',
      '<!-- small:table final coding -->',
      '',
      '| method | 2 turns |',
      '| --- | ---: |',
      '| A | 3.000 [3.000, 3.000] |',
      '| B | 1.000 [1.000, 1.000] |',
      '',
      '<!-- end -->',
      '<!-- a comment -->',
    ]);
    expect(withNumbers(written, open)).toBe(written);
  });

  it('are refused with all that cannot be computed', () => {
    const page = '<!--small:final poetry a-->1<!---->\n<!--large:trials-->2<!---->\n<!--small:trials-->3\n';
    expect(() => withNumbers(page, open)).toThrow(
      /There is no task `poetry`[\s\S]*There is no study large[\s\S]*small:trials--> is never closed/,
    );
  });

  it('have no figures of measurements outside of markers', () => {
    const page = [
      'Before, 1.5 may stand.',
      '# Results of the study',
      '## 2.1 Writing',
      'As in section 3.3 of arXiv 2601.21972, on 2026-05-01 with v1.2.3 and D1.2, 95 % intervals, 4 turns and 600 steps:',
      '<!--small:final writing a turns=h2-->3.000<!----> and `0.5` and [a](b-1.5.svg)',
      '```',
      '# 2.5 is code',
      '```',
      'It rose to 1.23, by 40 %, which is 3 times as much after 12,000 steps, or +.5.',
      '# Limits',
      'Here 2.5 may stand.',
    ].join('\n');
    expect(strayFigures(page).map((found) => found.split(' in ')[0])).toEqual([
      '1.23',
      '40',
      '3',
      '12,000',
      '+.5',
    ]);
    expect(strayFigures('Only 1.5.\n')).toEqual([]);
  });
});
