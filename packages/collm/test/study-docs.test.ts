/**
 * docs/study.md and the committed results against the records of studies/<name>: every figure is computed again.
 * `npx vitest run packages/collm/test/study-docs.test.ts -u` writes the page, the tables and the pictures again.
 *
 * What counts as a figure that has to stand in a marker is said at `strayFigures`.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyse } from '../src/study/analysis/analyse.js';
import type { NumberedStudy } from '../src/study/numbers/numbers.js';
import { strayFigures, withNumbers } from '../src/study/numbers/page.js';
import { readRecords } from '../src/study/records.js';
import { writeResults } from '../src/study/report/write-results.js';
import { readStudy } from '../src/study/study-file.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pagePath = join(root, 'docs/study.md');
const studies = join(root, 'studies');

const recorded = existsSync(studies)
  ? readdirSync(studies).filter((name) => existsSync(join(studies, name, 'records.jsonl.gz')))
  : [];

const opened = new Map<string, NumberedStudy>();

/** A study by its folder, analysed once. */
function open(name: string): NumberedStudy {
  const known = opened.get(name);
  if (known !== undefined) return known;
  if (!recorded.includes(name)) throw new Error(`There is no studies/${name}/records.jsonl.gz.`);
  const { study } = readStudy(join(studies, name, 'study.yaml'));
  const records = readRecords(join(studies, name, 'records.jsonl.gz'));
  const numbered = { records, results: analyse(study, records) };
  opened.set(name, numbered);
  return numbered;
}

describe.skipIf(!existsSync(pagePath))('docs/study.md (skipped while there is none)', () => {
  it('has every figure as the records give it', async () => {
    const page = readFileSync(pagePath, 'utf8');
    await expect(withNumbers(page, open)).toMatchFileSnapshot(pagePath);
  });

  it('has results, and no figure in them that nothing checks', () => {
    const page = readFileSync(pagePath, 'utf8');
    expect(page).toMatch(/^#+ (?:[\d.]+ )?Results\b/m);
    expect(strayFigures(page)).toEqual([]);
  });
});

describe.skipIf(recorded.length === 0)('studies (skipped while none has records)', () => {
  it.each(recorded)('%s: the table and the pictures are those of its records', async (name) => {
    const { results, records } = open(name);
    const dir = mkdtempSync(join(tmpdir(), 'collm-study-'));
    try {
      const { table, figures } = writeResults(dir, results.study, records, results);
      const home = join(studies, name);
      if (existsSync(join(home, 'table.md'))) {
        await expect(readFileSync(table, 'utf8')).toMatchFileSnapshot(join(home, 'table.md'));
      }
      const kept = existsSync(join(home, 'figures')) ? readdirSync(join(home, 'figures')) : [];
      for (const picture of kept) {
        expect(readdirSync(figures), `studies/${name}/figures/${picture} is of no cell`).toContain(picture);
        const svg = readFileSync(join(figures, picture), 'utf8');
        await expect(svg).toMatchFileSnapshot(join(home, 'figures', picture));
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
