/** YAML texts as trees of plain values. */
import { parseDocument, type ToJSOptions } from 'yaml';

/** More is no configuration, but an anchor that holds itself or somebody's joke. */
const maxDepth = 100;
/** The same of anchors that stand for lists of anchors. */
const maxValues = 1e6;

export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/**
 * What a text holds. A part that an anchor puts at several places is copied to each, so that none changes with another.
 *
 * @throws YamlError saying in what the text is no YAML, on one line without a full stop
 */
export function parseYaml(text: string, options: ToJSOptions = {}): unknown {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    const list = document.errors.map(({ message }) => message.split('\n')[0]).join('; ');
    throw new YamlError(list.replace(/:$/, ''));
  }
  let value: unknown;
  try {
    value = document.toJS(options);
  } catch (cause) {
    throw new YamlError((cause as Error).message, { cause }); // too many aliases of aliases
  }
  return treeOf(value);
}

/**
 * A copy of dicts, Maps and lists in which nothing stands at two places.
 *
 * @throws YamlError where they hold themselves, nest deeper than 100 levels, or are more than a million values when copied
 */
export function treeOf<T>(value: T): T {
  let values = 0;
  const copy = (one: unknown, depth: number): unknown => {
    if (++values > maxValues) {
      throw new YamlError(
        `it has more than ${maxValues} values, those of anchors counted wherever they stand`,
      );
    }
    if (typeof one !== 'object' || one === null) return one;
    if (depth > maxDepth) {
      throw new YamlError(`it nests deeper than ${maxDepth} levels, or a part of it holds itself`);
    }
    const inner = (part: unknown) => copy(part, depth + 1);
    if (Array.isArray(one)) return one.map(inner);
    if (one instanceof Map) return new Map([...one].map(([key, part]) => [key, inner(part)]));
    return Object.fromEntries(Object.entries(one).map(([key, part]) => [key, inner(part)]));
  };
  return copy(value, 0) as T;
}
