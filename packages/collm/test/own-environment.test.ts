import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig } from '../src/config/check.js';
import { openEnvironment } from '../src/config/to-options.js';
import { processIo } from '../src/io.js';
import { openOwnEnvironment } from '../src/own-environment.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const body = (turns: string) =>
  `name: 'own', numAgents: 2, numTurns: ${turns}, earlyTerminationThreshold: null, rewardRange: [0, 1],
   trainItems: [{ id: 'a' }], evalItems: [], reset() {}, observe() {}, step() {}`;
const open = (code: string, options = {}, file = 'own.mjs') =>
  openOwnEnvironment(space.write(file, code), options);

describe('an environment of the user', () => {
  it.each([
    ['an object', `export default { ${body('1')} };`, {}, 1],
    ['a function', `export default ({ turns = 2 }) => ({ ${body('turns')} });`, { turns: 3 }, 3],
    [
      'an async function',
      `export default async function make({ turns = 2 }) { return { ${body('turns')} }; }`,
      {},
      2,
    ],
    [
      'a class',
      `export default class Own { constructor({ turns }) { Object.assign(this, { ${body('turns')} }); } }`,
      { turns: 4 },
      4,
    ],
  ])('may be %s', async (_, code, options, turns) => {
    expect(await open(code, options)).toMatchObject({ name: 'own', numTurns: turns });
  });

  it.each([
    ['export default ;', /`.*own.mjs` cannot be loaded: /],
    ["throw new Error('no luck');", /cannot be loaded: no luck\.$/],
    ["import 'no-such-package-here';\nexport default 1;", /cannot be loaded: .*no-such-package-here/],
    ['export const env = {};', /has no default export; it exports env. Write `export default/],
    ['export default 3;', /exports no environment: it is a number, not an object/],
    [
      'export default { name: "x" };',
      /exports no environment: `numAgents` is undefined, but must be a whole number/,
    ],
    [
      "export default () => { throw new Error('bad turns'); };",
      /threw while it made its environment: bad turns/,
    ],
  ])('is refused with the reason: %s', async (code, message) => {
    const error = await open(code).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'EnvError', code: 'bad_option' });
    expect(error.message).toMatch(message);
  });

  it('takes options only where it is made by a function', async () => {
    await expect(open(`export default { ${body('1')} };`, { turns: 2 })).rejects.toThrow(
      /`options` has turns, but/,
    );
    await expect(openOwnEnvironment(space.path('none.mjs'), {})).rejects.toThrow(/there is no file/);
  });

  it('must tell its state to a critic that is to see it', async () => {
    const opened = (file: string, state: string) => {
      const path = space.write(file, `export default { ${body('1')}${state} };`);
      const config = checkConfig({
        env: { type: 'module', path, num_agents: 2, num_turns: 1 },
        agent_model: { path: '/models/tiny' },
        algorithm: { name: 'collm_cc' },
        critic_model: { sees: 'state' },
        train: { eval_interval: 0 },
      });
      return openEnvironment(config, processIo);
    };
    await expect(opened('silent.mjs', '')).rejects.toThrow(
      /`critic_model.sees` is state, but the environment own has no describeState.*Set it to history/s,
    );
    await expect(opened('told.mjs', ", describeState: () => 'all'")).resolves.toHaveProperty('describeState');
  });

  it('pays by the schedule of the configuration', async () => {
    const path = space.write('own.mjs', `export default { ${body('3')} };`);
    const opened = (reward_schedule?: string) =>
      openEnvironment(
        checkConfig({
          env: { type: 'module', path, num_agents: 2, num_turns: 3, reward_schedule },
          agent_model: { path: '/models/tiny' },
          algorithm: { name: 'collm_cc' },
          train: { eval_interval: 0 },
        }),
        processIo,
      );
    expect((await opened()).rewardRange).toEqual([0, 1]);
    expect((await opened('final')).rewardRange).toEqual([0, 3]);
  });

  it('is named with its section in a configuration', async () => {
    space.write('own.mjs', 'export default 3;');
    space.write('own.yaml', 'env: {type: module, path: own.mjs}\nagent_model: {path: model}\n');
    const { code, err } = await space.collm(['train', 'own.yaml', '--set', 'algorithm.name=collm_cc']);
    expect(code).not.toBe(0);
    expect(err).toMatch(/`env`: `.*own.mjs` exports no environment/);
  });
});
