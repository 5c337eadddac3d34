import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectSelfContained, openingTags } from '../../../test/html.js';
import {
  claimOf,
  recordsOf,
  rising,
  syntheticStudy,
  syntheticTask,
  trained,
  trialOf,
  untrained,
} from '../../../test/synthetic-study.js';
import { analyse } from '../analysis/analyse.js';
import type { Study, StudyRecords } from '../types.js';
import { resultsText, writeResults } from './write-results.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'collm-results-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const axis = (name: string, ...levels: string[]): Study['axes'][number] => ({
  ...{ name, label: name },
  levels: levels.map((level) => ({ name: level, label: `${level} of ${name}`, config: {} })),
});

/** Two methods and a protocol over two axes, and a method that failed. */
function wideStudy(): { study: Study; records: StudyRecords } {
  const study = syntheticStudy({
    methods: [trained('a', 'CoLLM-CC'), trained('b'), untrained('raw')],
    ...{ axes: [axis('turns', 'h2', 'h4'), axis('reward', 'every', 'final')], seeds: [1, 2] },
    tasks: [syntheticTask('writing', 2)],
    claims: [
      claimOf({
        first: { method: 'a', conditions: { turns: 'h2', reward: 'final' } },
        second: { method: 'b', conditions: { turns: 'h2', reward: 'final' } },
      }),
    ],
  });
  const trials = ['h2', 'h4'].flatMap((turns, index) =>
    ['every', 'final'].flatMap((reward) => [
      ...rising({ conditions: { turns, reward }, train: [{ 'agent_1/entropy': 0.5 }] }, [3 + index, 4]),
      ...rising({ method: 'b', conditions: { turns, reward } }, [1]),
      trialOf({ method: 'b', seed: 2, conditions: { turns, reward }, failure: 'no memory' }),
      ...rising({ method: 'raw', conditions: { turns, reward } }, [0.1, 0.2]),
    ]),
  );
  return { study, records: recordsOf(trials) };
}

function filesOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')]),
  );
}

describe('results of a study', () => {
  it('are the same bytes for the same records, and hold every part', () => {
    const { study, records } = wideStudy();
    const turned = recordsOf([...records.trials].reverse());
    writeResults(join(dir, 'one'), study, records, analyse(study, records));
    writeResults(join(dir, 'two'), study, turned, analyse(study, turned));
    const [one, two] = [filesOf(join(dir, 'one')), filesOf(join(dir, 'two'))];
    expect([...one.keys()].sort()).toEqual(
      [
        ...['every', 'final'].map((reward) => `axis-turns-writing-${reward}.svg`),
        ...['h2', 'h4'].map((turns) => `axis-reward-writing-${turns}.svg`),
        ...['curves', 'final'].flatMap((kind) =>
          ['h2-every', 'h2-final', 'h4-every', 'h4-final'].map((levels) => `${kind}-writing-${levels}.svg`),
        ),
        ...['table.md', 'report.html'],
      ].sort(),
    );
    expect(two).toEqual(one);
  });

  it('are a page that fetches and runs nothing, with claims, curves, conditions and failures', () => {
    const { study, records } = wideStudy();
    const results = analyse(study, records);
    const { report } = writeResults(dir, study, records, results);
    const page = readFileSync(report, 'utf8');
    const tags = expectSelfContained(page);
    const sections = tags
      .filter(({ name }) => name === 'section')
      .map(({ attributes }) => attributes.get('id'));
    expect(sections).toEqual([
      ...['claims', 'result', 'curves', 'final', 'axes', 'pairs', 'diagnostics', 'configuration', 'unused'],
      'reproduce',
    ]);
    expect(page).toContain('too few seeds: it takes 4 of each');
    expect(page).toContain('CoLLM-CC: final values');
    // The largest final value of all has the darkest shade.
    expect(page).toMatch(/<td class="h4">4\.000 \[4\.000, 4\.000\]<\/td>/);
    expect(page.match(/no memory/g)).toHaveLength(4);
    expect(page).toContain('2 min 5 s, 2 at a time');
    expect(page).toContain('A processor, 2 cores, 8 GB');
  });

  it('are tables for documents and terminals', () => {
    const { study, records } = wideStudy();
    const results = analyse(study, records);
    const table = readFileSync(writeResults(dir, study, records, results).table, 'utf8');
    expect(table).toContain('| B | 1 of 2 | 1.000 | 0.500 | 100, 0 of 1 reached it |');
    expect(table).toContain('| 0.500 [0.500, 0.500] |');
    const text = resultsText(results);
    expect(text).toMatch(/│ CoLLM-CC │ +2 │ +3\.500 \[3\.000, 4\.000\]/);
    expect(text).toContain(
      'not confirmed: the first is better (difference +2.500, expected higher; too few seeds: it takes 4 of each)',
    );
    expect(text).toContain('Note: 4 trials failed and count nowhere');
  });

  it('remove pictures of cells that are no more, and nothing else', () => {
    const { study, records } = wideStudy();
    const { figures } = writeResults(dir, study, records, analyse(study, records));
    writeFileSync(join(figures, 'mine.svg'), 'x');
    const less = { ...study, exclude: [{ turns: ['h4'] }] };
    writeResults(dir, less, records, analyse(less, records));
    expect(readdirSync(figures).sort()).toEqual([
      ...['axis-reward-writing-h2.svg', 'curves-writing-h2-every.svg', 'curves-writing-h2-final.svg'],
      ...['final-writing-h2-every.svg', 'final-writing-h2-final.svg', 'mine.svg'],
    ]);
  });

  it('say so where nothing has ended yet', () => {
    const study = syntheticStudy({ methods: [trained('a')], claims: [claimOf({})] });
    const records = recordsOf([]);
    const results = analyse(study, records);
    const page = readFileSync(writeResults(dir, study, records, results).report, 'utf8');
    expectSelfContained(page);
    expect(page).toContain('No trial has ended yet.');
    expect(results.claims[0]?.verdict).toBe('no data');
    expect(readdirSync(join(dir, 'figures'))).toEqual([]);
  });
});

describe('pictures of a study', () => {
  it('show on a page by themselves: white ground, own style, well-formed, nothing to fetch', () => {
    const { study, records } = wideStudy();
    const { figures } = writeResults(dir, study, records, analyse(study, records));
    for (const [name, svg] of filesOf(figures)) {
      openingTags(svg);
      expect(svg, name).toMatch(
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img" aria-label="[^"]+"/,
      );
      expect(svg, name).toMatch(/<rect width="\d+" height="\d+" fill="#fff"\/>/);
      expect(svg, name).toContain('stroke:#0072b2');
      expect(svg.replace('http://www.w3.org/2000/svg', ''), name).not.toMatch(/https?:|url\(|@import|NaN/);
    }
  });

  it('tell ten curves apart without colours', () => {
    const methods = Array.from({ length: 10 }, (_, index) => trained(`m${index}`));
    const study = syntheticStudy({ methods, seeds: [1] });
    const records = recordsOf(methods.flatMap(({ name }, index) => rising({ method: name }, [index])));
    const { figures } = writeResults(dir, study, records, analyse(study, records));
    const svg = readFileSync(join(figures, 'curves-writing.svg'), 'utf8');
    const [, legend = ''] = svg.split('environment steps</text>');
    const samples = [
      ...legend.matchAll(/<path class="line (c\d)"(.*?) d="M0 6H40"\/><g [^>]*><path d="(.*?)"/g),
    ];
    expect(samples).toHaveLength(10);
    for (const part of [1, 2, 3]) expect(new Set(samples.map((sample) => sample[part])).size).toBe(10);
  });

  it('keep a method alike where others are missing', () => {
    const study = syntheticStudy({ methods: [trained('a'), trained('b')] });
    const records = recordsOf(rising({ method: 'b' }, [1, 2]));
    const { figures } = writeResults(dir, study, records, analyse(study, records));
    const svg = readFileSync(join(figures, 'curves-writing.svg'), 'utf8');
    expect(svg).toContain('class="line c1" stroke-dasharray="7 4"');
    expect(svg).not.toContain('class="line c0"');
  });
});

describe('names that are hostile', () => {
  it('stay text in every file', () => {
    const evil = '<script>alert("1")</script>|](http://evil.example) `$x` \u001b[31m';
    const study: Study = {
      ...syntheticStudy({
        methods: [trained('a', evil), trained('b', `b${evil}`)],
        claims: [claimOf({ text: evil })],
      }),
      ...{ title: evil, question: evil },
      ...{ tasks: [{ ...syntheticTask('writing'), name: '../up/<x>', label: evil, metric: 'eval/return' }] },
    };
    const task = '../up/<x>';
    const records = recordsOf([
      ...rising({ task, train: [{ [`agent_1/${evil}`]: 1 }] }, [1, 2]),
      ...rising({ task, method: 'b' }, [1, 2]),
      trialOf({ task, seed: 3, failure: evil }),
    ]);
    const results = analyse(study, records);
    const paths = writeResults(dir, study, records, results);
    expectSelfContained(readFileSync(paths.report, 'utf8').replaceAll('\u001b', ''));
    expect(readdirSync(paths.figures)).toEqual(['curves-.._up_x_.svg', 'final-.._up_x_.svg']);
    for (const svg of filesOf(paths.figures).values()) {
      openingTags(svg);
      expect(svg).not.toContain('<script');
      expect(svg).not.toContain('\u001b');
    }
    const table = readFileSync(paths.table, 'utf8');
    expect(table).not.toContain('<script');
    expect(table).not.toMatch(/(?<!\\)\]\(http/);
    const rows = table.split('\n').filter((line) => line.startsWith('| '));
    for (const row of rows) expect(row.replace(/\\\|/g, '').split('|').length, row).toBeLessThan(10);
    expect(resultsText(results)).not.toContain('\u001b');
  });
});
