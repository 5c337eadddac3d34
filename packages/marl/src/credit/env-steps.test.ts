import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeCost } from './env-steps.js';

describe('counting (P14)', () => {
  it('reproduces the published figures', () => {
    // Two agents, four responses, four turns: 680 responses against 8 of a chain (spec 2.6).
    expect(treeCost(2, 4, 4, 'aligned').responses).toBe(680);
    expect(treeCost(2, 1, 4, 'aligned')).toEqual({ branching: 1, nodes: 4, responses: 8, envSteps: 4 });
    // HouseBuild's MAGRPO: 2 + 4 + 8 + 16 env steps per item (spec 3.3).
    expect(treeCost(2, 2, 4, 'aligned').envSteps).toBe(30);
    expect(treeCost(2, 2, 2, 'cross')).toEqual({ branching: 4, nodes: 5, responses: 20, envSteps: 20 });
  });

  it('a full tree of branching b over H turns has (b^H - 1)/(b - 1) nodes of b joint samples', () => {
    const upTo = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(upTo(8), upTo(4), upTo(4), fc.constantFrom('aligned', 'cross'), (n, G, H, mode) => {
        const { branching, nodes, responses, envSteps } = treeCost(n, G, H, mode);
        expect(branching).toBe(mode === 'aligned' ? G : G ** n);
        expect(nodes * (branching - 1)).toBe(branching === 1 ? 0 : branching ** H - 1);
        expect(responses).toBe(n * G * nodes);
        expect(envSteps).toBe(branching * nodes);
      }),
    );
  });
});
