import { Command } from 'commander';

/** `skipstone calibrate`; what it does loads when it is called. */
export function calibrateCommand(): Command {
  return new Command('calibrate');
}
