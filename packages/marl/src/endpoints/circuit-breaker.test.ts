import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';
import { EndpointError, type EndpointFault } from './endpoint-error.js';

function breaker() {
  const clock = { seconds: 0 };
  const lines: string[] = [];
  const rule = { failures: 2, restSeconds: 10, longestRestSeconds: 30 };
  const own = new CircuitBreaker(
    rule,
    (line) => lines.push(line),
    () => clock.seconds,
  );
  const fail = (fault: EndpointFault = 'timeout') => {
    own.enter();
    own.failed(new EndpointError(fault, 'it hangs'));
  };
  const answer = () => {
    own.enter();
    own.succeeded();
  };
  return { own, clock, lines, fail, answer };
}

describe('the circuit breaker', () => {
  it('counts failures in a row', () => {
    const { own, lines, fail, answer } = breaker();
    fail();
    answer();
    fail();
    expect(own.resting).toBe(false);
    fail('refused');
    fail();
    expect(own.resting).toBe(false);
    fail('nonsense');
    expect(own.resting).toBe(true);
    expect(lines).toEqual([expect.stringMatching(/failed 2 times in a row.*for 10 s.*it hangs$/)]);
    expect(fail).toThrow(/left alone after 2 failures in a row, the last: it hangs/);
  });

  it('lets one request through when the rest is over, and rests for longer after a vain one', () => {
    const { own, clock, lines, fail, answer } = breaker();
    fail();
    fail();
    clock.seconds = 10;
    own.enter();
    expect(() => own.enter()).toThrow(/left alone/);
    own.failed(new EndpointError('connection', 'gone'));
    for (const rest of [20, 30, 30]) {
      clock.seconds += rest - 1;
      expect(() => own.enter()).toThrow(/3|4|5 failures in a row, the last: (gone|it hangs)/);
      clock.seconds += 1;
      fail();
    }
    clock.seconds += 30;
    answer();
    expect(lines.slice(1)).toEqual(['it answers again']);
    // As if nothing had been.
    fail();
    answer();
    fail();
    fail();
    clock.seconds += 10;
    answer();
    expect(lines).toHaveLength(4);
  });

  it('a trial that was given up is none', () => {
    const { own, clock, fail, answer } = breaker();
    fail();
    fail();
    clock.seconds = 10;
    own.enter();
    own.failed(new Error('stopped'));
    answer();
    expect(own.resting).toBe(false);
  });
});
