/** Tells a person how a run goes: one live line on a terminal, plain lines elsewhere. */
import type { Phase, TrainerEvent } from '@collm/marl';
import { Chalk } from 'chalk';
import { counted, formatDuration, formatNumber } from '../format.js';

/** Where progress is written; `process.stderr` is one. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const phaseNames: Readonly<Record<Phase, string>> = {
  rollout: 'rollout',
  reference: 'reference',
  values: 'values',
  'update-critic': 'critic update',
  'update-agent': 'agent update',
  diagnostics: 'diagnostics',
  evaluation: 'evaluation',
  checkpoint: 'checkpoint',
};

const REDRAW_MS = 80;
const BAR_CELLS = 20;
const CLEAR_LINE = '\r\u001b[2K';

/** A sink of trainer events that writes lines for people. */
export class Progress {
  readonly #live: boolean;
  readonly #chalk: InstanceType<typeof Chalk>;
  #total = 0;
  #step = 0;
  #firstStep = 0;
  #started = 0;
  #pausedAt = 0;
  #lastReturn: number | null = null;
  #drawn = false;
  #drawnAt = 0;

  constructor(private readonly stream: ProgressStream) {
    this.#live = stream.isTTY === true;
    this.#chalk = new Chalk(this.#live ? {} : { level: 0 });
  }

  /** Writes a line that stays. */
  line(text: string): void {
    this.#clear();
    this.stream.write(`${text}\n`);
  }

  /** Takes the live line away, before results are written to the same terminal. */
  clear(): void {
    this.#clear();
  }

  /** Shows what is being done, until the next line; on a terminal only. */
  status(text: string): void {
    const now = performance.now();
    if (!this.#live || now - this.#drawnAt < REDRAW_MS) return;
    this.#show(text, now);
  }

  readonly onEvent = (event: TrainerEvent): void => {
    switch (event.type) {
      case 'run-started':
        this.#total = event.totalSteps;
        this.#step = event.step;
        this.#firstStep = event.step;
        this.#started = performance.now();
        this.line(
          `${event.resumed ? `Resumed at step ${event.step}` : 'Started'}: ${event.algorithm} on ${event.environment}, ` +
            `${counted(event.numAgents, 'agent')}, ${counted(event.numTurns, 'turn')}, ${counted(event.totalSteps, 'step')}`,
        );
        break;
      case 'phase-started':
        this.#draw(event.phase, event.agent, null, true);
        break;
      case 'phase-progress':
        this.#draw(event.phase, event.agent, event.done / event.total, false);
        break;
      case 'step-finished': {
        this.#step = event.step;
        this.#total = event.totalSteps ?? this.#total;
        this.#lastReturn = event.metrics['train/return_mean'] ?? null;
        if (!this.#live) this.line(this.#stepLine(event.metrics));
        break;
      }
      case 'evaluation-finished':
        this.line(`evaluation at step ${event.step}: ${evaluationText(event.metrics)}`);
        break;
      case 'checkpoint-saved':
        this.line(this.#chalk.dim(`checkpoint of step ${event.step} saved`));
        break;
      case 'failure-saved':
        this.line(
          `The update that failed is kept in ${event.location}; \`collm replay <run>\` makes it again`,
        );
        break;
      case 'run-paused':
        this.#pausedAt = performance.now();
        this.line(`Paused after step ${event.step}`);
        break;
      case 'run-resumed':
        // What is left is reckoned from the time that steps took.
        this.#started += performance.now() - this.#pausedAt;
        this.line(`Going on after step ${event.step}`);
        break;
      case 'worker-lost': {
        const { error, episodes } = event;
        const broken = `${counted(episodes, 'episode')} in flight recorded as failed`;
        this.line(this.#chalk.red([error.message, ...(episodes === 0 ? [] : [broken])].join(' ')));
        break;
      }
      case 'run-stopped':
        this.line(
          event.reason === 'finished'
            ? `Finished after step ${event.step} in ${formatDuration(this.#elapsed())}`
            : `Stopped after step ${event.step} of ${this.#total}`,
        );
        break;
      case 'run-failed':
        this.line(this.#chalk.red(`Failed after step ${event.step}`));
        break;
      case 'phase-finished':
      case 'episode':
        break;
    }
  };

  #stepLine(metrics: Readonly<Record<string, number>>): string {
    const parts = [`step ${this.#step}/${this.#total}`];
    const shown = {
      return: metrics['train/return_mean'],
      score: metrics['train/score_mean'],
      'value loss': meanValueLoss(metrics),
      'failed episodes': metrics['train/failed_episodes'] || undefined,
      'skipped updates': metrics['train/skipped_updates'] || undefined,
      seconds: metrics['time/step'],
    };
    for (const [label, value] of Object.entries(shown)) {
      if (value !== undefined) parts.push(`${label} ${formatNumber(value)}`);
    }
    return [...parts, this.#eta()].filter((part) => part !== '').join('  ');
  }

  #draw(phase: Phase, agent: number | undefined, share: number | null, force: boolean): void {
    if (!this.#live) return;
    const now = performance.now();
    if (!force && now - this.#drawnAt < REDRAW_MS) return;
    const who = agent === undefined ? '' : ` ${agent}`;
    const percent = share === null ? '' : ` ${String(Math.round(share * 100)).padStart(3)}%`;
    const parts = [
      `${bar(this.#total === 0 ? 0 : this.#step / this.#total)} step ${Math.min(this.#step + 1, this.#total)}/${this.#total}`,
      `${phaseNames[phase]}${who}${percent}`,
      this.#lastReturn === null ? '' : `return ${formatNumber(this.#lastReturn)}`,
      this.#eta(),
    ].filter((part) => part !== '');
    this.#show(parts.join('  '), now);
  }

  #show(text: string, now: number): void {
    const width = (this.stream.columns ?? 80) - 1;
    this.stream.write(`${CLEAR_LINE}${text.slice(0, width)}`);
    this.#drawnAt = now;
    this.#drawn = true;
  }

  #eta(): string {
    const done = this.#step - this.#firstStep;
    const left = this.#total - this.#step;
    if (done === 0 || left <= 0) return '';
    return `${formatDuration((this.#elapsed() / done) * left)} left`;
  }

  #elapsed(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #clear(): void {
    if (this.#drawn) this.stream.write(CLEAR_LINE);
    this.#drawn = false;
  }
}

/** Mean over all critics, or value heads on agents; undefined without either. */
function meanValueLoss(metrics: Readonly<Record<string, number>>): number | undefined {
  const losses = Object.entries(metrics).flatMap(([name, value]) =>
    name.endsWith('/value_loss') ? [value] : [],
  );
  return losses.length === 0 ? undefined : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function bar(share: number): string {
  const full = Math.round(share * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`;
}

function evaluationText(metrics: Readonly<Record<string, number>>): string {
  const names = ['return', 'coverage', 'iou', 'adj_ratio'].filter((name) => `eval/${name}` in metrics);
  const reached = metrics['eval/env_steps_to_target'];
  const target = reached === undefined ? [] : [`target reached after ${reached} environment steps`];
  const texts = names.map((name) => {
    const error = metrics[`eval/${name}_se`];
    const margin = error === undefined ? '' : ` ± ${formatNumber(error)}`;
    return `${name} ${formatNumber(metrics[`eval/${name}`] as number)}${margin}`;
  });
  return [...texts, ...target].join('  ');
}
