import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configurationMarkdown } from './docs.js';
import { configJsonSchema } from './knobs.js';

describe('documentation', () => {
  const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url));
  it('lists every key as it is; `npx vitest run packages/collm/src/config -u` writes it again', async () => {
    await expect(configurationMarkdown()).toMatchFileSnapshot(join(docs, 'configuration.md'));
    const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(join(docs, 'generated/configuration.schema.json'));
  });
});
