import { describe, expect, it } from 'vitest';
import type { HouseBuildOptions, Rejection } from '../src/index.js';
import { houseEnv, hut, playHouse } from './houses.js';

interface AgentReport {
  accepted: string[];
  rejected: Rejection[];
}

/** What became of agent 1's response; agent 2 says nothing. */
function read(response: string, options: HouseBuildOptions = {}, record = hut): AgentReport {
  const { info } = playHouse(options, [response, ''], record);
  return (info.agents as AgentReport[])[0] as AgentReport;
}

const reason = (line: string, options?: HouseBuildOptions) => read(line, options).rejected[0]?.reason;

describe('/fill', () => {
  it('is rewritten with plain numbers as given and the normalised block', () => {
    expect(read('- FILL +2 0_1 00 1 １ -0 minecraft:stone').accepted).toEqual(['/fill 2 1 0 1 1 0 stone']);
  });

  it('fills the box between any two corners', () => {
    const { info } = playHouse({}, ['/fill 1 1 1 0 0 1 stone', '']);
    expect(info.world).toEqual([
      [0, 0, 1, 'stone'],
      [1, 0, 1, 'stone'],
      [0, 1, 1, 'stone'],
      [1, 1, 1, 'stone'],
    ]);
  });

  // Each line breaks the rule of its reason and, where possible, every later one.
  it.each([
    ['/setblock 0 0 0 stone', 'unsupported command: setblock'],
    ['//fill 0 0 0 0 0 0 stone', 'unsupported command: /fill'],
    ['/fill ~ 0 0 9 9 9', 'fill needs: /fill x1 y1 z1 x2 y2 z2 block'],
    ['/fill 0 0 0 9 9 1.5 dirt replace', 'fill coords must be absolute integers (no ~)'],
    ['/fill 0 0 0 9 ~1 9 dirt replace', 'fill coords must be absolute integers (no ~)'],
    ['/fill 0 0 0 ^ 9 9 dirt replace', 'fill coords must be absolute integers (no ~)'],
    ['/fill 0 0 0 9 9 9 dirt replace', 'block not allowed: dirt'],
    ['/fill 0 0 0 9 9 9 minecraft:minecraft:air replace', 'block not allowed: minecraft:air'],
    ['/fill 0 0 0 9 9 9 Stone', 'block not allowed: Stone'],
    ['/fill 0 0 0 3 1 1 stone replace', 'fill coord out of bbox'],
    ['/fill 0 -1 0 2 1 1 stone replace', 'fill coord out of bbox'],
    ['/fill 0 0 0 2 1 1 stone replace', 'fill modes (replace/keep/...) not allowed'],
    ['/fill 0 0 0 2 1 1 air keep', 'fill modes (replace/keep/...) not allowed'],
    ['/fill 0 0 0 2 1 1 stone', 'exceeds resource limit for stone: 12>4'],
  ])('%s: %s (the first check that fails)', (line, expected) => {
    expect(reason(line)).toBe(expected);
    expect(read(line).accepted).toEqual([]);
  });

  it('is refused unread once the budget of accepted commands is used up', () => {
    const report = read('/fill 9 9 9 9 9 9 stone\n/kill\n/fill 0 0 0 0 0 0 stone\n/\n~', { maxCommands: 4 });
    expect(report.accepted).toEqual(['/kill', '/fill 0 0 0 0 0 0 stone']);
    expect(report.rejected.slice(1)).toEqual([
      { line: '/', reason: 'exceeds max_commands=2' },
      { line: '~', reason: 'exceeds max_commands=2' },
    ]);
  });
});

describe('resource limits', () => {
  it('are a half, rounded up, and a quarter of the plan, rounded down', () => {
    // Six of stone: 3 + 1; two logs: 1 + 0. One agent: 6 + 3 and 2 + 1.
    const stone = '/fill 0 0 0 1 1 0 stone';
    const { accepted, rejected } = read(`${stone}\n/fill 0 0 0 0 0 0 stone`);
    expect(accepted).toEqual([stone]);
    expect(rejected[0]?.reason).toBe('exceeds resource limit for stone: 5>4');
    expect(reason('/fill 0 0 0 1 0 0 oak_log')).toBe('exceeds resource limit for oak_log: 2>1');
    const alone = playHouse({ numAgents: 1 }, [
      '/fill 0 0 0 2 1 0 stone\n/fill 0 0 1 2 0 1 stone\n/fill 0 0 0 0 0 0 stone',
    ]);
    expect(alone.info.agents).toMatchObject([
      {
        accepted: [{}, {}].map((_, z) => `/fill 0 0 ${z} 2 ${1 - z} ${z} stone`),
        rejected: [{ reason: 'exceeds resource limit for stone: 10>9' }],
      },
    ]);
  });

  it('count volume, even of cells that hold the block already; a refused fill uses nothing', () => {
    const { accepted, rejected } = read(
      ['0 0 0 2 0 0 stone', '0 0 0 1 0 0 stone', '0 0 0 0 0 0 stone', '0 0 0 0 0 0 stone']
        .map((rest) => `/fill ${rest}`)
        .join('\n'),
    );
    expect(accepted).toHaveLength(2);
    expect(rejected.map((one) => one.reason)).toEqual([
      'exceeds resource limit for stone: 5>4',
      'exceeds resource limit for stone: 5>4',
    ]);
  });

  it('are each agent’s own and start again every turn', () => {
    const four = '/fill 0 0 0 1 1 0 stone';
    const { env, item } = houseEnv();
    const first = env.step(env.reset(item), [four, four]);
    const second = env.step(first.state, [four, four]);
    for (const { metrics } of [first, second]) {
      expect([metrics.agent_1_accepted, metrics.agent_2_accepted]).toEqual([1, 1]);
    }
  });

  it('know no air, and no block that the house does not hold; a listed block that it does not use has none to spare', () => {
    const record = { ...hut, inventory: { S: 'stone', L: 'oak_log', A: 'air', V: 'cave_air', G: 'glass' } };
    const options = { blocks: [['stone', 'dirt', 'glass', 'cave_air'], []] };
    const lines = ['air', 'cave_air', 'dirt', 'glass'].map((block) => `/fill 0 0 0 2 1 1 ${block}`);
    const { accepted, rejected } = read(lines.join('\n'), options, record);
    expect(accepted).toEqual(lines.slice(0, 3));
    expect(rejected[0]?.reason).toBe('exceeds resource limit for glass: 12>0');
  });

  it('can be switched off', () => {
    expect(reason('/fill 0 0 0 2 1 1 stone', { limitedResource: false })).toBeUndefined();
  });
});

describe('/kill', () => {
  it('is accepted with whatever follows it', () => {
    expect(read('/kill\nKILL now,  please\n2. / kill @e[type=spider]\n').accepted).toEqual([
      '/kill',
      '/kill now, please',
      '/kill @e[type=spider]',
    ]);
  });

  it.each(['/killall', '/kill@e', '//kill', '/kill,'])('%s is another command', (line) => {
    expect(reason(line)).toMatch(/^unsupported command: /);
    expect(playHouse({}, [line, '']).metrics.killed).toBe(0);
  });

  it('costs a command of the budget and does nothing once that is used up', () => {
    const late = playHouse({ maxCommands: 2 }, ['/fill 0 0 0 0 0 0 stone\n/kill', '']);
    expect([late.metrics.killed, late.metrics.agent_1_rejected]).toEqual([0, 1]);
  });
});

describe('blocks', () => {
  it('are those of the house, or the agent’s own list, and always air', () => {
    expect(reason('/fill 0 0 0 0 0 0 oak_log', { blocks: [['stone']] })).toBe('block not allowed: oak_log');
    expect(read('/fill 0 0 0 0 0 0 air', { blocks: [['stone']] }).accepted).toHaveLength(1);
    const second = playHouse({ blocks: [['stone']] }, ['', '/fill 0 0 0 0 0 0 oak_log']);
    expect(second.metrics.agent_2_accepted).toBe(1);
  });

  it('are trimmed, without repeats and blanks', () => {
    const { env, item } = houseEnv({ blocks: [[' minecraft:stone', ' ', 'minecraft:stone ']] });
    expect(env.settings.blocks[0]).toEqual(['minecraft:stone']);
    const { metrics } = env.step(env.reset(item), ['/fill 0 0 0 0 0 0 stone', '']);
    expect(metrics.agent_1_accepted).toBe(1);
  });
});
