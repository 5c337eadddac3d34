/** Shows how a study goes: a table that is redrawn in place on a terminal, a line per ended trial elsewhere. */
import { counted, formatDuration, formatNumber } from '../format.js';
import type { ProgressStream } from '../sinks/progress.js';
import type { CellProgress, GridProgress } from './grid-progress.js';
import type { TrialState } from './study-folder.js';
import type { PlannedTrial } from './trials.js';
import type { Study } from './types.js';

const REDRAW_MS = 1000;
/** Lines of a terminal that are not the table's. */
const OTHER_LINES = 4;

/** A terminal tells how many lines it has. */
export type TableStream = ProgressStream & { readonly rows?: number };

export class LiveTable {
  readonly #live: boolean;
  readonly #started = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #drawnLines = 0;

  constructor(
    private readonly stream: TableStream,
    private readonly study: Study,
    private readonly progress: GridProgress,
    private readonly jobs: number,
  ) {
    this.#live = stream.isTTY === true;
    if (!this.#live) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** Writes a line that stays. */
  line(text: string): void {
    this.#clear();
    this.stream.write(`${text}\n`);
    this.#draw();
  }

  /** Says of a trial that it has ended. */
  ended(trial: PlannedTrial, state: TrialState): void {
    if (state.state === 'failed') {
      const reason = (state.failure ?? '').split('\n').at(-1);
      this.line(`${this.#count()} ${trial.id} failed: ${reason}`);
    } else if (!this.#live && state.state === 'finished') {
      const value = this.progress.valueOf(trial);
      const figure = value === undefined ? '' : `  ${trial.cell.task.metric} ${formatNumber(value)}`;
      this.line(`${this.#count()} ${trial.id}${figure}  ${formatDuration(state.wallSeconds)}${this.#left()}`);
    } else {
      this.#draw();
    }
  }

  /** Takes the table away. */
  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#clear();
  }

  #draw(): void {
    if (!this.#live || this.#timer === null) return;
    const width = (this.stream.columns ?? 80) - 1;
    const room = Math.max(1, (this.stream.rows ?? 24) - OTHER_LINES);
    const lines = [...tableLines(this.study, this.progress.cells(), room), this.#summary()];
    // In one piece, so that it does not flicker.
    this.stream.write(this.#eraser() + lines.map((text) => `${text.slice(0, width)}\n`).join(''));
    this.#drawnLines = lines.length;
  }

  #clear(): void {
    if (this.#drawnLines > 0) this.stream.write(this.#eraser());
    this.#drawnLines = 0;
  }

  #eraser(): string {
    return this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}A\r\u001b[J`;
  }

  #count(): string {
    return `[${this.progress.done}/${this.progress.total}]`;
  }

  #summary(): string {
    const { done, total, failed } = this.progress;
    const elapsed = formatDuration((performance.now() - this.#started) / 1000);
    const failures = failed === 0 ? '' : `, ${failed} failed`;
    return `${done} of ${counted(total, 'trial')}${failures}, ${this.jobs} at a time, ${elapsed}${this.#left()}`;
  }

  #left(): string {
    const left = this.progress.secondsLeft(this.jobs);
    return left === null || this.progress.done === this.progress.total
      ? ''
      : `, ${formatDuration(left)} left`;
  }
}

/**
 * The table as lines of text, its head first.
 *
 * @param room cells that there is room for: those that run come first, then those that have to wait
 */
export function tableLines(study: Study, cells: readonly CellProgress[], room: number): string[] {
  const rank = ({ running, done, total }: CellProgress) => (running.length > 0 ? 0 : done < total ? 1 : 2);
  const chosen = new Set([...cells].sort((a, b) => rank(a) - rank(b)).slice(0, room));
  const head = ['task', 'method', ...study.axes.map(({ name }) => name), 'trials', 'running', 'metric'];
  const rows = cells.filter((cell) => chosen.has(cell)).map((one) => rowOf(study, one));
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at] as number))
      .join('  ')
      .trimEnd(),
  );
  const hidden = cells.length - chosen.size;
  return hidden === 0 ? lines : [...lines, `… and ${counted(hidden, 'cell')} more`];
}

function rowOf(study: Study, { cell, done, total, failed, running, metric }: CellProgress): string[] {
  const { task, method, conditions } = cell;
  const steps = running.map((envSteps) =>
    method.protocol === null ? `${envSteps}/${task.envSteps}` : 'playing',
  );
  return [
    ...[task.name, method.name, ...study.axes.map(({ name }) => conditions[name] ?? '')],
    `${done}/${total}${failed === 0 ? '' : ` (${failed} failed)`}`,
    steps.join(' '),
    metric === null ? '' : `${task.metric} ${formatNumber(metric)}`,
  ];
}
