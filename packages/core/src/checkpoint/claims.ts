import { SkipstoneError } from '../error.js';
import type { Checkpoint, TensorEntry } from './checkpoint.js';
import { findTensor } from './find.js';

/** Weights that graphs can compute with. */
const WEIGHT_DTYPES: readonly string[] = ['F32', 'F16', 'BF16'];
/** Names that an error lists before it only counts. */
const NAMED = 8;

export interface ClaimOptions {
  /** Tensors that may stay unclaimed: exact names, or patterns. */
  readonly ignore?: readonly (string | RegExp)[];
}

/**
 * The account of one build of a model: which tensors of its checkpoint it uses. Each must be claimed exactly
 * once, so that a forgotten or doubled weight is an error before anything runs. Make one account per build;
 * what uses a tensor once more on purpose (tied weights, a second graph variant) says `again`.
 */
export interface Claims {
  claim(name: string, shape: readonly number[], options?: { readonly again?: boolean }): TensorEntry;
  /** Throws unless every tensor was claimed or may be ignored, and every claim was met. */
  finish(): void;
}

export function claimTensors(checkpoint: Checkpoint, options: ClaimOptions = {}): Claims {
  const claimed = new Set<string>();
  const gaps = new Set<string>();
  return {
    claim: (name, shape, { again = false } = {}) => {
      if (!checkpoint.tensors.has(name)) gaps.add(name);
      const entry = findTensor(checkpoint, name);
      assertShape(entry, shape);
      assertDtype(entry);
      if (claimed.has(name) !== again) throw again ? notYet(name) : twice(name);
      claimed.add(name);
      return entry;
    },
    finish: () => {
      const left = [...checkpoint.tensors.keys()].filter(
        (name) => !claimed.has(name) && !isIgnored(name, options.ignore ?? []),
      );
      if (left.length > 0 || gaps.size > 0) throw unsettled(checkpoint, left, [...gaps]);
    },
  };
}

function isIgnored(name: string, patterns: readonly (string | RegExp)[]): boolean {
  // search, unlike test, does not depend on where a pattern with the g flag stopped last.
  return patterns.some((one) => (typeof one === 'string' ? one === name : name.search(one) >= 0));
}

function assertShape(entry: TensorEntry, shape: readonly number[]): void {
  const { shape: have } = entry;
  if (have.length === shape.length && have.every((length, i) => length === shape[i])) return;
  throw new SkipstoneError({
    code: 'checkpoint-shape',
    what: `the tensor '${entry.name}' has another shape than the model needs`,
    have: `[${have.join(', ')}] in ${entry.file}`,
    need: `[${shape.join(', ')}]`,
    do: 'check that the configuration (widths, heads, channels) belongs to this checkpoint',
  });
}

function assertDtype(entry: TensorEntry): void {
  if (WEIGHT_DTYPES.includes(entry.dtype)) return;
  throw new SkipstoneError({
    code: 'checkpoint-dtype',
    what: `the tensor '${entry.name}' cannot serve as a weight`,
    have: `${entry.dtype} in ${entry.file}`,
    need: WEIGHT_DTYPES.join(', '),
    do: entry.dtype.startsWith('F8_')
      ? 'use the bf16 file: 8-bit floats are read of transformers alone'
      : 'use a checkpoint in one of these types',
  });
}

function twice(name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-claims',
    what: `the tensor '${name}' is used twice`,
    have: 'an earlier claim of it in this build',
    need: 'each tensor claimed exactly once',
    do: 'correct the name in the adapter; pass { again: true } if the second use is meant',
  });
}

function notYet(name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-claims',
    what: `the tensor '${name}' is used again before it was used`,
    have: 'no claim of it in this build',
    need: 'a first claim without { again: true }',
    do: 'claim it where the model first uses it',
  });
}

function unsettled(checkpoint: Checkpoint, left: readonly string[], gaps: readonly string[]): SkipstoneError {
  const parts = [
    ...(left.length > 0 ? [`${left.length} unused: ${firstOf(left)}`] : []),
    ...(gaps.length > 0 ? [`${gaps.length} missing: ${firstOf(gaps)}`] : []),
  ];
  return new SkipstoneError({
    code: 'checkpoint-claims',
    what: 'the model and its checkpoint do not match, tensor by tensor',
    have: parts.join('; '),
    need: `each of the ${checkpoint.tensors.size} tensors used exactly once, none missing`,
    do: 'check model and configuration; list tensors that may stay unused under `ignore`',
  });
}

function firstOf(names: readonly string[]): string {
  return names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ', …' : '');
}
