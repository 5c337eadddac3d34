/** What Linux says about this process's memory. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Bytes resident now (VmRSS), or at most since the start or `restartPeak` (VmHWM). */
export function processBytes(name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)?.[1]) * 1024;
}

/** The peak begins at what is resident now. */
export function restartPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}
