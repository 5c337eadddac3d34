/** Pauses and checkpoints that are asked for from outside: between steps, and without a trace in what is learned. */
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { RunControl, TrainerEvent } from '../src/index.js';
import { CC, fakeRun, folderStore, newestCheckpoint, reported } from './fakes/runs.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder('control');

const options = { evalInterval: 3, checkpointEvery: 0 };

/** Wishes that a test makes. */
class Wishes implements RunControl {
  save = false;
  paused = false;
  held = 0;

  constructor(private readonly onHold: () => void = () => undefined) {}

  saveRequested(): boolean {
    return this.save;
  }

  saveDone(): void {
    this.save = false;
  }

  pauseRequested(): boolean {
    return this.paused;
  }

  async hold(): Promise<void> {
    this.held += 1;
    this.paused = false;
    this.onHold();
  }
}

const kinds = (events: readonly TrainerEvent[]) =>
  events.flatMap(({ type, ...event }) =>
    /^(step-finished|checkpoint-saved|run-)/.test(type) && 'step' in event ? [`${type} ${event.step}`] : [],
  );

/** Makes a wish as soon as the run is in its third step. */
const inThirdStep = (wish: () => void) => (event: TrainerEvent) => {
  if (event.type === 'phase-started' && event.step === 2 && event.phase === 'values') wish();
};

describe('a run under control', () => {
  it('saves after the step in which it is asked to, and goes on as if it had not', async () => {
    const whole = await fakeRun({ algorithm: CC, options });
    const control = new Wishes();
    const onEvent = inThirdStep(() => {
      control.save = true;
    });
    const saved = await fakeRun({
      algorithm: CC,
      options,
      checkpoints: folderStore(folder.path),
      control,
      onEvent,
    });
    expect((await readdir(folder.path)).sort()).toEqual(['step-000003', 'step-000008']);
    expect(saved.weights).toBe(whole.weights);
    expect(reported(saved.events)).toEqual(reported(whole.events));
  });

  it('keeps the wish for a checkpoint that could not be saved', async () => {
    const control = new Wishes();
    control.save = true;
    const checkpoints = { save: () => Promise.reject(new Error('the disk is full')) };
    await expect(fakeRun({ algorithm: CC, options, checkpoints, control })).rejects.toThrow(/disk is full/);
    expect(control.save).toBe(true);
  });

  it('holds between steps with a checkpoint, and goes on as if it had not', async () => {
    const whole = await fakeRun({ algorithm: CC, options });
    const control = new Wishes();
    const onEvent = inThirdStep(() => {
      control.paused = true;
    });
    const held = await fakeRun({
      algorithm: CC,
      options,
      checkpoints: folderStore(folder.path),
      control,
      onEvent,
    });
    expect(control.held).toBe(1);
    const told = kinds(held.events);
    expect(told.slice(3, 8)).toEqual([
      'step-finished 3',
      'checkpoint-saved 3',
      'run-paused 3',
      'run-resumed 3',
      'step-finished 4',
    ]);
    expect(held.weights).toBe(whole.weights);
    expect(reported(held.events)).toEqual(reported(whole.events));
  });

  it('stops out of a pause, and a resume goes on as if it had not', async () => {
    const whole = await fakeRun({ algorithm: CC, options });
    const stop = new AbortController();
    const control = new Wishes(() => stop.abort());
    const onEvent = inThirdStep(() => {
      control.paused = true;
    });
    const setup = { algorithm: CC, options, checkpoints: folderStore(folder.path) };
    const part = await fakeRun({ ...setup, control, onEvent, signal: stop.signal });
    expect(part.result).toMatchObject({ reason: 'requested', state: { step: 3 } });
    expect(kinds(part.events).slice(-3)).toEqual(['checkpoint-saved 3', 'run-paused 3', 'run-stopped 3']);
    const rest = await fakeRun({ ...setup, resumeFrom: await newestCheckpoint(folder.path) });
    expect(rest.weights).toBe(whole.weights);
  });

  it('is not held at its end', async () => {
    const control = new Wishes();
    const { result } = await fakeRun({
      algorithm: CC,
      options: { ...options, maxSteps: 1 },
      control,
      onEvent: (event) => {
        if (event.type === 'step-finished') control.paused = true;
      },
    });
    expect(result.reason).toBe('finished');
    expect(control.held).toBe(0);
  });
});
