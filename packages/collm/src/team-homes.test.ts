import { describe, expect, it } from 'vitest';
import { setAll, withAlgorithm } from '../test/config-problems.js';
import { checkConfig } from './config/check.js';
import { merge } from './config/load.js';
import { residencesOf } from './team-homes.js';

/** Threads of agents, critics and inline members, of 8 that libtorch takes by itself. */
function threads(settings: Record<string, unknown>, algorithm = 'collm_cc', available = 8) {
  const config = checkConfig(merge(withAlgorithm(algorithm), setAll(settings)));
  const { agents, critics, inline } = residencesOf(config, 'training', available);
  const numbers = (homes: typeof agents) => homes.map((home) => home.threads);
  return { agents: numbers(agents), critics: numbers(critics), inline };
}

describe('threads that nobody has set', () => {
  it('are all for members that live here', () => {
    expect(threads({})).toEqual({ agents: [8, 8], critics: [8], inline: 8 });
  });

  it('are shared by the places where agents live, and by those of critics', () => {
    const apart = { 'agent_model.placement': ['thread', 'process'] };
    expect(threads(apart)).toEqual({ agents: [4, 4], critics: [8], inline: null });
    expect(threads(apart, 'collm_dc')).toEqual({ agents: [4, 4], critics: [4, 4], inline: null });
    expect(threads(apart, 'collm_dc', 3).agents).toEqual([1, 1]);
    expect(threads(apart, 'collm_dc', 1).agents).toEqual([1, 1]);
  });

  it('are fewer for all that live here beside others', () => {
    const one = { 'agent_model.placement': ['inline', 'thread'] };
    expect(threads(one)).toEqual({ agents: [4, 4], critics: [8], inline: 4 });
  });

  it('are those of one place with one set of weights', () => {
    const shared = { 'agent_model.share': true, 'agent_model.placement': 'process' };
    expect(threads(shared)).toEqual({ agents: [8], critics: [8], inline: null });
  });
});

it('takes the numbers that were set; critics have those of their agents', () => {
  const own = { 'agent_model.placement': 'thread', 'agent_model.threads': [1, 3] };
  expect(threads(own)).toEqual({ agents: [1, 3], critics: [1], inline: null });
  expect(threads(own, 'collm_dc').critics).toEqual([1, 3]);
  expect(threads({ ...own, 'critic_model.threads': 2 }, 'collm_dc').critics).toEqual([2, 2]);
  const here = { ...own, 'critic_model.placement': 'inline', 'critic_model.threads': 5 };
  expect(threads(here).inline).toBe(5);
});

it('critics live where their agents do, unless they are placed', () => {
  const config = (settings: Record<string, unknown>) =>
    residencesOf(checkConfig(merge(withAlgorithm('collm_dc'), setAll(settings))), 'training', 2);
  const placements = (homes: readonly { placement: string }[]) => homes.map(({ placement }) => placement);
  const apart = { 'agent_model.placement': ['thread', 'process'] };
  expect(placements(config(apart).critics)).toEqual(['thread', 'process']);
  expect(placements(config({ ...apart, 'critic_model.placement': 'inline' }).critics)).toEqual([
    'inline',
    'inline',
  ]);
});
