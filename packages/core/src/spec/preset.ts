import type { Json } from './tensor.js';

/** An option of a plugin for one set of weights: what was published, or how to find it. */
export interface Preset {
  /** Absent where nothing was published: it is for its user to find. */
  readonly value?: Json;
  /** The publication, with its version, or "not published". */
  readonly source: string;
  /** On what it was found: what was measured, over how many steps. */
  readonly measured?: string;
  /** The command that would find it. */
  readonly make?: string;
}

/** By plugin, then by option, both as the plugin names them: data of adapters, which plugins take as options. */
export type MethodPresets = Readonly<Record<string, Readonly<Record<string, Preset>>>>;
