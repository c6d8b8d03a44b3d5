import { SkipstoneError } from '../../error.js';
import type { Hooks, Next } from '../../spec/plugin.js';
import type { Streams } from '../../spec/tensor.js';

/** One plugin's hooks, with its name. */
export interface NamedHooks {
  readonly name: string;
  readonly hooks: Hooks;
}

type HookName = 'advance' | 'evaluate' | 'forward' | 'trunk' | 'block';
type Hook<Call> = ((call: Call, next: Next<Call>) => Promise<Streams>) | undefined;

/** What a plugin's own call carries beside the shared one: its decisions. */
export type Personal<Call> = (plugin: string, call: Call) => Call;

/** Layers hooks over `base`, the first plugin outermost. What one throws says whose it was, and where. */
export function layer<Call extends { readonly step: number }>(
  name: HookName,
  plugins: readonly NamedHooks[],
  personal: Personal<Call>,
  base: Next<Call>,
): Next<Call> {
  return plugins.reduceRight<Next<Call>>((next, plugin) => {
    const hook = plugin.hooks[name] as Hook<Call>;
    if (!hook) return next;
    return async (call) => {
      try {
        return await hook(personal(plugin.name, call), next);
      } catch (error) {
        throw relabel(error, `${plugin.name}, ${name}, step ${call.step}`);
      }
    };
  }, base);
}

const labelled = new WeakSet<object>();

/** Says where an error was thrown, once: layers further out hand it on. */
export function relabel(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || error.name === 'AbortError' || labelled.has(error)) return error;
  const told = error instanceof SkipstoneError ? error.relabelled(where) : foreign(error, where);
  labelled.add(told);
  return told;
}

function foreign(error: Error, where: string): SkipstoneError {
  return new SkipstoneError({
    code: 'plugin-threw',
    what: `${where}: ${error.message}`,
    have: error.stack?.split('\n')[1]?.trim() ?? error.name,
    need: 'hooks that return streams, or throw a SkipstoneError',
    do: 'mend the plugin, or leave it out',
    cause: error,
  });
}
