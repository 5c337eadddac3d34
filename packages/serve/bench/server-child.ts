/** A server as a process of its own: `server-child.ts <model> <threads> <limits as JSON>`; prints its address, and ends when told so. */
import { startServer } from '@collm/serve';

const [model = '', threads = '1', limits = '{}'] = process.argv.slice(2);
const server = await startServer({
  models: [
    { id: 'bench', model, adapter: null, device: 'cpu', dtype: null, maxPromptTokens: null, agent: null },
  ],
  threads: Number(threads),
  limits: JSON.parse(limits),
  prefixBytes: 0,
  onFault: (error) => process.stderr.write(`${String(error)}\n`),
});
process.stdout.write(`${server.url}\n`);
process.on('SIGTERM', () => {
  void server.stop(0).then(({ left }) => process.stdout.write(`${JSON.stringify(left)}\n`));
});
