/** Writes report.html of a run from its files: one file, which fetches nothing and runs nothing. */
import { readFileSync } from 'node:fs';
import { writeFileDurably } from '../run-store/durable.js';
import { type OpenedRun, openRun } from '../run-store/run-folder.js';
import { chartFigure } from './chart-svg.js';
import { learningCharts } from './charts.js';
import { chooseEpisodes } from './choose-episodes.js';
import { compareEnds } from './comparison.js';
import { comparisonTableHtml, picturesHtml, resultText } from './comparison-section.js';
import { configSection } from './config-section.js';
import { Drawings } from './drawings.js';
import { episodeHtml } from './episode-section.js';
import { escapeHtml } from './escape.js';
import { factsHtml, htmlPage, type Section, sectionsHtml } from './page.js';
import { reproduceSection } from './reproduce-section.js';
import { type RunData, readRunData } from './run-data.js';
import { targetText } from './target.js';

/** Writes the report of a run; returns its path. */
export function writeReport(runDir: string): string {
  const run = openRun(runDir);
  const { paths, meta } = run;
  const data = readRunData(paths.dir);
  const drawings = new Drawings();
  const comparison = compareEnds(data);
  const result = resultText(comparison, meta.algorithm, data.metrics.at(-1)?.step ?? 0);
  const pictures = comparison === null ? '' : picturesHtml(comparison, drawings);
  const sections: Section[] = [
    { id: 'result', title: 'Before and after', html: comparisonTableHtml(comparison) },
    { id: 'curves', title: 'Learning curves', html: curvesHtml(data) },
    ...(pictures === '' ? [] : [{ id: 'pictures', title: 'Pictures before and after', html: pictures }]),
    { id: 'episodes', title: 'Episodes', html: episodesHtml(data, drawings) },
    { id: 'configuration', title: 'Configuration', html: configSection(readFileSync(paths.config, 'utf8')) },
    { id: 'reproduce', title: 'How to reproduce', html: reproduceSection(run) },
    { id: 'environment', title: 'Versions', html: factsHtml(Object.entries(meta.versions)) },
  ];
  const body = `${headerHtml(run, data, result)}\n${sectionsHtml(sections)}`;
  writeFileDurably(paths.report, htmlPage(`${meta.name}: CoLLM run`, body));
  return paths.report;
}

function headerHtml({ meta, config }: OpenedRun, { metrics, episodes }: RunData, result: string): string {
  const last = metrics.at(-1);
  const failed = episodes.filter((episode) => episode.failed).length;
  const target = targetText(config, metrics);
  const facts: [string, string][] = [
    ['algorithm', meta.algorithm],
    ['task', meta.environment],
    ['agents', String(config.env.num_agents)],
    ['turns', String(config.env.num_turns)],
    ['seed', String(meta.seed)],
    ['training steps', (last?.step ?? 0).toLocaleString('en-US')],
    ['environment steps', (last?.env_steps ?? 0).toLocaleString('en-US')],
    ['episodes', `${episodes.length.toLocaleString('en-US')}${failed === 0 ? '' : `, ${failed} failed`}`],
    ['started', `${meta.created.slice(0, 16).replace('T', ' ')} UTC`],
    ...((last?.attempt ?? 1) > 1 ? [['attempts', String(last?.attempt)] as [string, string]] : []),
  ];
  return (
    `<header><h1>${escapeHtml(meta.name)}</h1><p class="result">${escapeHtml(result)}</p>` +
    `${target === null ? '' : `<p>${escapeHtml(target)}</p>`}${factsHtml(facts)}</header>`
  );
}

function curvesHtml({ metrics }: RunData): string {
  const charts = learningCharts(metrics);
  if (charts.length === 0) return '<p>No step is finished yet.</p>';
  return `<div class="charts">${charts.map((chart) => chartFigure(chart)).join('\n')}</div>`;
}

function episodesHtml(data: RunData, drawings: Drawings): string {
  const chosen = chooseEpisodes(data.episodes);
  if (chosen.length === 0) return '<p>No episode is over yet.</p>';
  const shown = chosen.map(({ why, entry }, index) => {
    const [episode] = data.read([entry]);
    return episode === undefined ? '' : episodeHtml(episode, why, index === 0, drawings);
  });
  return (
    `<p class="note">${chosen.length} of ${data.episodes.length.toLocaleString('en-US')} logged episodes. <code>collm samples</code> shows any of ` +
    `them; the run folder has all in episodes.jsonl.</p>${shown.join('\n')}`
  );
}
