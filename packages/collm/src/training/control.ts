/** Pause, resume, save and stop from other terminals (run-store/control.ts), as the trainer wants them. */
import type { RunControl } from '@collm/marl';
import type { ControlRequest } from '../run-store/control.js';
import { lockHolder } from '../run-store/lock.js';
import type { RunPaths } from '../run-store/paths.js';
import { RequestFolder } from './requests.js';

const LOOK_EVERY_MS = 500;

/** A wish to stop, whoever has it. */
export interface StopSwitch {
  readonly signal: AbortSignal;
  request(): void;
}

/** Watches the requests of a run, from its making until `close`. */
export class TerminalControl implements RunControl {
  readonly #requests: RequestFolder;
  readonly #timer: NodeJS.Timeout;
  #save = false;
  #paused = false;
  #goOn: (() => void) | null = null;

  /**
   * @param name the run folder as the user would type it
   * @param say told what becomes of each request
   */
  constructor(
    paths: RunPaths,
    private readonly name: string,
    private readonly stop: StopSwitch,
    private readonly say: (line: string) => void,
  ) {
    // Whoever holds the lock is who requests are for.
    this.#requests = new RequestFolder(paths.control, lockHolder(paths.lock)?.since ?? Date.now(), say);
    stop.signal.addEventListener('abort', () => this.#goOn?.(), { once: true });
    const look = () => {
      for (const request of this.#requests.take()) this.#act(request);
    };
    look();
    // Also what keeps a paused process alive.
    this.#timer = setInterval(look, LOOK_EVERY_MS);
  }

  saveRequested(): boolean {
    return this.#save;
  }

  saveDone(): void {
    this.#save = false;
  }

  pauseRequested(): boolean {
    return this.#paused;
  }

  async hold(): Promise<void> {
    if (!this.#paused || this.stop.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
    });
    this.#goOn = null;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #act(request: ControlRequest): void {
    switch (request) {
      case 'pause':
        if (!this.#paused) this.say(`Pausing after this step; go on with: collm runs resume ${this.name}`);
        this.#paused = true;
        break;
      case 'resume':
        if (this.#paused) this.say('Going on, as asked from another terminal');
        this.#paused = false;
        this.#goOn?.();
        break;
      case 'save':
        if (this.#goOn === null)
          this.say('Saving a checkpoint after this step, as asked from another terminal');
        else this.say('A checkpoint of this step is saved already');
        this.#save = this.#goOn === null;
        break;
      case 'stop':
        this.stop.request();
        break;
    }
  }
}
