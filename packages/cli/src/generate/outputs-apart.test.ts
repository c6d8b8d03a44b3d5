import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { temporaryFolder } from '@skipstone/core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { PROMPT, skipstone } from '../test-kit/skipstone.js';
import { putEmbeds, putPipeline, recordedEmbeds, tinyFolder } from '../test-kit/tiny-models.js';

const TI2V = tinyFolder('wan', 'run-wan22-ti2v');

let folder = '';
/** Not `join`, which has its own mind about `link/..`. */
const at = (name: string): string => `${folder}/${name}`;

beforeAll(async () => {
  folder = await temporaryFolder('outputs');
  const said = { transformer_2: [null, null], expand_timesteps: true };
  await putPipeline(TI2V, at('pipe'), ['transformer'], said);
  const text = await recordedEmbeds(TI2V, { text: 'prompt_embeds' }, (name) => `negative_${name}`);
  await putEmbeds(at('e.st'), text);
  await writeFile(at('c.json'), '{"steps":2}');
  await writeFile(at('nth.mjs'), EVERY_NTH);
  await writeFile(at('p.txt'), `${PROMPT}\n`);
  await writeFile(at('own.mjs'), 'export { openWan as open } from "@skipstone/models-wan";');
  await cp(at('pipe/transformer'), at('alone'), { recursive: true });
  await mkdir(at('far'));
  await symlink(at('pipe'), at('far/pipe'));
  for (const name of ['policy.json', 'r.st', 'led.json', 't.jsonl']) await writeFile(at(name), name);
});

const WAN = ['--model', 'pipe', '--embeds', 'e.st', '--size', '64x64', '--frames', '9', '--steps', '2'];

/** The option of the output that is refused is the last of these but where the input comes behind it. */
const OUT = ['--latents-out', '--save', '--ledger', '--report', '--out'];

describe('no command writes over what it reads', { timeout: 60_000 }, () => {
  test.each([
    ['generate', [...WAN, '--latents-out', 'pipe/transformer/diffusion_pytorch_model.safetensors']],
    ['generate', [...WAN, '--latents-out', 'l.st', '--save', 'far/pipe/transformer/config.json']],
    ['generate', [...WAN, '--latents-out', 'l.st', '--ledger', 'pipe/model_index.json']],
    ['generate', [...WAN, '--latents-out', 'far/pipe/../e.st']],
    ['generate', [...WAN, '--latents-out', 'c.json', '--config', 'c.json']],
    ['generate', [...WAN, '--latents-out', 'nth.mjs', '--plugin', './nth.mjs:2']],
    ['generate', [...WAN, '--latents-out', 'l.st', '--ledger', 'led.json', '--replay', 'led.json']],
    ['generate', [...WAN, '--latents-out', 'l.st', '--report', 't.jsonl', '--trace', 't.jsonl']],
    ['generate', [...WAN, '--latents-out', 'r.st', '--resume', 'r.st']],
    ['plan', [...WAN, '--latents-out', 'pipe/transformer/config.json']],
    ['trace', [...WAN, '--out', 'e.st']],
    ['trace', [...WAN, '--out', 'pipe/transformer/diffusion_pytorch_model.safetensors']],
    ['trace', ['--prompts', 'p.txt', '--out', './p.txt', '--steps', '2']],
  ])('%s %j', async (command, args) => {
    const written = args[args.findLastIndex((arg) => OUT.includes(arg)) + 1] ?? '';
    const before = await readFile(at(written));
    const { code, stdout, stderr } = await skipstone(folder, command, ...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(/name one file\n {2}have {3}/)]);
    expect(await readFile(at(written))).toEqual(before);
  });
});
