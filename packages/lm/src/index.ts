/** Decoder-only language models on libtorch. */

export * from './adapters/lora.js';
export { exportMerged, type Merged, mergeAdapter } from './adapters/merge.js';
export {
  adapterConfigFile,
  adapterWeightsFile,
  loadAdapter,
  type SaveAdapterOptions,
  saveAdapter,
} from './adapters/peft.js';
export { openBase, type SharedBase } from './adapters/shared-base.js';
export type { LinearModule, ModuleNames, TargetOptions } from './adapters/targets.js';
export { type LoadOptions, loadDecoder } from './checkpoint/folder.js';
export { type GenerationConfig, readGenerationConfig } from './checkpoint/generation-config.js';
export { resolveModel } from './checkpoint/hub.js';
export { type ChooseFiles, resolveDataset } from './checkpoint/hub-dataset.js';
export { type HubId, type HubProgress, parseHubId, type ResolveOptions } from './checkpoint/hub-snapshot.js';
export { type SaveOptions, saveDecoder } from './checkpoint/save.js';
export { ModelError } from './errors.js';
export { type AskedSampling, chooseSampling } from './generation/choose-sampling.js';
export { ContinuousBatch, type ContinuousBatchOptions } from './generation/continuous-batch.js';
export { endTokens } from './generation/end-tokens.js';
export * from './generation/generate.js';
export { PrefixCache } from './generation/prefix-cache.js';
export * from './generation/random.js';
export { type ResponseKey, responsePhases, streamOf } from './generation/response-stream.js';
export * from './generation/sampler.js';
export {
  mostTopLogProbs,
  type StreamRequest,
  type StreamRow,
  type StreamToken,
} from './generation/stream-row.js';
export * from './model/adapter.js';
export * from './model/config.js';
export * from './model/decoder.js';
export { type Family, families } from './model/families.js';
export { KvCache } from './model/kv-cache.js';
export * from './model/rope.js';
export * from './model/value-head.js';
export * from './model/weights.js';
export type {
  ChatMessage,
  ChatOptions,
  ToolCall,
  ToolDefinition,
} from './tokenizer/chat-template.js';
export * from './tokenizer/detokenizer.js';
export { type FittedPrompt, fitChat, turnsOf } from './tokenizer/fit-chat.js';
export * from './tokenizer/stop-strings.js';
export { TextStream } from './tokenizer/text-stream.js';
export * from './tokenizer/tokenizer.js';
export * from './tokenizer/train-bpe.js';
export { byteAlphabet } from './tokenizer/utf8-stream.js';
export { BackwardPass } from './training/backward-pass.js';
export * from './training/forward.js';
export * from './training/log-probs.js';
