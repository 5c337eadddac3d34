/** One HouseBuild task: a house as horizontal layers of blocks (minecraft spec, 3.2). */

import { badField } from '../../dataset/fields.js';
import type { DataRecord } from '../../dataset/source.js';
import type { Item } from '../../env.js';
import { pythonTrim } from '../../text/python-text.js';
import { isAir, normaliseBlock } from '../blocks.js';
import { idOf } from '../task-id.js';
import { type Box, type Cell, inPromptOrder } from '../world.js';
import { dictOf } from './fields.js';
import { type Layer, readHouseLayers } from './layers.js';

/** A letter of the layers and the block it stands for, in the data's own spelling. */
export interface InventoryEntry {
  readonly key: string;
  readonly block: string;
}

/** A house to build. Plain data; carried by identity through an episode. */
export interface HouseBuildItem extends Item {
  /** `task_id` of the data, or `house_build_` and the position from 1, zero-padded to 4 digits. */
  readonly id: string;
  /** In the order of the data. */
  readonly inventory: readonly InventoryEntry[];
  /** The inclusive box of the house. */
  readonly box: Box;
  /** One per y of the box, ascending. */
  readonly layers: readonly Layer[];
  /** Distinct blocks of the inventory, normalised. */
  readonly blocks: readonly string[];
  /** Every cell in scan order (y, then x, then z, ascending): the index of its block in `blocks`. */
  readonly plan: readonly number[];
  /** Cells of the plan per entry of `blocks`. */
  readonly counts: readonly number[];
}

/** A cell of the plan with its block, normalised. */
export interface PlannedBlock extends Cell {
  readonly block: string;
}

/**
 * Makes the task of one record: `inventory`, `target_spec` and, if there are any, `task_id` and `bbox`.
 *
 * @param position of the record in its data set, from 1
 * @throws {EnvError} `bad_dataset` naming the place and the field
 */
export function houseBuildItem(record: DataRecord, position: number): HouseBuildItem {
  const inventory = readInventory(record);
  const { box, layers } = readHouseLayers(record, new Set(inventory.map(({ key }) => key)));
  const blocks = [...new Set(inventory.map(({ block }) => normaliseBlock(block)))];
  const indexOfKey = new Map(inventory.map(({ key, block }) => [key, blocks.indexOf(normaliseBlock(block))]));
  const plan = planOf(layers, indexOfKey);
  const counts = blocks.map(() => 0);
  for (const index of plan) counts[index] = (counts[index] as number) + 1;
  return {
    id: idOf(record, 'house_build', position),
    inventory,
    box,
    layers,
    blocks,
    plan,
    counts,
  };
}

function readInventory(record: DataRecord): InventoryEntry[] {
  const entries = Object.entries(dictOf(record, '`inventory`', record.value.inventory));
  if (entries.length === 0) throw badField(record, '`inventory`', {}, 'it must name at least one block');
  return entries.map(([key, name]) => {
    if ([...key].length !== 1) {
      throw badField(record, 'a key of `inventory`', key, 'it must be a single character');
    }
    const block = typeof name === 'string' ? pythonTrim(name) : '';
    if (block === '') throw badField(record, `\`inventory.${key}\``, name, 'it must be the name of a block');
    return { key, block };
  });
}

function planOf(layers: readonly Layer[], indexOfKey: ReadonlyMap<string, number>): number[] {
  const plan: number[] = [];
  for (const { rows } of layers) {
    const letters = rows.map((row) => [...row]);
    const width = letters[0]?.length ?? 0;
    for (let x = 0; x < width; x++) {
      for (const row of letters) plan.push(indexOfKey.get(row[x] as string) as number);
    }
  }
  return plan;
}

/** Every cell of the plan with its block, in scan order. */
export function plannedCells({ box: { from, to }, blocks, plan }: HouseBuildItem): PlannedBlock[] {
  const cells: PlannedBlock[] = [];
  let index = 0;
  for (let y = from.y; y <= to.y; y++) {
    for (let x = from.x; x <= to.x; x++) {
      for (let z = from.z; z <= to.z; z++) {
        cells.push({ x, y, z, block: blocks[plan[index++] as number] as string });
      }
    }
  }
  return cells;
}

/** The cells that should hold a block, in the order of prompts. */
export function solidCells(item: HouseBuildItem): PlannedBlock[] {
  return inPromptOrder(plannedCells(item).filter(({ block }) => !isAir(block)));
}
