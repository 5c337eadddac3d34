/** The rule by which a run goes on after the death of a worker: `train.max_restarts`. */
import type { TrainerEvent, WorkerLostError } from '@collm/marl';
import { RunError } from '../errors.js';
import { counted } from '../format.js';

/** Counts the restarts of a session that did not get it any further. A sink of trainer events. */
export class Restarts {
  #inARow = 0;
  /** Most steps that were finished, now and at the last loss. */
  #furthest = 0;
  #lostAt = 0;

  /**
   * @param limit restarts in a row that are allowed
   * @param name the run folder as the user would type it
   */
  constructor(
    private readonly limit: number,
    private readonly name: string,
  ) {}

  readonly onEvent = (event: TrainerEvent): void => {
    if (event.type !== 'step-finished') return;
    this.#furthest = Math.max(this.#furthest, event.step);
    // A step that is only played again is no progress: a worker may die of the one after it every time.
    if (event.step > this.#lostAt) this.#inARow = 0;
  };

  /** Counts a loss; says which restart follows. @throws RunError when there were too many */
  next(lost: WorkerLostError): string {
    const { name } = this;
    this.#lostAt = this.#furthest;
    if (this.#inARow >= this.limit) {
      const tried =
        this.limit === 0
          ? '`train.max_restarts` is 0, so the run stops.'
          : `The run has been started again ${counted(this.limit, 'time')} without getting a step further, which is all that \`train.max_restarts\` allows.`;
      throw new RunError(
        `${lost.message} ${tried} Look for the cause (the last log in ${name}/logs, the memory of the machine), then go on with \`collm train --resume ${name}\`.`,
        { cause: lost },
      );
    }
    this.#inARow += 1;
    return `Restart ${this.#inARow} of ${this.limit}`;
  }
}
