import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '@skipstone/core';
import { parseTrace } from '@skipstone/galaxy-cache/calibration';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { skipstone } from '../test-kit/skipstone.js';
import { putEmbeds, recordedEmbeds, tinyFolder } from '../test-kit/tiny-models.js';

const LTX = tinyFolder('ltx', 'run-ltx2-3');
const PORTS = { text: 'encoder_hidden_states', audio_text: 'audio_encoder_hidden_states' };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-trace-models-'));
  const embeds = await recordedEmbeds(LTX, PORTS, (name) => `negative_${name}`);
  await putEmbeds(join(folder, 'a.st'), embeds);
  await putEmbeds(join(folder, 'b.st'), { cond: embeds.uncond, uncond: embeds.cond });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SMALL = ['--size', '128x96', '--frames', '9', '--steps', '4', '--quiet'];
const trace = (...args: readonly string[]) => skipstone(folder, 'trace', ...args);
const calibrate = (...args: readonly string[]) => skipstone(folder, 'calibrate', ...args);

describe('models that the command opens with options of their own', { timeout: 240_000 }, () => {
  test('are traced on their own noise levels, and calibrated as they were opened', async () => {
    const args = ['--model', LTX, '--fps', '16', '--embeds', 'a.st', '--out', 't.jsonl', ...SMALL];
    const traced = await trace(...args);
    expect([traced.code, traced.stderr]).toEqual([0, '']);
    const { header } = parseTrace(await readFile(join(folder, 't.jsonl'), 'utf8'));
    // Four scales in each of two streams are no one number.
    expect(header.settings).toMatchObject({ schedule: 'ltx-flow', opened: 'fps 16', guidance: [] });
    expect(header.sigmas).toHaveLength(5);
    expect((await trace(...args.toSpliced(2, 2))).stderr).toContain('this trace is of other settings');

    const few = ['--speedups', '1.5', '--warmup', '0.25', '--warmups', '0.25'];
    const rest = ['--embeds', 'b.st', ...few, '--out', 'p.json', '--quiet'];
    const other = await calibrate('t.jsonl', '--model', LTX, ...rest);
    expect([other.code, other.stderr.split('\n').slice(0, 3)]).toEqual([
      1,
      [
        't.jsonl: its model was opened otherwise',
        '  have   a model opened fps 16',
        '  need   a model opened as it is',
      ],
    ]);
    const same = await calibrate('t.jsonl', '--model', LTX, '--fps', '16', ...rest);
    expect([same.code, same.stdout, same.stderr]).toEqual([0, 'p.json\n', '']);
    const video = { type: 'float32' as const, shape: [5, 1, 3, 4], data: new Float32Array(60) };
    await writeSafetensors(join(folder, 'frame.st'), { video });
    const use = ['--model', LTX, '--embeds', 'a.st', '--latents-out', 'x.st', '--policy', 'p.json'];
    const begun = ['--first-frames', 'frame.st', ...SMALL.slice(0, 6)];
    const used = await skipstone(folder, 'generate', ...use, ...begun);
    expect(used.code).toBe(0);
    expect(used.stderr).toContain('p.json was made with opened fps 16');
    expect(used.stderr).toContain('p.json was made from text alone, this run begins with frame.st');
  });

  test('are refused where each prompt would need an image', async () => {
    const { code, stderr } = await trace(
      ...['--model', tinyFolder('wan', 'wan21-i2v'), '--embeds', 'a.st', '--out', 'i.jsonl', ...SMALL],
    );
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'skipstone trace: wan draws from an image, which a trace has none of',
    ]);
  });
});
