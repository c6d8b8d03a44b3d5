import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../checkpoint/memory-files.js';
import type { Plugin } from '../spec/plugin.js';
import { middleSkip } from '../testing/plugins/middle-skip.js';
import { wanLikeSubject } from '../testing/small/wan-like.js';
import { planOn, runOn, type SubjectRun } from '../testing/subject.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { readProfile } from './profile.js';
import type { RunReport } from './protocol.js';

describe('a profile of a run', async () => {
  const subject = await wanLikeSubject(3);
  const profiled = async (run: SubjectRun = {}) => {
    const profile = await temporaryFolder('profile');
    const result = await runOn(subject, { steps: 4, ...run }, { profile });
    return { profile, result, nodes: await readProfile(profile, { runs: result.runs }) };
  };

  it('has the nodes of the graphs in every pass, each once', async () => {
    const { nodes, result } = await profiled();
    const spans = [...(planOn(subject, { steps: 4 }).phases[0]?.passes.get('plain')?.pass ?? [])];
    expect(spans.length).toBeGreaterThan(0);
    for (const { id, graph } of spans) {
      const written = new Set(graph.nodes.map(({ name, op }) => `${name} ${op}`));
      for (let step = 0; step < 4; step++) {
        for (const branch of ['cond', 'uncond']) {
          const ran = nodes
            .filter((n) => n.span === id && n.step === step && n.branch === branch)
            .map(({ node, op }) => `${node} ${op}`);
          expect(new Set(ran).size).toBe(ran.length);
          expect(ran.filter((node) => !written.has(node))).toEqual([]);
          // The blocks of this model share one modulation: the runtime merges equal slices of it.
          const merged = [...written].filter((node) => !ran.includes(node)).map((node) => node.split(' ')[1]);
          expect(merged.filter((op) => !['Slice', 'Add', 'Reshape'].includes(op ?? ''))).toEqual([]);
        }
      }
    }
    const ms = nodes.reduce((sum, { us }) => sum + us, 0) / 1000;
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThan(result.runs.reduce((sum, run) => sum + run.ms, 0));
  });

  it('lacks what a closed gate left out', async () => {
    const skips = [false, false, true, true];
    const skipping: Plugin = middleSkip({ from: 'blocks.0', to: 'blocks.2', skips, decided: 'before' });
    const { nodes } = await profiled({ plugins: [skipping] });
    const middle = (step: number) =>
      nodes.filter((n) => n.step === step && n.branch === 'cond' && n.node.startsWith('blocks.1.'));
    expect([0, 1, 2, 3].map((step) => middle(step).length > 0)).toEqual([true, true, false, false]);
  });

  it('wants a folder of its own', async () => {
    const { profile, result } = await profiled();
    await expect(runOn(subject, {}, { profile })).rejects.toThrow('not the profile of a run');
    await expect(runOn(subject, {}, { profile: join(profile, 'none') })).rejects.toThrow('a missing path');
    await mkdir(join(profile, 'other'));
    const [first = ''] = await readdir(profile);
    await rename(join(profile, first), join(profile, first.replace(/_\d+\.json$/, '_9.json')));
    await writeFile(join(profile, first.replace(/_\d+\.json$/, '_8.json')), '[]');
    await expect(readProfile(profile, { runs: result.runs })).rejects.toThrow('two profiles of session');
  });
});

describe('a profile is read', () => {
  const name = (session: number) => `/p/${session}.plain%2Fend_2026-01-01_00-00-00_000.json`;
  const kernel = { cat: 'Node', name: 'a_kernel_time', dur: 3, ts: 1, args: { op_name: 'Add' } };
  const run = { cat: 'Session', name: 'model_run', dur: 9, ts: 0 };
  const read = (text: string, runs?: readonly RunReport[], at = name(4)) => {
    const files = memoryFiles({ [at]: new TextEncoder().encode(text) });
    return readProfile('/p', { files, ...(runs ? { runs } : {}) });
  };

  it('run by run', async () => {
    expect(await read(JSON.stringify([kernel, run, { ...kernel, dur: 5 }, run]))).toEqual([
      { span: 'plain/end', session: 4, run: 0, node: 'a', op: 'Add', us: 3 },
      { span: 'plain/end', session: 4, run: 1, node: 'a', op: 'Add', us: 5 },
    ]);
    expect(await read('[]', undefined, '/p/notes.json')).toEqual([]);
  });

  it('and counts an If without its branch, however deep', async () => {
    const at = (node: string, op: string, ts: number, dur: number) => ({
      ...kernel,
      name: `${node}_kernel_time`,
      ts,
      dur,
      args: { op_name: op },
    });
    const inner = [at('b', 'Mul', 12, 3), at('c', 'Mul', 17, 4), at('inner', 'If', 16, 6)];
    const events = [at('a', 'Add', 1, 5), ...inner, at('outer', 'If', 11, 12), run];
    const us = (await read(JSON.stringify(events))).map((node) => [node.node, node.us]);
    expect(us).toEqual([
      ['a', 5],
      ['b', 3],
      ['c', 4],
      ['inner', 2],
      ['outer', 3],
    ]);
  });

  it.each([
    ['cut off', '[{"cat" : "Node"'],
    ['no list', '{}'],
    ['of odd events', JSON.stringify([{ ...kernel, dur: 'long' }])],
    ['of negative time', JSON.stringify([{ ...kernel, dur: -1 }])],
    ['too deep', `${'['.repeat(40)}${']'.repeat(40)}`],
  ])('and refused where it is %s', async (_, text) => {
    await expect(read(text)).rejects.toThrow('not the profile of a run');
  });

  it('and refused where it has more runs than were reported, or a span of no name', async () => {
    await expect(read(JSON.stringify([kernel, run]), [])).rejects.toThrow('a run 0');
    const odd = '/p/4.plain%Fend_2026-01-01_00-00-00_000.json';
    await expect(read('[]', undefined, odd)).rejects.toThrow('a name that a run gave');
  });
});
