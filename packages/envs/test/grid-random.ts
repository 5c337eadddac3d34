/** Texts that no model should write and some does. */
export const hostileTexts: readonly string[] = [
  '',
  '\u0000\ud800{}',
  '{"comm": {"__proto__": {"x": 1}}, "cmds": {"0": "/fill"}, "probe": "all", "path": {"length": 1}}',
  '{"cmds": ["/fill 1e3 0 0 0 oak_planks", "", "/", null, [], {}], "path": [[0, 0], [null, 1]], "probe": [[1e400, 0]]}',
  '{"comm": null, "probe": null, "cmds": null, "path": null}',
  `{"comm": ${'{"a":'.repeat(90)}1${'}'.repeat(90)}}`,
  `{"comm": {"resource_facts": [${'{"x": 0, "z": 0, "type": "wood", "count": 9e99},'.repeat(200)}1]}}`,
  `{"path": [${'[0, 0],'.repeat(2000)}[0, 0]]}`,
  '{"path": [[0, 0], [0.5, 0]], "comm": {"resource_facts": [null, 1, [], {"x": -1}, {"type": "constructor", "x": 0, "z": 0}]}}',
  `{"cmds": [${'"/fill 0 0 1 1 air",'.repeat(500)}"\\u0000"]}`,
];
