// The Minecraft server that replays use where the user has none: flying-squid in a worker thread, since it reads standard
// input, writes prompts to standard output and lets its mistakes go uncaught. Plain JavaScript beside the packages that it
// imports, so that it runs whether CoLLM is compiled or not. Told by workerData: version, spawn [x, y, z], players.
// Posts { port } when it listens.
import { parentPort, workerData } from 'node:worker_threads';
import flyingSquid from 'flying-squid';
import { Vec3 } from 'vec3';

const { version, spawn, players } = workerData;

const server = flyingSquid.createMCServer({
  version,
  host: '127.0.0.1',
  port: 0, // any free one
  'online-mode': false,
  'everybody-op': true,
  gameMode: 1,
  difficulty: 0,
  // Nothing but air, held in memory alone. Without a world folder nothing is written to disk.
  generation: { name: 'empty', options: {} },
  'max-players': players,
  'max-entities': 100,
  'view-distance': 4,
  kickTimeout: 30_000,
  motd: 'CoLLM',
  'player-list-text': { header: { text: '' }, footer: { text: '' } },
  plugins: {},
  modpe: false,
  logging: false,
  noConsoleOutput: true,
});
server.once('pluginsReady', () => {
  // Its own search for the ground under the spawn would never end in an empty world.
  server.getSpawnPoint = async () => new Vec3(...spawn);
  // Nobody sees anybody: what flying-squid tells of other players is not what this version's protocol says.
  server.getNearbyEntities = () => [];
  addBuildingCommands();
});
// Answers follow blocks at once: they must not wait for the other side to acknowledge these.
server._server.on('connection', ({ socket }) => socket.setNoDelay(true));
server.once('ready', () => parentPort.postMessage({ port: server.listeningPort }));

/**
 * `/fill`, which flying-squid lacks, and a `/setblock` that refuses an unknown block, which its own dies of. Both take
 * what vanilla's take without modes, answer in its words, and are carried out one after the other.
 */
function addBuildingCommands() {
  let last = Promise.resolve();
  const add = (name, corners, done) =>
    server.commands.add({
      base: name,
      op: true,
      onlyPlayer: true,
      parse: (text) => parseBuild(text, corners * 3),
      action: ({ numbers, block }, { player }) => {
        last = last.then(async () => {
          const known = server.registry.blocksByName[block];
          const first = new Vec3(...numbers.slice(0, 3));
          const second = new Vec3(...numbers.slice(-3));
          if (known) await fill(first.min(second), first.max(second), known.defaultState);
          player.system(known ? done(numbers) : `Unknown block type 'minecraft:${block}'`);
        });
        return last;
      },
    });
  add('setblock', 1, ([x, y, z]) => `Changed the block at ${x}, ${y}, ${z}`);
  add('fill', 2, () => 'Successfully filled the blocks');
}

/** Sets blocks and tells everybody. Neighbours are not told: nothing flows, falls or burns, as in the simulator. */
async function fill(low, high, state) {
  const sockets = server.players.map((player) => player._client.socket);
  for (const socket of sockets) socket.cork();
  for (let y = low.y; y <= high.y; y++) {
    for (let x = low.x; x <= high.x; x++) {
      for (let z = low.z; z <= high.z; z++) {
        const cell = new Vec3(x, y, z);
        await server.overworld.setBlockStateId(cell, state);
        for (const player of server.players) player.sendBlock(cell, state);
      }
    }
  }
  for (const socket of sockets) socket.uncork();
}

/** The absolute coordinates and the block of a command, or false where it has another form. */
function parseBuild(text, coordinates) {
  const tokens = text.split(' ');
  const numbers = tokens.slice(0, coordinates).map(Number);
  if (tokens.length !== coordinates + 1 || !numbers.every(Number.isSafeInteger)) return false;
  return { numbers, block: tokens[coordinates].replace(/^minecraft:/, '') };
}
