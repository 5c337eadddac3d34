/** What a server serves. */
import type { Device, DType } from '@collm/torch';

/** A model under a name of its own: the agent of a run, or a model folder. */
export interface ServedModel {
  /** How clients name it, e.g. `str_build-collm_cc-001/agent-0`. */
  readonly id: string;
  /** Hugging Face folder; of an adapter's base where there is one. */
  readonly model: string;
  /** PEFT folder that the model is seen through; null without. */
  readonly adapter: string | null;
  readonly device: Device;
  /** null: as stored. */
  readonly dtype: DType | null;
  /** Longer conversations lose their oldest turns where a client asks for that; null: what the context leaves. */
  readonly maxPromptTokens: number | null;
  /** Of an agent of a run: its role, counted from 0; null for a plain model. */
  readonly agent: number | null;
}
