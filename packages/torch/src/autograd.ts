import { native } from './native.js';
import { refusePromise } from './scope.js';

function withGrad<T>(on: boolean, fn: () => T): T {
  const before = native.setGradEnabled(on);
  try {
    const result = fn();
    refusePromise(on ? 'enableGrad' : 'noGrad', 'the mode would leak over the await', result);
    return result;
  } finally {
    native.setGradEnabled(before);
  }
}

/** Runs `fn` without recording a graph. Synchronous only. */
export function noGrad<T>(fn: () => T): T {
  return withGrad(false, fn);
}

/** Runs `fn` with recording on, inside a `noGrad`. Synchronous only. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad(true, fn);
}
