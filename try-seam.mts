import { readFileSync } from 'node:fs';
import { openCheckpoint, openModel, makePlan, denoise, euler, readTensor, explain, cfg, scheduleNamed } from '@skipstone/core';
import { groupedReuse } from './packages/core/src/testing/plugins/grouped-reuse.ts';
import { wanConfig, wanTransformer } from '@skipstone/models-wan';
const dir = 'packages/models-wan/test-data/method-galaxy-hsa';
const cs = JSON.parse(readFileSync(`${dir}/case.json`, 'utf8'));
const config = wanConfig(JSON.parse(readFileSync(`${dir}/config.json`, 'utf8')), dir);
const cp = await openCheckpoint(`${dir}/model.safetensors`);
const io = await openCheckpoint(`${dir}/io.safetensors`);
const get = async (n: string) => readTensor(io.tensors.get(n)!) as any;
const model = openModel(wanTransformer(config, 'golden'), cp);
const grid = { frames: 3, height: 8, width: 6 };
const un = (h: any) => ({ ...h, shape: h.shape.slice(1) });
const schedule = scheduleNamed('euler-flow', { steps: cs.steps, shift: cs.shift });
const reuse = [...(await get('ledger.reuse_cond')).data].map((v: any) => v === 1);
const groups = { video: (await get('in.groups')).data as Int32Array };
const plugin = groupedReuse({ tap: 'blocks.0.cross_attn_out', reuse, groups, strides: cs.strides, early: cs.early, late: cs.late });
const plan = makePlan({ phases: [{ name: 'all', ...model, from: 0, to: cs.steps, guidance: cfg({ scale: cs.guidance, form: 'uncond' }) }], grid, lengths: { S: 9 }, schedule, sampler: euler(), plugins: [plugin], settings: { device: 'cpu', compute: 'float32', weights: 'packed', decompose: new Set(), flopsPerSecond: 1e11 } } as any);
console.log(explain(plan));
const err = (a: any, b: any) => { let e = 0, m = 0; for (let i = 0; i < b.length; i++) { e = Math.max(e, Math.abs(a[i] - b[i])); m = Math.max(m, Math.abs(b[i])); } return e / m; };
const metric = (await get('ledger.metric_cond')).data;
const steps: any[] = [];
const r = await denoise({ plan, latents: model.spec.patchify({ video: un(await get('in.latents')) }, grid), conditions: { cond: { text: un(await get('in.prompt_embeds')) }, uncond: { text: un(await get('in.negative_prompt_embeds')) } }, previews: true, tell: (e) => { if (e.type === 'preview') steps.push(e.latents); } });
for (let i = 0; i < cs.steps; i++) {
  const y = model.spec.unpatchify(steps[i], grid).video!.data;
  const d = r.ledger.decisions.find((d) => d.step === i && d.key === 'reuse' && d.branch === 'cond')!;
  console.log(i, err(y, (await get(`step.${i}.latents`)).data).toExponential(2), r.ledger.passes.filter((p) => p.step === i).map((p) => `${p.branch} ${p.rows.video} ${p.spans.join(' ')}`).join(' | '), d.signal, metric[i]);
}
console.log('leaked', r.leaked);
