import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultLines, rejectionOf, temporaryFolder } from '@skipstone/core/testing';
import { checkGolden, editedGolden, type GoldenEdits, type GoldenMethod } from '@skipstone/golden';
import { describe, expect, test } from 'vitest';
import { wanVerifiers } from './index.js';

const real = (name: string): string => fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));
const caseOf = async (name: string) => JSON.parse(await readFile(join(real(name), 'case.json'), 'utf8'));

/** A method that only says which runs are its own. */
const someMethod: GoldenMethod = {
  name: 'a method',
  kind: 'method-run',
  accepts: ({ fields }) => 'strides' in fields,
  fields: {},
  inputs: ['in.groups'],
  prepare: async () => expect.unreachable(),
};

/** What the error of verifying an edited copy says, the folder left out. */
async function linesOf(name: string, edits: GoldenEdits): Promise<readonly string[]> {
  const copy = await editedGolden(real(name), await temporaryFolder('wan'), edits);
  return faultLines(await rejectionOf(checkGolden(copy, wanVerifiers([someMethod]))), copy);
}

describe('variants that nobody verifies are refused before anything runs', () => {
  const unsupported = ['verify-unsupported', '…: this variant of Wan is not supported'];
  const remedy = 'verify the cases of Wan2.1, and of Wan2.2 A14B and TI2V-5B';

  test('first and last frame, by its config', async () => {
    expect(await linesOf('wan21-i2v', { config: { pos_embed_seq_len: 514 } })).toEqual([
      'wan-config',
      '…/config.json: this is not a Wan transformer that can be run',
      'pos_embed_seq_len: first and last frame (FLF2V) is not supported',
      'WanTransformer3DModel, patch (1, 2, 2), text or image to video',
      'name the folder of a Wan2.1 or Wan2.2 transformer in diffusers layout',
    ]);
  });

  test('two experts under a method', async () => {
    const edits = { case: { experts: ['transformer'], boundary_ratio: 0.875 } };
    const lines = await linesOf('method-galaxy-hsa', edits);
    expect(lines).toEqual([...unsupported, 'two experts', 'one transformer for all steps', remedy]);
  });

  test('an input that nobody would read', async () => {
    const { tensors } = await caseOf('run-wan21-unipc');
    const edits = { case: { tensors: { ...tensors, 'in.mask': ['float32', [1]] } } };
    const need = 'in.latents, in.prompt_embeds, in.negative_prompt_embeds';
    expect(await linesOf('run-wan21-unipc', edits)).toEqual([
      ...unsupported,
      'it reads in.mask',
      need,
      remedy,
    ]);
  });

  test('experts that are not in the file', async () => {
    const edits = { case: { experts: [], boundary_ratio: 0.9 } };
    const lines = await linesOf('run-wan21-unipc', {
      case: {
        ...edits.case,
        guidance: { transformer: 4, transformer_2: 3 },
        guidance_form: "v = v_uncond + guidance (v_cond - v_uncond), guidance that of the step's expert",
      },
    });
    const have = 'no tensor of transformer. or high_noise_model.';
    expect(lines).toEqual([...unsupported, have, 'two experts, by prefix, in one file', remedy]);
  });

  test.each([
    ['a frame that is clean in part', 3, 7],
    ['two timesteps beside 0', 20, 100],
  ])('timesteps a token: %s', async (_, at, value) => {
    const lines = await linesOf('wan22-ti2v-5b', { io: { 'in.timestep': { at, value } } });
    expect(lines.slice(0, 3)).toEqual([...unsupported, 'in.timestep [2, 36]']);
    expect(lines[3]).toBe('0 for the tokens of whole frames at the beginning, one timestep for all others');
  });
});

test('a method that is not among those given', async () => {
  expect(await linesOf('method-galaxy-hsa', { case: { strides: undefined } })).toEqual([
    'verify-model',
    "…: nothing here verifies this case of the kind 'method-run'",
    'WanTransformer3DModel',
    'Wan, a method',
    'verify it with the package of its model or method',
  ]);
});

test('another model', async () => {
  const lines = await linesOf('wan21-t2v', { config: { _class_name: 'CosmosTransformer3DModel' } });
  expect(lines).toEqual([
    'verify-model',
    "…: nothing here verifies this case of the kind 'forward'",
    'CosmosTransformer3DModel',
    'Wan, forward',
    'verify it with the package of its model or method',
  ]);
});

describe('a tap that a forward does not have', () => {
  test.each(['tap.blocks.3', 'tap.blocks.0.attn3', 'tap.norm_out', 'step.0.latents'])('%s', async (name) => {
    const { tensors } = await caseOf('wan21-t2v');
    const edits = { case: { tensors: { ...tensors, [name]: ['float32', [1]] } } };
    const [code, what, have, need, remedy] = await linesOf('wan21-t2v', edits);
    expect([code, what, have, remedy]).toEqual([
      'verify-tensor',
      "…: a tensor of the case is not one that this model's forward has",
      name,
      'correct the name in the case',
    ]);
    expect(need).toContain('tap.proj_out, tap.blocks.<0 to 2>.in, tap.blocks.<0 to 2>.attn1.in');
  });
});

describe('fields of a run', () => {
  const need = /^of the kind 'run': steps, solver, grid, timesteps, shift, scheduler, mu/;

  test.each([
    ['an unknown one', { guidance_scale: 5 }, 'guidance_scale', /not known/, 'did you mean guidance?'],
    ['another form of guidance', { guidance_form: 'v = v_cond' }, 'guidance_form', /Invalid option/, /form/],
    ['guidance of one expert', { guidance: { transformer: 4 } }, 'guidance', /number/, /form/],
    ['another solver', { solver: 'heun' }, 'solver', /Invalid option/, /form/],
    ['another update', { update: 'x -= v' }, 'update', /Invalid option/, /form/],
    ['no steps', { steps: 0 }, 'steps', /1/, /form/],
  ])('%s', async (_, fields, field, have, remedy) => {
    expect(await linesOf('run-wan21-unipc', { case: fields })).toEqual([
      'golden-field',
      `…: a field of its case.json is not understood: ${field}`,
      expect.stringMatching(have),
      expect.stringMatching(need),
      expect.stringMatching(remedy),
    ]);
  });

  test('a scheduler that would step otherwise', async () => {
    const { scheduler } = await caseOf('run-wan21-unipc');
    const edits = { case: { scheduler: { ...scheduler, prediction_type: 'epsilon' } } };
    const [code, what, have] = await linesOf('run-wan21-unipc', edits);
    expect([code, what]).toEqual(['scheduler-config', '…: this scheduler cannot be run']);
    expect(have).toContain('prediction_type');
  });

  const agree = ['golden-field', '…: fields of its case.json disagree about the solver'];
  const mend = 'record the case again, or restore its case.json';

  test.each([
    ['Euler without its update', { update: undefined }, 'neither', 'update of the solver euler'],
    ['another shift', { shift: 2 }, 'euler, shift 1', 'euler, shift 2'],
  ])('%s', async (_, fields, have, wanted) => {
    const grid = 'linspace(1, 1/steps, steps), flow-shifted, then 0';
    const edits = { case: { grid, ...fields } };
    expect(await linesOf('run-wan21-euler', edits)).toEqual([...agree, have, wanted, mend]);
  });

  test('options of a solver that are not those of its scheduler, or that no scheduler explains', async () => {
    const { solver_options } = await caseOf('run-wan21-unipc');
    const third = { solver_options: { ...(solver_options as object), solver_order: 3 } };
    expect(await linesOf('run-wan21-unipc', { case: third })).toEqual([
      ...agree,
      ...['solver_order of solver_options', 'that of scheduler', mend],
    ]);
    const alone = await linesOf('run-wan21-unipc', { case: { ...third, scheduler: undefined } });
    expect([...alone.slice(0, 2), ...alone.slice(3)]).toEqual([...agree, 'a scheduler field', mend]);
    expect(alone[2]).toContain('"solver_order":3');
  });

  test('a grid nobody computes', async () => {
    const lines = await linesOf('run-wan21-unipc', { case: { grid: 'karras', scheduler: undefined } });
    expect(lines.slice(0, 2)).toEqual(['golden-grid', '…: its grid of noise levels is not known']);
    expect(lines[2]).toBe("unipc, 'karras', timesteps 'integer, truncated 1000 sigma[i]', shift 3");
    expect(lines[3]).toContain('unipc-flow: unipc,');
    expect(lines[4]).toMatch(/^correct the words/);
  });
});

describe('inputs', () => {
  test('one that is not stored', async () => {
    expect(await linesOf('wan21-t2v', { io: { 'in.hidden_states': null } })).toEqual([
      'golden-tensors',
      '…: the case lacks an input',
      'in.encoder_hidden_states, in.timestep',
      'in.hidden_states',
      'record the case again; the nearest is in.encoder_hidden_states',
    ]);
  });
});

test('a model that lacks a weight', async () => {
  const lines = await linesOf('wan21-t2v', { model: { 'proj_out.bias': null } });
  expect(lines.slice(0, 2)).toEqual(['checkpoint-tensor', "the checkpoint has no tensor 'proj_out.bias'"]);
});
