/** Before and after training as HTML: the result in a sentence, the table, the pictures. */
import { counted } from '../format.js';
import type { Comparison } from './comparison.js';
import { aboutEstimates, formatEstimate, verdictText } from './comparison-text.js';
import type { Drawings } from './drawings.js';
import { escapeHtml } from './escape.js';
import { tableHtml } from './page.js';

const aboutPictures =
  '<p class="note">First evaluation episode of each item. A small ring is a missing cell, a crossed block a stray one. Builds in space are drawn by block and by agent.</p>';

/** What the run came to, in a sentence. */
export function resultText(comparison: Comparison | null, algorithm: string, steps: number): string {
  const [main] = comparison?.figures ?? [];
  if (comparison === null || main === undefined) {
    return `${algorithm}, ${counted(steps, 'training step')}: there are no two evaluations to compare yet.`;
  }
  const { before, after, gain, interval, label } = main;
  const start = `In ${counted(comparison.afterStep - comparison.beforeStep, 'training step')} ${algorithm}`;
  if (gain === 0) return `${start} left the ${label} of its evaluations at ${after.mean.toFixed(3)}.`;
  const range =
    interval === null
      ? '. A single episode does not say how sure that is.'
      : ` (95 % interval ${signed(interval.low)} to ${signed(interval.high)}): ` +
        (main.verdict === 'open'
          ? 'that may be chance.'
          : 'more than the choice of evaluation items explains.');
  return (
    `${start} ${gain > 0 ? 'raised' : 'lowered'} the ${label} of its evaluations from ${before.mean.toFixed(3)} to ` +
    `${after.mean.toFixed(3)}, a change of ${signed(gain)}${range}`
  );
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}

/** The table of figures before and after. */
export function comparisonTableHtml(comparison: Comparison | null): string {
  if (comparison === null) return '<p>There are no two evaluations to compare yet.</p>';
  const { figures, beforeStep, afterStep } = comparison;
  const rows = figures.map((figure) => [
    `${figure.label} (${figure.better} is better)`,
    formatEstimate(figure.before.mean, figure.before.interval),
    formatEstimate(figure.after.mean, figure.after.interval),
    formatEstimate(figure.gain, figure.interval, true),
    { text: verdictText(figure), className: `verdict ${figure.verdict}` },
  ]);
  const head = ['', `before (step ${beforeStep})`, `after (step ${afterStep})`, 'change', ''];
  return (
    tableHtml('Evaluations before and after training', head, rows) +
    `<p class="note">${escapeHtml(aboutEstimates(comparison))} Intervals are bootstrapped over items. They say how sure the figures of ` +
    'this one run are, not what a run with another seed would give: for that compare several runs with <code>collm compare</code>.</p>'
  );
}

/** What was made of the same items before and after; empty where nothing is drawn. */
export function picturesHtml({ pictures }: Comparison, drawings: Drawings): string {
  const drawn = pictures.map(
    ({ before, after, itemId }) =>
      `<figure class="pair"><div><small>before</small>${drawings.html(before)}</div>` +
      `<div><small>after</small>${drawings.html(after)}</div><figcaption>${escapeHtml(after.caption || itemId)}</figcaption></figure>`,
  );
  return drawn.length === 0 ? '' : `${aboutPictures}<div class="pairs">${drawn.join('')}</div>`;
}
