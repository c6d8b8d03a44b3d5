import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GenerateOptions, type HostTensor, type MethodPresets, writeSafetensors } from '@skipstone/core';
import { temporaryFolder } from '@skipstone/core/testing';
import { parsePolicy, parseTrace } from '@skipstone/galaxy-cache/calibration';
import { recorded } from '@skipstone/golden';
import { COSMOS_PRESETS } from '@skipstone/models-cosmos';
import { LTX_PRESETS } from '@skipstone/models-ltx';
import { WAN_PRESETS } from '@skipstone/models-wan';
import { beforeAll, describe, expect, test } from 'vitest';
import { skipstone } from '../test-kit/skipstone.js';
import { putEmbeds, putPipeline, recordedEmbeds, tinyFolder } from '../test-kit/tiny-models.js';

const T2V = tinyFolder('wan', 'run-wan21-euler');
const I2V = tinyFolder('wan', 'wan21-i2v');
const A14B = tinyFolder('wan', 'run-wan22-a14b');
const TI2V = tinyFolder('wan', 'run-wan22-ti2v');
const T2I = tinyFolder('cosmos', 'cosmos2-t2i');
const V2W = tinyFolder('cosmos', 'run-cosmos2-v2w');
const LTX = tinyFolder('ltx', 'run-ltx2-3');

let folder = '';
const at = (name: string): string => join(folder, name);
const read = (name: string) => readFile(at(name), 'utf8');

beforeAll(async () => {
  folder = await temporaryFolder('every-family');
  const expanded = { transformer_2: [null, null], expand_timesteps: true };
  await putPipeline(TI2V, at('ti2v'), ['transformer'], expanded);
  await putPipeline(A14B, at('a14b'), ['transformer', 'transformer_2'], { boundary_ratio: 0.875 });
  const wan = (of: string) => recordedEmbeds(of, { text: 'prompt_embeds' }, (name) => `negative_${name}`);
  const sound = { text: 'encoder_hidden_states', audio_text: 'audio_encoder_hidden_states' };
  const texts: Readonly<Record<string, NonNullable<GenerateOptions['embeds']>>> = {
    t2v: await wan(T2V),
    i2v: await withoutNegative(I2V, { text: 'encoder_hidden_states', image: 'encoder_hidden_states_image' }),
    a14b: await wan(A14B),
    ti2v: await wan(TI2V),
    t2i: await withoutNegative(T2I, { text: 'encoder_hidden_states' }),
    v2w: await wan(V2W),
    ltx: await recordedEmbeds(LTX, sound, (name) => `negative_${name}`),
  };
  for (const [name, { cond, uncond = {} }] of Object.entries(texts)) {
    await putEmbeds(at(`${name}-a.st`), { cond, uncond });
    await putEmbeds(at(`${name}-b.st`), { cond: uncond, uncond: cond });
    await putEmbeds(at(`${name}-c.st`), { cond, uncond: cond });
  }
  for (const [name, shape] of Object.entries({
    'i2v-image': [4, 3, 8, 6],
    'ti2v-frame': [6, 1, 8, 6],
    'v2w-frame': [4, 1, 8, 6],
    'ltx-frame': [5, 1, 3, 4],
  })) {
    for (const [which, of] of ['a', 'b', 'c'].entries()) await put(`${name}-${of}.st`, waves(shape, which));
  }
}, 120_000);

/** Models whose golden has one prompt: the negative one is its opposite. */
async function withoutNegative(of: string, ports: Readonly<Record<string, string>>) {
  const cond: Record<string, HostTensor> = {};
  const uncond: Record<string, HostTensor> = {};
  for (const [port, name] of Object.entries(ports)) {
    const { shape, type, data } = await recorded(of, `in.${name}`);
    const first = Float32Array.from(data, Number).slice(
      0,
      shape.reduce((a, b) => a * b, 1),
    );
    cond[port] = { type, shape, data: first };
    uncond[port] = { type, shape, data: first.map((x) => -x) };
  }
  return { cond, uncond };
}

function waves(shape: readonly number[], which: number): HostTensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length }, (_, i) => Math.sin(i + which));
  return { type: 'float32', shape, data };
}

const put = (name: string, latents: HostTensor) => writeSafetensors(at(name), { latents });

const WAN = ['--size', '48x64', '--frames', '9', '--steps', '6'];
const SOUND = ['--size', '128x96', '--frames', '9'];
/** `a` is traced, `b` makes the real runs, and `c` is drawn with the policy that comes of them. */
const frame = (of: string) => (which: string) => ['--first-frames', `${of}-frame-${which}.st`];
const none = () => [];

interface Family {
  /** Where the tiny model lies, what its files of encoded prompts begin with, and the published one it is like. */
  readonly model: string;
  readonly text: string;
  readonly like: MethodPresets | undefined;
  /** How it is opened, for all commands; and what only runs are told. */
  readonly opened?: readonly string[];
  readonly run: readonly string[];
  readonly given?: (which: string) => readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

const TI2V_PRESETS = WAN_PRESETS['wan2.2-ti2v-5b'];

const FAMILIES: Readonly<Record<string, Family>> = {
  'Wan2.1 T2V': { model: T2V, text: 't2v', like: WAN_PRESETS['wan2.1-t2v-14b'], run: WAN },
  'Wan2.1 I2V': {
    ...{ model: I2V, text: 'i2v', like: WAN_PRESETS['wan2.1-i2v-14b'], run: WAN },
    settings: { given: 'an image' },
  },
  'Wan2.2 A14B, two experts': {
    ...{ model: 'a14b', text: 'a14b', like: WAN_PRESETS['wan2.2-t2v-a14b'] },
    run: [...WAN.with(-1, '8'), '--guidance', '4,3'],
    settings: { guidance: [4, 3] },
  },
  'Wan2.2 TI2V': { model: 'ti2v', text: 'ti2v', like: TI2V_PRESETS, run: WAN },
  'Wan2.2 TI2V, first frame': {
    ...{ model: 'ti2v', text: 'ti2v', like: TI2V_PRESETS, run: WAN, given: frame('ti2v') },
    settings: { given: 'first frames' },
  },
  'Cosmos-Predict2 T2I': {
    model: T2I,
    text: 't2i',
    like: COSMOS_PRESETS['cosmos-predict2-14b-text2image'],
    run: WAN,
  },
  'Cosmos-Predict2 V2W, first frame': {
    ...{ model: V2W, text: 'v2w', like: COSMOS_PRESETS['cosmos-predict2-2b-video2world'] },
    ...{ opened: ['--fps', '16'], run: WAN, given: frame('v2w') },
    settings: { given: 'first frames', opened: 'fps 16' },
  },
  'LTX-2.3': {
    ...{ model: LTX, text: 'ltx', like: LTX_PRESETS['ltx-2.3-22b'], run: [...SOUND, '--steps', '5'] },
    settings: { guidance: [] },
  },
  'LTX-2.3, distilled, first frame': {
    ...{
      model: LTX,
      text: 'ltx',
      like: LTX_PRESETS['ltx-2.3-22b'],
      opened: ['--distilled'],
      run: SOUND,
      given: frame('ltx'),
    },
    settings: { steps: 8, opened: 'distilled', given: 'first frames' },
  },
};

/** What the presets say that makes a policy, word by word, with this model and its files. */
function commandsOf({ like, model, text }: Family): readonly (readonly string[])[] {
  const make = like?.['galaxy-cache']?.threshold?.make ?? '';
  return make.split('; ').map((command) =>
    command
      .split(' ')
      .slice(1)
      .map((word) =>
        word
          .replace('FOLDER', model)
          .replace(/^([AB])(.*)\.safetensors$/, (_, which, of) => `${text}${of}-${which.toLowerCase()}.st`),
      ),
  );
}

describe('the commands that presets name make a policy that runs go by', { timeout: 240_000 }, () => {
  test.each(Object.entries(FAMILIES))('%s', async (_, family) => {
    const { opened = [], run, given = none, settings = {} } = family;
    const [tracing = [], calibrating = []] = commandsOf(family);
    const traced = await skipstone(
      folder,
      ...tracing,
      ...opened,
      ...run,
      ...given('a'),
      '--renew',
      '--quiet',
    );
    expect([traced.code, traced.stderr]).toEqual([0, '']);
    const { header } = parseTrace(await read('trace.jsonl'));
    expect(header.settings).toMatchObject(settings);

    const asked = ['--speedups', '1.2,1.4', '--warmup', '0.25', '--warmups', '0.25', '--quiet'];
    const made = await skipstone(folder, ...calibrating, ...opened, ...given('b'), ...asked);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const [entry] = parsePolicy(JSON.parse(await read('policy.json'))).entries;
    expect(entry?.settings).toEqual(header.settings);
    expect(entry?.cost).toBeLessThan(1);
    expect(entry?.rows[1]?.measured?.speedup.value).toBeGreaterThan(1);

    const named = tracing.slice(1, -2).map((word) => word.replace('-a.st', '-c.st'));
    const use = [...named, ...opened, ...run, ...given('c')];
    const by = ['--policy', 'policy.json', '--speedup', '1.3', '--ledger', 'l.json', '--quiet'];
    const drawn = await skipstone(folder, 'generate', ...use, ...by, '--latents-out', 'x.st');
    expect([drawn.code, drawn.stderr]).toEqual([0, '']);
    const { decisions } = JSON.parse(await read('l.json'));
    expect(decisions.some(({ value }: { value: unknown }) => value === true)).toBe(true);
  });
});

describe('a trace of runs that were given something', { timeout: 240_000 }, () => {
  const V2W_NAMED = ['--model', V2W, '--fps', '16'];
  const of = (which: string) => ['--embeds', `v2w-${which}.st`];
  const few = ['--speedups', '1.3', '--warmup', '0.25', '--warmups', '0.25', '--quiet'];
  const trace = (...args: readonly string[]) => skipstone(folder, 'trace', ...args);
  const calibrate = (...args: readonly string[]) =>
    skipstone(folder, 'calibrate', 'g.jsonl', '--out', 'g.json', ...few, ...args);
  const short = [...WAN.with(-1, '4'), '--quiet'];

  beforeAll(async () => {
    const given = [...of('a'), '--first-frames', 'v2w-frame-a.st', '--out', 'g.jsonl'];
    expect(await trace(...V2W_NAMED, ...short, ...given)).toMatchObject({ code: 0, stderr: '' });
  }, 60_000);

  test('is not gone on with from other frames', async () => {
    const other = await trace(
      ...[...V2W_NAMED, ...short, ...of('a'), '--first-frames', 'v2w-frame-b.st', '--out', 'g.jsonl'],
    );
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('of other settings')]);
    expect(parseTrace(await read('g.jsonl')).header.prompts).toEqual([
      expect.stringMatching(/^embeds sha256:\w{64}, first frames sha256:\w{64}$/),
    ]);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    [
      'a model opened otherwise',
      ['--model', V2W, ...of('b'), '--first-frames', 'v2w-frame-b.st'],
      ['its model was opened otherwise', 'a model opened fps 16', 'a model opened as it is'],
    ],
    [
      'runs from text alone',
      [...V2W_NAMED, ...of('b')],
      [
        'its runs began otherwise',
        'runs that were given first frames',
        'runs that were given nothing beside text',
      ],
    ],
    [
      'the very prompt and frames that were traced',
      [...V2W_NAMED, ...of('a'), '--first-frames', 'v2w-frame-a.st'],
      ['a prompt would choose and report'],
    ],
    [
      'two frames for one prompt',
      [...V2W_NAMED, ...of('b'), '--first-frames', 'v2w-frame-b.st', '--first-frames', 'v2w-frame-c.st'],
      ['--first-frames is one file for all prompts, or one for each', '2 files, 1 prompt'],
    ],
    [
      'no encoded prompt, where the model reads no other',
      [...V2W_NAMED, '--no-confirm', '--first-frames', 'v2w-frame-b.st'],
      ['it cannot read prompts', '--embeds FILE'],
    ],
  ])('does not go with %s', async (_, args, found) => {
    const { code, stderr } = await calibrate(...args);
    expect(code).not.toBe(0);
    for (const text of found) expect(stderr).toContain(text);
  });

  test('without real runs any encoded prompt will do, and the policy says what it was made with', async () => {
    const { code, stderr } = await calibrate(
      ...[...V2W_NAMED, ...of('a'), '--first-frames', 'v2w-frame-a.st', '--no-confirm'],
    );
    expect([code, stderr]).toEqual([0, '']);
    const [entry] = parsePolicy(JSON.parse(await read('g.json'))).entries;
    expect(entry?.reporting.prompts).toEqual([]);
    expect(entry?.cost).toBeGreaterThan(0);
    const drawn = await skipstone(
      ...([folder, 'generate', '--model', V2W, ...of('c'), ...short.slice(0, -1)] as const),
      ...['--policy', 'g.json', '--latents-out', 'x.st'],
    );
    expect(drawn.code).toBe(0);
    expect(drawn.stderr).toContain("g.json was made with opened fps 16, this run has the model's");
    expect(drawn.stderr).toContain(
      'g.json was made with given first frames, this run has nothing beside text',
    );
  });

  test('has an image for each prompt, or one for all', async () => {
    const begun = [
      '--model',
      I2V,
      ...WAN.with(-1, '2'),
      '--quiet',
      '--out',
      'i.jsonl',
      '--embeds',
      'i2v-a.st',
    ];
    const lacking = await trace(...begun);
    expect([lacking.code, lacking.stderr.split('\n').slice(0, 2)]).toEqual([
      2,
      ['wan: it draws from an image', '  have   no image'],
    ]);
    // The same words twice, over two images.
    const images = (...which: string[]) => which.flatMap((of) => ['--image-latents', `i2v-image-${of}.st`]);
    const twice = [...begun, '--embeds', 'i2v-a.st'];
    expect((await trace(...twice, ...images('a', 'a'))).stderr).toContain('prompts: one is there twice');
    expect(await trace(...twice, ...images('a', 'b'))).toMatchObject({ code: 0, stderr: '' });
    const { header, runs } = parseTrace(await read('i.jsonl'));
    expect(new Set(header.prompts).size).toBe(2);
    expect(runs[0]?.guided).not.toEqual(runs[1]?.guided);
  });
});
