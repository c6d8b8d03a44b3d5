/** Exit codes of the command. */
export const EXIT = { ok: 0, failure: 1, usage: 2, miss: 3, aborted: 130 } as const;

export const EXIT_CODES = `Exit codes:
  0    done
  1    it failed at work: the message says what, have, need, do
  2    it was refused before anything was computed or written
  3    verify: a checked value missed its tolerance
  130  aborted with Ctrl-C`;
