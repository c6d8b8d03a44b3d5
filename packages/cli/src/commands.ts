import type { Command } from 'commander';

/** A subcommand as `skipstone --help` shows it; the rest loads when it is called. */
export interface CommandEntry {
  readonly about: string;
  load(): Promise<Command>;
}

/** All subcommands, in the order of the help. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  generate: {
    about: 'make a video from a prompt',
    load: async () => (await import('./generate/command.js')).generateCommand(),
  },
  plan: {
    about: 'show what generate would run: spans, memory, expected time; loads no weights',
    load: async () => (await import('./plan/command.js')).planCommand(),
  },
  trace: {
    about: 'record how a model changes from step to step, for calibrate',
    load: async () => (await import('./trace/command.js')).traceCommand(),
  },
  calibrate: {
    about: 'make a policy of galaxy-cache from traces, and check it with real runs',
    load: async () => (await import('./calibrate/command.js')).calibrateCommand(),
  },
  verify: {
    about: 'check a model against a folder of golden data',
    load: async () => (await import('./verify/command.js')).verifyCommand(),
  },
  check: {
    about: "count how many of the demo model's videos show what their prompts say",
    load: async () => (await import('./check/command.js')).checkCommand(),
  },
  weights: {
    about: 'make, list and clear the sidecar files of quantised weights',
    load: async () => (await import('./weights/command.js')).weightsCommand(),
  },
  doctor: {
    about: 'show versions, memory and cores, and test what each device can compute here',
    load: async () => (await import('./doctor/command.js')).doctorCommand(),
  },
  bench: {
    about: 'measure this machine; JSON and a table',
    load: async () => (await import('./bench/command.js')).benchCommand(),
  },
};
