// A trainer with an agent in a thread and one in a process: `hosts.mjs <model> <how>`. Prints the number of the process that
// the agent has; `dispose` ends the workers, `forget` leaves them, `stay` goes on until it is killed.
import { readFileSync } from 'node:fs';
import { HostedAgent } from '../../dist/index.js';

const [, , model = '', how] = process.argv;
const options = /** @type {const} */ ({
  model,
  device: 'cpu',
  learningRate: 0.01,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  maxGradNorm: null,
  tokensPerMicroBatch: 256,
  maxPromptTokens: null,
});
const agents = await Promise.all([
  HostedAgent.open(options, { placement: 'thread', member: 'agent-0', threads: 1 }),
  HostedAgent.open(options, { placement: 'process', member: 'agent-1', threads: 1 }),
]);
console.log(readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim());
if (how === 'dispose') await Promise.all(agents.map((agent) => agent.dispose()));
if (how === 'stay') setInterval(() => agents, 1000);
