/** The command line with fake models as a process of its own, for tests that kill it. */
import { main } from '../src/main.js';
import { fakeTeam } from './fake-team.js';

process.exitCode = await main(process.argv.slice(2), {
  openTeam: fakeTeam({ delay: Number(process.env.FAKE_DELAY ?? 0) }),
});
