/** Writes src/generated/ops.ts and docs/ops.md from the operator table. Run: npm run gen */
import { writeFileSync } from 'node:fs';
import { operatorTable } from '../src/ops.js';
import { generateDocs, generateOperators } from '../src/schema/generate.js';

writeFileSync(new URL('../src/generated/ops.ts', import.meta.url), generateOperators(operatorTable));
writeFileSync(new URL('../../../docs/ops.md', import.meta.url), generateDocs(operatorTable));
