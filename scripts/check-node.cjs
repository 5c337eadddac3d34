// Loaded before everything else (`node --require`), in the oldest JavaScript there is: the other scripts do not even
// parse in an old Node, and its syntax error would tell nobody what to do.
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(
    '\nError: CoLLM needs Node 20 or newer; this is Node ' +
      process.versions.node +
      '.\nInstall a newer Node (your distribution may have it under another name, or use a version manager such as ' +
      'nvm or fnm) and run the command again.',
  );
  process.exit(1);
}
