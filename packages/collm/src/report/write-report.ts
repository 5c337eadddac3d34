/** Writes report.html of a run from its files: one file, which fetches nothing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { writeFileDurably } from '../run-store/durable.js';
import { readEpisodes, readMetrics } from '../run-store/records.js';
import { openRun } from '../run-store/run-folder.js';
import { type Chart, learningCharts } from './charts.js';
import { compareEnds } from './comparison.js';
import { Drawings } from './drawings.js';
import { escapeHtml, escapeJson } from './escape.js';
import { comparisonSection, configSection, episodesSection, headerSection } from './sections.js';
import { targetText } from './target.js';

/** Writes the report of a run; returns its path. */
export function writeReport(runDir: string): string {
  const { paths, meta, config } = openRun(runDir);
  const metrics = readMetrics(paths.dir);
  const episodes = readEpisodes(paths.dir);
  const last = metrics.at(-1);
  const drawings = new Drawings();
  const charts = learningCharts(metrics, episodes);
  const body = [
    headerSection(meta, last?.step ?? 0, last?.env_steps ?? 0, targetText(config, metrics)),
    comparisonSection(compareEnds(episodes), drawings),
    '<section><h2>Learning curves</h2><div id="charts"></div></section>',
    episodesSection(episodes, drawings),
    configSection(readFileSync(paths.config, 'utf8')),
  ].join('\n');
  writeFileDurably(paths.report, page(meta.name, body, charts));
  return paths.report;
}

function page(title: string, body: string, charts: readonly Chart[]): string {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const library = readFileSync(join(uplot, 'dist/uPlot.iife.min.js'), 'utf8');
  const scripts = [library, asset('report.js')];
  const styles = [readFileSync(join(uplot, 'dist/uPlot.min.css'), 'utf8'), asset('report.css')];
  // Only the scripts written here may run, whatever text a model manages to get into the page.
  const hashes = scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes.join(' ')}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${styles.map((text) => `<style>${text}</style>`).join('\n')}
</head>
<body>
${body}
<script type="application/json" id="chart-data">${escapeJson(charts)}</script>
${scripts.map((text) => `<script>${text}</script>`).join('\n')}
</body>
</html>
`;
}

function asset(name: string): string {
  return readFileSync(new URL(`../../assets/${name}`, import.meta.url), 'utf8');
}
