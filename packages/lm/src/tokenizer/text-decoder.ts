/**
 * The decoders of tokenizer.json, as stages that are fed token by token, so that text streams and the
 * whole of a text is the sum of its pieces. They follow the Rust library, with one deviation: where a run
 * of byte tokens is not valid UTF-8, Rust turns every byte of the run into U+FFFD, which no decoder could
 * know before the run ends; here the characters that are whole are kept, as byte-level decoders do.
 */
import { z } from 'zod';
import { ModelError } from '../errors.js';
import {
  ByteFallbackStage,
  ByteLevelStage,
  Chain,
  type DecoderStage,
  EachToken,
  StripStream,
  SuffixStage,
  stripEnd,
  stripStart,
  WholeText,
} from './decoder-stages.js';
import { pattern, prependScheme } from './exact-components.js';

/** The clean-up of WordPiece decoders, which is about English. */
const cleanUp = (text: string): string =>
  [
    [' .', '.'],
    [' ?', '?'],
    [' !', '!'],
    [' ,', ','],
    [" ' ", "'"],
    [" n't", "n't"],
    [" 'm", "'m"],
    [' do not', " don't"],
    [" 's", "'s"],
    [" 've", "'ve"],
    [" 're", "'re"],
  ].reduce((cleaned, [from, to]) => cleaned.replaceAll(from as string, to as string), text);

const configs = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ByteLevel') }),
  z.object({ type: z.literal('ByteFallback') }),
  z.object({ type: z.literal('Fuse') }),
  z.object({ type: z.literal('Replace'), pattern, content: z.string() }),
  z.object({
    type: z.literal('Strip'),
    content: z.string().min(1),
    start: z.int().min(0),
    stop: z.int().min(0),
  }),
  z.object({
    type: z.literal('Metaspace'),
    replacement: z.string().min(1).default('▁'),
    prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
    add_prefix_space: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('WordPiece'),
    prefix: z.string().default('##'),
    cleanup: z.boolean().default(true),
  }),
  z.object({ type: z.literal('BPEDecoder'), suffix: z.string().default('</w>') }),
]);

type StageFactory = () => DecoderStage;

/**
 * Reads the `decoder` of a tokenizer.json; each call of the result gives a decoder at its start.
 *
 * @throws ModelError naming the file when the decoder is not supported or has a wrong shape.
 */
export function parseDecoder(config: unknown, path: string): StageFactory {
  if (config === null || config === undefined)
    return () => new EachToken((token, first) => (first ? token : ` ${token}`));
  return parseStage(config, false, path);
}

function parseStage(config: unknown, fused: boolean, path: string): StageFactory {
  const sequence = z
    .object({ type: z.literal('Sequence'), decoders: z.array(z.unknown()) })
    .safeParse(config);
  if (sequence.success) {
    let whole = fused;
    const factories = sequence.data.decoders.map((part) => {
      const factory = parseStage(part, whole, path);
      whole ||= (part as { type?: unknown } | null)?.type === 'Fuse';
      return factory;
    });
    return () => new Chain(factories.map((make) => make()));
  }
  const parsed = configs.safeParse(config);
  const refused = (cause: Error) =>
    new ModelError(
      `${path}: the decoder is of an unknown type or has a wrong shape: ${JSON.stringify(config)?.slice(0, 200)}.`,
      { cause },
    );
  if (!parsed.success) throw refused(parsed.error);
  const data = parsed.data;
  const one = stageOf(data, refused);
  if (!fused || data.type === 'Fuse') return one;
  if (data.type === 'Strip') return () => new StripStream(data.content, data.start, data.stop);
  return () => new WholeText(one());
}

function stageOf(config: z.infer<typeof configs>, refused: (cause: Error) => ModelError): StageFactory {
  switch (config.type) {
    case 'ByteLevel':
      return () => new ByteLevelStage();
    case 'ByteFallback':
      return () => new ByteFallbackStage();
    case 'Fuse':
      return () => new EachToken((token) => token);
    case 'Replace': {
      const { pattern, content } = config;
      if ('String' in pattern)
        return () => new EachToken((token) => token.replaceAll(pattern.String, () => content));
      const search = regExp(pattern.Regex, refused);
      return () => new EachToken((token) => token.replace(search, () => content));
    }
    case 'Strip':
      return () =>
        new EachToken((token) =>
          stripStart(stripEnd(token, config.content, config.stop), config.content, config.start),
        );
    case 'Metaspace': {
      const never = prependScheme(config) === 'never';
      return () =>
        new EachToken((token, first) => token.replaceAll(config.replacement, first && !never ? '' : ' '));
    }
    case 'WordPiece':
      return () =>
        new EachToken((token, first) => {
          const joined = token.startsWith(config.prefix) ? token.slice(config.prefix.length) : ` ${token}`;
          const text = first ? token : joined;
          return config.cleanup ? cleanUp(text) : text;
        });
    case 'BPEDecoder':
      return () => new SuffixStage(config.suffix);
  }
}

function regExp(source: string, refused: (cause: Error) => ModelError): RegExp {
  try {
    return new RegExp(source, 'gu');
  } catch (cause) {
    throw refused(cause as Error);
  }
}
