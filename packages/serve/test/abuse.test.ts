/** Hundreds of requests that nobody should make: afterwards all is as it was. (`bench/abuse.ts` makes 10,000.) */
import { expect, it } from 'vitest';
import { abuse, abuseKinds, abuseMuch, randomNumbers } from './abusive-requests.js';
import { metric, post, rows, until, withServer } from './fixture.js';

const maxBodyBytes = 100_000;
const fixture = withServer({
  // What requests leave to others would count as left over.
  prefixBytes: 0,
  limits: {
    maxBodyBytes,
    maxBatch: 8,
    maxQueue: 8,
    maxUnreadBytes: 50_000,
    headersSeconds: 1,
    requestSeconds: 1,
    keepAliveSeconds: 1,
  },
});

it('leaves it serving, with no row, tensor or connection left over', async () => {
  const { server, url } = fixture();
  const ask = () =>
    post(`${url}/v1/chat/completions`, {
      model: 'tiny',
      messages: [{ role: 'user', content: 'stone' }],
      max_tokens: 5,
      seed: 1,
    });
  const before = await ask();
  const random = randomNumbers(7);
  const options = { port: server.port, model: 'tiny', random, maxBodyBytes };
  await Promise.all(abuseKinds.map((kind) => abuse(kind, options)));
  await until(async () => (await rows(url)) === 0);
  const tensors = await metric(url, 'collm_engine_tensors');
  await abuseMuch(300, 40, options);
  await until(async () => (await rows(url)) === 0);
  expect(await metric(url, 'collm_engine_tensors')).toBe(tensors);
  const after = await ask();
  expect(after.status).toBe(200);
  expect(after.json.choices).toEqual(before.json.choices);
  // What is left is the connections of this test's own client.
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  await until(() => sockets() <= 8);
});
