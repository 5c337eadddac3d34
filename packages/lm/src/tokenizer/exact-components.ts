/**
 * Normalizers, pre-tokenizers and post-processors of tokenizer.json, checked and rewritten to those that our
 * JavaScript library runs as the Rust library does. It leaves out behaviours of Split, knows only ASCII words
 * and digits, does not split at Metaspace's blanks, and reads "$" in a replacement; all of that can be said
 * with its Split, whose regular expressions it does translate faithfully.
 */
import { z } from 'zod';

export const pattern = z.union([z.object({ Regex: z.string() }), z.object({ String: z.string() })]);
type Pattern = z.infer<typeof pattern>;
const behavior = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);
type Behavior = z.infer<typeof behavior>;

const components = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Sequence'), pretokenizers: z.array(z.unknown()) }),
  z.object({ type: z.literal('BertPreTokenizer') }),
  z.object({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.boolean().default(false),
    use_regex: z.boolean().default(true),
  }),
  z.object({ type: z.literal('CharDelimiterSplit'), delimiter: z.string().min(1) }),
  z.object({ type: z.literal('Digits'), individual_digits: z.boolean().default(false) }),
  z.object({ type: z.literal('FixedLength'), length: z.int().min(1) }),
  z.object({
    type: z.literal('Metaspace'),
    replacement: z.string().min(1).default('▁'),
    prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
    add_prefix_space: z.boolean().optional(),
    split: z.boolean().default(true),
  }),
  z.object({ type: z.literal('Punctuation'), behavior: behavior.default('Isolated') }),
  z.object({ type: z.literal('Split'), pattern, behavior, invert: z.boolean().default(false) }),
  z.object({ type: z.literal('Whitespace') }),
  z.object({ type: z.literal('WhitespaceSplit') }),
]);

const gpt2Words = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

// What Rust's \w stands for.
const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';

/** A text as a regular expression for it. */
export const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** Where Metaspace marks the beginning of a word that has no blank before it; files of old versions say it otherwise. */
export const prependScheme = (metaspace: {
  prepend_scheme?: 'always' | 'first' | 'never' | undefined;
  add_prefix_space?: boolean | undefined;
}): 'always' | 'first' | 'never' =>
  metaspace.prepend_scheme ?? (metaspace.add_prefix_space === false ? 'never' : 'always');

const sequence = (...pretokenizers: object[]): object => ({ type: 'Sequence', pretokenizers });

const regexOf = (pattern: Pattern): string =>
  'Regex' in pattern ? pattern.Regex : escapeRegExp(pattern.String);

/** A Split of the behaviours that the library has: Isolated, and Removed. */
function split(pattern: Pattern, behavior: Behavior, invert = false): object {
  const match = `(?:${regexOf(pattern)})`;
  const other = `(?:(?!${match})[\\s\\S])`;
  // Always as a regular expression: of a plain text the library keeps what it should remove.
  const made = (regex: string, behavior: 'Isolated' | 'Removed', invert = false) => ({
    type: 'Split',
    pattern: { Regex: regex },
    behavior,
    invert,
  });
  if (behavior === 'Removed') return made(match, behavior, invert);
  // Each match and each stretch between matches is a piece, whichever of them is called the separator.
  if (behavior === 'Isolated') return made(match, behavior);
  if (invert) throw new Error(`Split with invert and the behaviour ${behavior} is not supported`);
  // Written so that it matches wherever it stands: a text without the separator would take quadratic time.
  if (behavior === 'MergedWithPrevious') return made(`${other}+${match}?|${match}`, 'Isolated');
  if (behavior === 'MergedWithNext') return made(`${match}${other}*`, 'Isolated');
  return made(`${match}+`, 'Isolated');
}

/** @throws Error or ZodError saying what is not supported. */
export function exactPreTokenizer(config: unknown): object | null {
  if (config === null || config === undefined) return null;
  const data = components.parse(config);
  switch (data.type) {
    case 'Sequence':
      return sequence(...data.pretokenizers.map(exactPreTokenizer).filter((part) => part !== null));
    case 'ByteLevel': {
      const bytes = { ...data, use_regex: false };
      // A prefix space belongs before the whole text, so then the library's own expression has to do.
      if (!data.use_regex || data.add_prefix_space) return data;
      return sequence(split({ Regex: gpt2Words }, 'Isolated'), bytes);
    }
    case 'CharDelimiterSplit':
      return split({ String: data.delimiter }, 'Removed');
    case 'Digits':
      return split({ Regex: '\\p{N}' }, data.individual_digits ? 'Isolated' : 'Contiguous');
    case 'Metaspace': {
      const blanks = {
        type: 'Metaspace',
        replacement: data.replacement,
        prepend_scheme: prependScheme(data),
      };
      return data.split ? sequence(blanks, split({ String: data.replacement }, 'MergedWithNext')) : blanks;
    }
    case 'Punctuation':
      return split({ Regex: '[\\p{P}!-\\/:-@\\[-`{-~]' }, data.behavior);
    case 'Split':
      return split(data.pattern, data.behavior, data.invert);
    case 'Whitespace':
      return split({ Regex: `[${word}]+|[^${word}\\s]+` }, 'Removed', true);
    case 'WhitespaceSplit':
      return split({ Regex: '\\s' }, 'Removed');
    default:
      return data;
  }
}

/** @throws Error saying what is not supported. */
export function exactNormalizer(config: unknown): object | null {
  if (config === null || config === undefined) return null;
  const data = z.looseObject({ type: z.string() }).parse(config);
  if (data.type === 'Precompiled')
    throw new Error(
      'the normalizer Precompiled, whose character map the tokenizer library only approximates',
    );
  if (data.type === 'Sequence')
    return {
      ...data,
      normalizers: z
        .array(z.unknown())
        .parse(data.normalizers)
        .map(exactNormalizer)
        .filter((part) => part !== null),
    };
  if (data.type === 'Replace') {
    const replace = z.looseObject({ pattern, content: z.string() }).parse(data);
    // String.replaceAll would read "$&" and its like.
    return { ...replace, content: replace.content.replaceAll('$', '$$$$') };
  }
  if (data.type === 'Prepend') z.looseObject({ prepend: z.string() }).parse(data);
  return data;
}

const added = z.tuple([z.string(), z.int()]);
const postProcessors = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Sequence'), processors: z.array(z.unknown()) }),
  z.object({ type: z.literal('ByteLevel') }),
  z.object({ type: z.literal('BertProcessing'), sep: added, cls: added }),
  z.object({ type: z.literal('RobertaProcessing'), sep: added, cls: added }),
  z.object({
    type: z.literal('TemplateProcessing'),
    single: z.array(
      z.union([
        z.object({ SpecialToken: z.object({ id: z.string() }) }),
        z.object({ Sequence: z.object({ id: z.literal('A') }) }),
      ]),
    ),
    special_tokens: z.record(z.string(), z.object({ tokens: z.array(z.string()) })).default({}),
  }),
]);

/** For single texts; pairs are not for language models. @throws ZodError saying what is wrong. */
export function exactPostProcessor(config: unknown): object | null {
  if (config === null || config === undefined) return null;
  const data = postProcessors.parse(config);
  if (data.type === 'Sequence')
    return { ...data, processors: data.processors.map(exactPostProcessor).filter((part) => part !== null) };
  if (data.type !== 'TemplateProcessing') return data;
  // The library takes the name of a special token for the token, which it need not be, nor a single one.
  const single = data.single.flatMap((item): object[] =>
    'Sequence' in item
      ? [item]
      : (data.special_tokens[item.SpecialToken.id]?.tokens ?? [item.SpecialToken.id]).map((id) => ({
          SpecialToken: { id },
        })),
  );
  return { type: data.type, single };
}
