import { readFileSync } from 'node:fs';

/** Bytes of anonymous memory in the text of `/proc/<pid>/status`; `undefined` where it does not say. */
export function anonymousBytes(status: string): number | undefined {
  const [, kibibytes] = /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Bytes of anonymous memory of this process, which file pages are no part of. Linux only. */
export function anonymousMemory(): number | undefined {
  try {
    return anonymousBytes(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return undefined;
  }
}

/** Watches anonymous memory of this process from now on: the runtime works in a thread, so timers tick. */
export function watchMemory(everyMs = 2): { stop(): number | undefined } {
  let peak = anonymousMemory();
  const look = (): void => {
    const now = anonymousMemory();
    if (now !== undefined && now > (peak ?? 0)) peak = now;
  };
  const timer = setInterval(look, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}
