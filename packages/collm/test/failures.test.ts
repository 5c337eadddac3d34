/** What is left of a run that stops on its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fakeTeam } from './fake-team.js';
import { content, Workspace } from './workspace.js';

describe('a run that fails', () => {
  it('says what is saved, logs the stack, and can go on', async () => {
    using space = new Workspace();
    const { code, err } = await space.collm(
      ['train', 'run.yaml', '--name', 'a'],
      fakeTeam({ failAfter: 11 }),
    );
    expect(code).toBe(1);
    expect(err).toMatch(/The agent failed to answer .*\n {2}because: out of memory/);
    expect(err).toMatch(/Saved up to step 3; go on with: collm train --resume runs\/a/);
    expect(err).not.toMatch(/\n\s+at /);
    expect(readFileSync(space.path('runs/a/logs/attempt-1.log'), 'utf8')).toMatch(/out of memory/);
    expect((await space.collm(['train', '--resume', 'runs/a'])).code).toBe(0);
    await space.collm(['train', 'run.yaml', '--name', 'b']);
    expect(content(space.path('runs/a'))).toEqual(content(space.path('runs/b')));
  });

  it('keeps an update that was not finite beside the checkpoints, and can go on', async () => {
    using space = new Workspace();
    const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'a'], fakeTeam({ nanAfter: 3 }));
    expect(code).toBe(1);
    expect(err).toMatch(/update that failed is kept in .*runs\/a\/checkpoints\/failed-step-000003/);
    expect(err).toMatch(/error: .*policy loss.*NaN/);
    const kept = readdirSync(space.path('runs/a/checkpoints/failed-step-000003'));
    expect(kept.sort()).toEqual(['agent-0', 'agent-1', 'critic', 'state.json', 'update.json']);
    // With the same cause the same happens; without it the update can be made.
    const again = await space.collm(['replay', 'runs/a'], fakeTeam({ nanAfter: 0 }));
    expect(again).toMatchObject({ code: 1, out: 'loss NaN\ngrad_norm NaN\n' });
    expect(again.err).toMatch(/Not finite again: loss, grad_norm/);
    const healed = await space.collm(['replay', 'runs/a', '--step', '3']);
    expect(healed.code).toBe(0);
    expect(healed.out).toMatch(/^loss -?\d.*\ngrad_norm \d/);
    expect((await space.collm(['replay', 'runs/a', '--step', '2'])).err).toMatch(
      /kept no failed update of step 2. It has steps 3/,
    );
    expect((await space.collm(['train', '--resume', 'runs/a'])).code).toBe(0);
    await space.collm(['train', 'run.yaml', '--name', 'b']);
    expect(content(space.path('runs/a'))).toEqual(content(space.path('runs/b')));
    expect((await space.collm(['replay', 'runs/b'])).err).toMatch(/kept no failed update. It has none/);
  });

  it('leaves such updates out where it may', async () => {
    using space = new Workspace();
    const set = ['--set', 'train.max_skipped_updates=99'];
    const { code, err } = await space.collm(
      ['train', 'run.yaml', '--name', 'a', ...set],
      fakeTeam({ nanAfter: 3 }),
    );
    expect(code).toBe(0);
    expect(err).toMatch(/step 6\/6 .*skipped updates 2\.000/);
  });
});
