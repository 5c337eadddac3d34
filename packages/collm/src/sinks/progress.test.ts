import type { TrainerEvent } from '@collm/marl';
import { describe, expect, it, vi } from 'vitest';
import { formatDuration, formatNumber } from '../format.js';
import { Progress } from './progress.js';

const events: TrainerEvent[] = [
  {
    type: 'run-started',
    algorithm: 'collm_cc',
    environment: 'str_build',
    numAgents: 2,
    numTurns: 1,
    step: 0,
    totalSteps: 2,
    resumed: false,
  },
  { type: 'phase-started', phase: 'rollout', step: 0 },
  { type: 'phase-progress', phase: 'rollout', step: 0, done: 1, total: 2 },
  { type: 'phase-finished', phase: 'rollout', step: 0, seconds: 1 },
  { type: 'phase-started', phase: 'update-agent', step: 0, agent: 1 },
  { type: 'step-finished', step: 1, envSteps: 8, metrics: { 'train/return_mean': -1.5, 'time/step': 2 } },
  { type: 'phase-started', phase: 'rollout', step: 1 },
  {
    type: 'evaluation-finished',
    step: 1,
    envSteps: 8,
    metrics: { 'eval/return': -1, 'eval/return_se': 0.25, 'eval/iou': 0.5 },
  },
  { type: 'checkpoint-saved', step: 1, location: '/x' },
  { type: 'run-stopped', step: 1, reason: 'requested' },
];

function written(isTTY: boolean, columns = 200): string {
  let text = '';
  const progress = new Progress({ write: (part) => (text += part), isTTY, columns });
  for (const event of events) progress.onEvent(event);
  return text;
}

describe('progress', () => {
  it('is plain lines without a terminal', () => {
    const text = written(false);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(text).not.toMatch(/[\u001b\r]/);
    expect(text.split('\n')).toEqual([
      'Started: collm_cc on str_build, 2 agents, 1 turn, 2 steps',
      expect.stringMatching(/^step 1\/2 {2}return -1\.500 {2}seconds 2\.000 {2}\d+ s left$/),
      'evaluation at step 1: return -1.000 ± 0.250  iou 0.500',
      'checkpoint of step 1 saved',
      'Stopped after step 1 of 2',
      '',
    ]);
  });

  it('goes by the steps to expect where env steps limit the run', () => {
    let text = '';
    const progress = new Progress({ write: (part) => (text += part) });
    for (const event of events.slice(0, 1)) progress.onEvent(event);
    progress.onEvent({ type: 'step-finished', step: 1, envSteps: 8, totalSteps: 5, metrics: {} });
    progress.onEvent({ type: 'step-finished', step: 2, envSteps: 90, totalSteps: 2, metrics: {} });
    expect(text.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^step 1\/5 {2}.* left$/),
      'step 2/2',
      '',
    ]);
  });

  it('does not take a pause for work', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      let text = '';
      const progress = new Progress({ write: (part) => (text += part) });
      const pass = (event: TrainerEvent, seconds: number) => {
        vi.advanceTimersByTime(seconds * 1000);
        progress.onEvent(event);
      };
      pass(events[0] as TrainerEvent, 5);
      pass({ type: 'run-paused', step: 0 }, 0);
      pass({ type: 'run-resumed', step: 0 }, 3600);
      pass({ type: 'step-finished', step: 1, envSteps: 8, metrics: {} }, 20);
      expect(text.split('\n').slice(1)).toEqual([
        'Paused after step 0',
        'Going on after step 0',
        'step 1/2  20 s left',
        '',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is one live line on a terminal, which shows phase, return and time left', () => {
    const text = written(true);
    const frames = text.split('\r\u001b[2K');
    expect(frames.some((frame) => /step 1\/2 {2}agent update 1/.test(frame))).toBe(true);
    expect(frames.some((frame) => /step 2\/2 {2}rollout {2}return -1\.500 {2}\d+ s left/.test(frame))).toBe(
      true,
    );
    expect(frames.filter((frame) => frame.includes('\n')).every((frame) => !frame.includes('█'))).toBe(true);
  });

  it('never wraps', () => {
    const frames = written(true, 40).split('\r\u001b[2K');
    for (const frame of frames.filter((one) => one.includes('░'))) expect(frame.length).toBeLessThan(40);
  });
});

describe('a line of progress', () => {
  function lineOf(metrics: Readonly<Record<string, number>>, type: 'step-finished' | 'evaluation-finished') {
    let text = '';
    const progress = new Progress({ write: (part) => (text += part) });
    progress.onEvent(events[0] as TrainerEvent);
    progress.onEvent({ type, step: 1, envSteps: 8, metrics });
    return text.split('\n')[1];
  }

  it.each([
    ['one critic', { 'critic/value_loss': 0.5 }, /value loss 0\.500 /],
    ['several critics', { 'critic_1/value_loss': 0.5, 'critic_2/value_loss': 1.5 }, /value loss 1\.000 /],
    ['heads on agents', { 'agent_1/value_loss': 1, 'agent_2/value_loss': 3 }, /value loss 2\.000 /],
    ['no critic', { 'agent_1/policy_loss': 1 }, /^step 1\/2 {2}\d+ s left$/],
    [
      'failures',
      { 'train/failed_episodes': 0.25, 'train/skipped_updates': 0 },
      /failed episodes 0\.250 {2}\d+ s left$/,
    ],
    ['updates left out', { 'train/skipped_updates': 2 }, /skipped updates 2\.000/],
  ])('shows %s', (_, metrics, text) => {
    expect(lineOf(metrics, 'step-finished')).toMatch(text);
  });

  it('says when the target was reached', () => {
    const metrics = { 'eval/return': -1, 'eval/env_steps_to_target': 64 };
    expect(lineOf(metrics, 'evaluation-finished')).toMatch(
      /return -1\.000 {2}target reached after 64 environment steps/,
    );
    expect(lineOf({ 'eval/return': -1 }, 'evaluation-finished')).not.toMatch(/target/);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0.000'],
    [-1.23456, '-1.235'],
    [0.00012, '1.20e-4'],
    [123.456, '123.5'],
    [1234567, '1.23e+6'],
  ])('%d', (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [3.4, '3 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
  ])('%d seconds', (value, text) => expect(formatDuration(value)).toBe(text));
});
