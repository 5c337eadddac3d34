import { readdirSync, readFileSync } from 'node:fs';

/** Ids of all processes below one, by the process table of Linux. */
export function descendants(of: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const below = (id: number): number[] =>
    (children.get(id) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(of);
}

/** Memory of processes in MiB, by the process table of Linux. */
export function residentMiB(ids: readonly number[]): number {
  const pages = ids.map((id) => Number(readFileSync(`/proc/${id}/statm`, 'utf8').split(' ')[1]));
  return (pages.reduce((sum, count) => sum + count, 0) * 4096) / 2 ** 20;
}

/** Whether a process is there and is more than an entry in the process table. */
export function runs(id: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, 'utf8'));
  } catch {
    return false;
  }
}
