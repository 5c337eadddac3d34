/** The layers of a house and its box, read from a record and checked against each other (minecraft spec, 3.2). */

import { badField } from '../../dataset/fields.js';
import type { DataRecord } from '../../dataset/source.js';
import { type Box, boxBetween, type Cell } from '../world.js';
import { dictOf, integerOf } from './fields.js';

/** The blocks of one y: `rows[z][x]`, a letter of the inventory each. */
export interface Layer {
  readonly y: number;
  readonly rows: readonly string[];
}

interface Plan {
  /** Ascending in y. */
  readonly layers: readonly Layer[];
  readonly width: number;
  readonly depth: number;
}

/**
 * The layers in ascending order and the box they fill: the record's `bbox`, or one that starts at x 0 and z 0.
 *
 * @param keys letters of the inventory
 * @throws {EnvError} `bad_dataset` naming the place and what does not fit
 */
export function readHouseLayers(
  record: DataRecord,
  keys: ReadonlySet<string>,
): { box: Box; layers: readonly Layer[] } {
  const spec = dictOf(record, '`target_spec`', record.value.target_spec);
  const plan = checkedPlan(record, layerEntries(record, spec.layers), keys);
  const { bbox } = record.value;
  const box =
    bbox === undefined || bbox === null ? surroundingBox(record, plan) : givenBox(record, bbox, plan);
  checkSize(record, spec.size, box);
  return { box, layers: plan.layers };
}

/** Layers as they come: a list of `{y, rows}`, or rows by y. */
function layerEntries(record: DataRecord, layers: unknown): Layer[] {
  const entries = Array.isArray(layers)
    ? layers.map((layer, index) => {
        const { y, rows } = dictOf(record, `\`target_spec.layers[${index}]\``, layer);
        return { y, rows, field: `\`target_spec.layers[${index}]` };
      })
    : Object.entries(dictOf(record, '`target_spec.layers`', layers)).map(([y, rows]) => ({
        y,
        rows,
        field: `\`target_spec.layers.${y}`,
      }));
  if (entries.length === 0) throw badField(record, '`target_spec.layers`', layers, 'it must hold a layer');
  return entries.map(({ y, rows, field }) => {
    const given = integerOf(record, `${field}.y\``, y);
    if (
      !Array.isArray(rows) ||
      rows.length === 0 ||
      rows.some((row) => typeof row !== 'string' || row === '')
    ) {
      throw badField(
        record,
        `${field}.rows\``,
        rows,
        'it must be a list of at least one text, none of them empty',
      );
    }
    return { y: given, rows };
  });
}

function checkedPlan(record: DataRecord, unordered: readonly Layer[], keys: ReadonlySet<string>): Plan {
  const layers = [...unordered].sort((a, b) => a.y - b.y);
  const [first] = layers as [Layer];
  const depth = first.rows.length;
  const width = [...(first.rows[0] as string)].length;
  layers.forEach(({ y, rows }, index) => {
    const field = `the layer y=${y} of \`target_spec.layers\``;
    if (layers[index - 1]?.y === y) throw badField(record, field, y, 'that y occurs twice');
    if (rows.length !== depth) {
      throw badField(record, field, rows, `it has ${rows.length} rows where layer y=${first.y} has ${depth}`);
    }
    rows.forEach((row, z) => {
      const letters = [...row];
      const unknown = letters.find((letter) => !keys.has(letter));
      if (unknown !== undefined) {
        throw badField(
          record,
          `row ${z} of ${field}`,
          row,
          `${JSON.stringify(unknown)} is not in \`inventory\``,
        );
      }
      if (letters.length !== width) {
        throw badField(
          record,
          `row ${z} of ${field}`,
          row,
          `it has ${letters.length} letters where the first row has ${width}`,
        );
      }
    });
  });
  return { layers, width, depth };
}

function surroundingBox(record: DataRecord, { layers, width, depth }: Plan): Box {
  const { lowest, highest } = ends(layers);
  checkNoGap(record, layers, lowest, highest);
  return { from: { x: 0, y: lowest, z: 0 }, to: { x: width - 1, y: highest, z: depth - 1 } };
}

function givenBox(record: DataRecord, bbox: unknown, { layers, width, depth }: Plan): Box {
  const { from, to } = dictOf(record, '`bbox`', bbox);
  const box = boxBetween(corner(record, '`bbox.from`', from), corner(record, '`bbox.to`', to));
  const size = sizeOf(box);
  if (size[0] !== width) {
    throw badField(record, '`bbox`', bbox, `the rows are ${width} wide and the box ${size[0]}`);
  }
  if (size[2] !== depth) {
    throw badField(record, '`bbox`', bbox, `the layers have ${depth} rows and the box is ${size[2]} deep`);
  }
  const outside = layers.find(({ y }) => y < box.from.y || y > box.to.y);
  if (outside !== undefined)
    throw badField(record, '`bbox`', bbox, `layer y=${outside.y} lies outside of it`);
  checkNoGap(record, layers, box.from.y, box.to.y);
  return box;
}

function ends(layers: readonly Layer[]): { lowest: number; highest: number } {
  return { lowest: (layers[0] as Layer).y, highest: (layers.at(-1) as Layer).y };
}

/** Every y of a range must have a layer; those there are lie in it and differ. */
function checkNoGap(record: DataRecord, layers: readonly Layer[], from: number, to: number): void {
  if (layers.length === to - from + 1) return;
  const gap = layers.findIndex(({ y }, index) => y !== from + index);
  const missing = from + (gap < 0 ? layers.length : gap);
  throw badField(
    record,
    '`target_spec.layers`',
    layers.map(({ y }) => y),
    `there is no layer y=${missing}`,
  );
}

function checkSize(record: DataRecord, size: unknown, box: Box): void {
  if (!Array.isArray(size) || size.length !== 3) return;
  const actual = sizeOf(box);
  const same = size.every((length, axis) => integerOf(record, '`target_spec.size`', length) === actual[axis]);
  if (!same) throw badField(record, '`target_spec.size`', size, `the layers make ${JSON.stringify(actual)}`);
}

function corner(record: DataRecord, field: string, value: unknown): Cell {
  if (!Array.isArray(value) || value.length !== 3) {
    throw badField(record, field, value, 'it must be a list of three numbers');
  }
  const [x, y, z] = value.map((coordinate) => integerOf(record, field, coordinate)) as [
    number,
    number,
    number,
  ];
  return { x, y, z };
}

function sizeOf({ from, to }: Box): [x: number, y: number, z: number] {
  return [to.x - from.x + 1, to.y - from.y + 1, to.z - from.z + 1];
}
