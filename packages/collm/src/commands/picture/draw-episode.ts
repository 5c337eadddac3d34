/** `collm picture`: what a team built in a logged episode, as an SVG file. */
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Picture } from '@collm/envs';
import type { TurnRecord } from '@collm/marl';
import { exitCodes, RunError } from '../../errors.js';
import { type Io, shownPath } from '../../io.js';
import { type ColourBy, volumeSvg } from '../../picture/isometric.js';
import { pictureSvg, svgFile } from '../../picture/svg.js';
import { writeFileDurably } from '../../run-store/durable.js';
import { chooseEpisode } from '../../run-store/episodes.js';
import type { LoggedEpisode } from '../../run-store/records.js';
import { openNamedRun, type RunName } from '../../run-store/resolve-run.js';

export interface PictureArguments extends RunName {
  /** Place in the run's log, from 1; null is the first of the last evaluation, or the last episode of all. */
  readonly episode: number | null;
  /** From 1; null is the last that has a picture. */
  readonly turn: number | null;
  /** null: a file in the run folder. */
  readonly out: string | null;
  readonly colour: ColourBy;
}

interface DrawnTurn extends TurnRecord {
  readonly picture: Picture;
}

/** Writes the picture and prints its path; returns the exit code. */
export function drawEpisode(given: PictureArguments, io: Io): number {
  const { paths } = openNamedRun(given, io.cwd);
  const place = chooseEpisode(paths.dir, given);
  const turn = chooseTurn(place.episode, place.number, given.turn);
  const svg = volumeSvg(turn.picture, { colourBy: given.colour }) ?? pictureSvg(turn.picture);
  const name = `episode-${place.number}-turn-${turn.turn + 1}-${given.colour}.svg`;
  const out = given.out === null ? join(paths.dir, 'pictures', name) : resolve(io.cwd, given.out);
  mkdirSync(dirname(out), { recursive: true });
  writeFileDurably(out, svgFile(svg));
  const { itemId, phase, step } = place.episode;
  io.stderr.write(
    `Episode ${place.number} (${itemId}, ${phase} at step ${step}), turn ${turn.turn + 1}: ${turn.picture.caption}\n`,
  );
  io.stdout.write(`${shownPath(out, io)}\n`);
  return exitCodes.ok;
}

function chooseTurn({ turns }: LoggedEpisode, number: number, wanted: number | null): DrawnTurn {
  const drawn = turns.filter((turn): turn is DrawnTurn => turn.picture !== undefined);
  if (drawn.length === 0) {
    throw new RunError(
      `Episode ${number} holds no pictures: its environment draws none, or it failed at once.`,
    );
  }
  const chosen = wanted === null ? drawn.at(-1) : drawn.find(({ turn }) => turn + 1 === wanted);
  if (chosen !== undefined) return chosen;
  const there = [...new Set(drawn.map(({ turn }) => turn + 1))].join(', ');
  throw new RunError(`\`--turn ${wanted}\` is not there: episode ${number} has pictures of turn ${there}.`);
}
