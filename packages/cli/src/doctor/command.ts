import { Command } from 'commander';
import { size } from '../weights/size.js';
import type { Facts } from './facts.js';
import type { Device } from './try-device.js';

/** `skipstone doctor`. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Shows versions, memory and cores, and tests what each device can compute here.')
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      const facts = await (await import('./facts.js')).doctorFacts();
      process.stdout.write(json ? `${JSON.stringify(facts, null, 2)}\n` : doctorText(facts));
      process.exitCode = facts.devices.cpu.precisions.length > 0 ? 0 : 1;
    });
}

function doctorText({ devices, memory, cache, instructions, ...facts }: Facts): string {
  const gain = instructions?.join(', ') || (instructions ? 'none that matter' : 'not told by this system');
  return [
    `skipstone     ${facts.skipstone}, ${facts.runtime}`,
    `node          ${facts.node}${facts.npm === undefined ? '' : `, npm ${facts.npm}`}, ${facts.system}`,
    `processor     ${facts.cpu}, ${facts.cores} cores, ${facts.threads} threads a session`,
    `instructions  ${gain}`,
    `memory        ${size(memory.totalBytes)}, ${size(memory.freeBytes)} free`,
    `cpu           ${deviceText(devices.cpu)}`,
    `webgpu        ${deviceText(devices.webgpu)}`,
    `cache         ${cache.folder}: ${cache.files} files, ${size(cache.bytes)}`,
    '',
  ].join('\n');
}

const deviceText = ({ precisions, notes }: Device): string =>
  [precisions.length > 0 ? `works: ${precisions.join(', ')}` : 'does not work', ...notes].join('; ');
