/** `tracking.tensorboard`: metrics, settings and sample episodes as event files. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EpisodeRecord, TrainerEvent } from '@collm/marl';
import { stringify } from 'yaml';
import { withoutPaths } from '../config/named-paths.js';
import { codeBlock } from '../markdown.js';
import type { OpenedRun } from '../run-store/run-folder.js';
import { episodeMarkdown } from './episode-text.js';
import { EventFile } from './event-file.js';
import { flatSettings, type Outcome, type Tracker } from './tracker.js';

/** Writes an event file for one attempt at a run, into the folder `tensorboard/` of the run. */
export class TensorBoard implements Tracker {
  readonly #file: EventFile;
  /** The first episode of the evaluation that goes on. */
  #sample: EpisodeRecord | null = null;

  /** @param start finished steps that the attempt goes on from; null at the very beginning */
  constructor({ paths, config }: OpenedRun, attempt: number, start: number | null) {
    const dir = join(paths.dir, 'tensorboard');
    mkdirSync(dir, { recursive: true });
    // Files are read in order of their names: later attempts void steps of earlier ones.
    this.#file = new EventFile(join(dir, `events.out.tfevents.${String(attempt).padStart(6, '0')}.collm`));
    this.#file.begin(start === null ? 0 : start + 1);
    this.#file.settings(flatSettings(config));
    this.#file.text(
      start ?? 0,
      'configuration',
      codeBlock(stringify(withoutPaths(config), { lineWidth: 0 }), 'yaml'),
    );
  }

  readonly onEvent = (event: TrainerEvent): void => {
    if (event.type === 'episode') {
      const { record } = event;
      if (record.phase === 'evaluation' && record.failure === undefined) this.#sample ??= record;
    } else if (event.type === 'step-finished') {
      this.#file.scalars(event.step, event.metrics);
    } else if (event.type === 'evaluation-finished') {
      this.#file.scalars(event.step, event.metrics);
      if (this.#sample !== null)
        this.#file.text(event.step, 'evaluation/episode', episodeMarkdown(this.#sample));
      this.#sample = null;
    }
  };

  close(outcome: Outcome): void {
    if (outcome !== 'stopped') this.#file.ended(outcome);
    this.#file.close();
  }
}
