import type { Decision } from '../../ledger/ledger.js';
import type { HostTensor, Streams } from '../../spec/tensor.js';

/** What a run tells while it goes on. Milliseconds are the runtime's own, taken in its thread. */
export type RunEvent =
  | { readonly type: 'plan'; readonly text: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'phase'; readonly name: string; readonly step: number }
  | ({ readonly type: 'decision' } & Decision)
  | {
      readonly type: 'branch';
      readonly step: number;
      readonly branch: string;
      readonly spans: readonly string[];
      readonly rows: Streams<number>;
    }
  | {
      readonly type: 'step';
      /** Steps done, of `steps`. */
      readonly done: number;
      readonly steps: number;
      /** Milliseconds inside the runtime for this step. */
      readonly ms: number;
      /** Milliseconds that the steps left are expected to take, by what plugins expect to skip. */
      readonly etaMs: number;
      /** Bytes of tensors held now, between this step and the next. */
      readonly heldBytes: number;
    }
  | { readonly type: 'preview'; readonly step: number; readonly latents: Streams<HostTensor> };

export type Tell = (event: RunEvent) => void;
