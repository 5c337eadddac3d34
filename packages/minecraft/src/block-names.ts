/** Names of blocks: the tasks' and those of the Minecraft version that is played. */

/**
 * Blocks that tasks name but (some versions of) Minecraft does not, and what is built for them. Only the server's own
 * list of blocks decides whether a name needs its stand-in: from 1.14 on `stone_stairs` is a block of its own.
 */
const standIns: ReadonlyMap<string, string> = new Map([
  ['planks', 'oak_planks'],
  ['stone_stairs', 'cobblestone_stairs'],
]);

export class BlockNames {
  readonly #isKnown: (name: string) => boolean;

  /** @param isKnown whether the version has a block of this name (without `minecraft:`) */
  constructor(isKnown: (name: string) => boolean) {
    this.#isKnown = isKnown;
  }

  /** The server's name of a task's block, or null where the version has no such block. */
  toServer(block: string): string | null {
    if (this.#isKnown(block)) return block;
    const standIn = standIns.get(block);
    return standIn !== undefined && this.#isKnown(standIn) ? standIn : null;
  }

  /**
   * The task's name of a server's block: the one among `used` that it stands for, or else the server's own.
   *
   * @param used the names that the task uses, so that `oak_planks` is read back as what the task calls it
   */
  toTask(block: string, used: Iterable<string>): string {
    let found = block;
    for (const name of used) {
      if (name === block) return block;
      if (this.toServer(name) === block) found = name;
    }
    return found;
  }
}
