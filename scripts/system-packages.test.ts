import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installPackages, missingPackages } from './system-packages.mjs';

let bin: string;

/** Puts a shell script on the otherwise empty PATH. */
function command(name: string, script: string) {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'collm-bin-'));
  vi.stubEnv('PATH', bin);
  vi.stubEnv('CXX', undefined);
  vi.stubEnv('COLLM_NO_APT', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(bin, { recursive: true, force: true });
});

it('names what is missing on a machine with nothing', () => {
  expect(missingPackages(null)).toEqual(expect.arrayContaining(['libtorch-dev', 'g++', 'cmake', 'make']));
});

it('asks for no compiler or build tool that is there', () => {
  for (const name of ['c++', 'cmake', 'ninja']) command(name, '');
  expect(missingPackages(null).filter((name) => !name.startsWith('lib'))).toEqual([]);
});

it('says what is needed where there is no apt', async () => {
  await expect(installPackages(['cmake'])).rejects.toThrow(
    /Missing on this system: cmake[\s\S]*COLLM_LIBTORCH/,
  );
});

describe.runIf(existsSync('/etc/debian_version'))('on Debian and Ubuntu', () => {
  beforeEach(() => {
    command('env', 'exec /usr/bin/env "$@"');
    command('sudo', '[ "$1" = -n ] && shift && exec "$@"');
    command('true', 'exit 0');
    command('apt-get', `echo "$DEBIAN_FRONTEND $*" >> '${join(bin, 'log')}'`);
  });

  it('installs through apt without asking', async () => {
    await installPackages(['cmake', 'make']);
    expect(readFileSync(join(bin, 'log'), 'utf8')).toBe(
      'noninteractive -q update\nnoninteractive -q install -y --no-install-recommends cmake make\n',
    );
  });

  it('prints the exact command where it may not', async () => {
    vi.stubEnv('COLLM_NO_APT', '1');
    await expect(installPackages(['cmake', 'make'])).rejects.toThrow(
      /apt-get update && .*apt-get install -y --no-install-recommends cmake make/,
    );
    expect(existsSync(join(bin, 'log'))).toBe(false);
  });

  it('names the way out where the distribution has no libtorch-dev', async () => {
    command('apt-get', 'echo "E: Unable to locate package libtorch-dev"; exit 100');
    await expect(installPackages(['libtorch-dev'])).rejects.toThrow(
      /no libtorch-dev[\s\S]*pip install torch/,
    );
  });

  it('shows what apt said when it fails', async () => {
    command('apt-get', 'echo "E: no space left"; exit 100');
    await expect(installPackages(['cmake'])).rejects.toMatchObject({
      details: expect.stringContaining('no space left'),
    });
  });
});
