/** `collm doctor`: versions, libtorch and its speed, and the cure for what is wrong. */
import { type EngineProbe, type Examination, examine } from '../doctor/examine.js';
import { exitCodes } from '../errors.js';
import type { Io } from '../io.js';

/** Prints the examination; returns the exit code: an error only if libtorch cannot be used. */
export async function doctor({ json }: { json: boolean }, io: Io, probe?: EngineProbe): Promise<number> {
  const examination = await examine(probe);
  io.stdout.write(json ? `${JSON.stringify(examination, null, 2)}\n` : examinationText(examination));
  const broken = examination.findings.some(({ severity }) => severity === 'error');
  return broken ? exitCodes.error : exitCodes.ok;
}

/** The examination for people. */
export function examinationText({ versions, system, engine, findings }: Examination): string {
  const rows: [string, string][] = [
    ...Object.entries(versions),
    ['system', `${system.platform}, ${system.cpu}, ${system.cpus} CPUs, ${system.memoryGiB} GiB`],
  ];
  if (engine !== null) {
    const { blas } = engine;
    rows.push(
      ['libtorch', `${engine.libtorch}, ${engine.how}: ${engine.path}`],
      ['BLAS', blas.path === null ? blas.name : `${blas.name}: ${blas.path}`],
      ['threads', String(engine.threads)],
      ['devices', engine.devices.join(', ')],
      ['matmul', `${engine.matmulGflops.toFixed(0)} GFLOP/s (f32, n = 1024, best of 5)`],
    );
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const verdict = findings.flatMap(({ severity, problem, cure }) => [
    '',
    `${severity}: ${problem}`,
    `  ${cure}`,
  ]);
  return `${[...lines, ...(verdict.length > 0 ? verdict : ['', 'Everything is fine.'])].join('\n')}\n`;
}
