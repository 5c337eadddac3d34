// Workers start from JavaScript: the loader for TypeScript is not inherited on every Node version.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
