import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Patience } from './patience.js';

let said: string[];
let patience: Patience;
beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  patience = new Patience((line) => said.push(line));
});
afterEach(() => {
  vi.useRealTimers();
});

/** A call that is answered after so many seconds. */
function call(name: string, seconds: number): void {
  patience.asked(name);
  vi.advanceTimersByTime(seconds * 1000);
  patience.answered();
}

it('says when an answer is overdue, and again when the wait has doubled', () => {
  call('act', 2);
  patience.asked('act');
  vi.advanceTimersByTime(59_999);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(240_001 - 59_999);
  expect(said).toEqual([60, 120, 240].map((s) => `no answer to \`act\` for ${s} s (2 s at most so far).`));
});

it('gives a call three times as long as the longest of its name took', () => {
  call('update', 50);
  call('update', 149);
  call('update', 446);
  expect(said).toEqual([]);
  call('act', 61);
  expect(said).toEqual(['no answer to `act` for 60 s (the first of its kind).']);
});

it('counts a call from when the one before it was answered', () => {
  patience.asked('endRollout');
  patience.asked('act');
  vi.advanceTimersByTime(50_000);
  patience.answered();
  vi.advanceTimersByTime(59_000);
  patience.answered();
  expect(said).toEqual([]);
});

it('says nothing of a worker that is gone', () => {
  patience.asked('act');
  patience.end();
  vi.advanceTimersByTime(1_000_000);
  expect(said).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
