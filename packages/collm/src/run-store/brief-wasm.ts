/**
 * To be imported before SQLite. V8 compiles WebAssembly quickly and then, in the background, once more for speed. SQLite is
 * used for some milliseconds here, which the second time would more than double.
 */
import { setFlagsFromString } from 'node:v8';

// Node 20 to 24. Others may not know the option, and would complain about it on standard error.
const v8 = Number.parseInt(process.versions.v8, 10);
if (v8 >= 11 && v8 <= 13) setFlagsFromString('--liftoff-only');
