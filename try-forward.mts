import { readFileSync } from 'node:fs';
import { openCheckpoint, openModel, makePlan, denoise, euler, readTensor, explain } from '@skipstone/core';
import { wanConfig, wanTransformer } from '@skipstone/models-wan';
const dir = '/work/shared/goldens/wan21-t2v';
const config = wanConfig(JSON.parse(readFileSync(`${dir}/config.json`, 'utf8')), dir);
const cp = await openCheckpoint(`${dir}/model.safetensors`);
const io = await openCheckpoint(`${dir}/io.safetensors`);
const get = async (n: string) => readTensor(io.tensors.get(n)!);
const model = openModel(wanTransformer(config, 'golden'), cp);
const x = await get('in.hidden_states'), t = await get('in.timestep'), text = await get('in.encoder_hidden_states'), out = await get('out.velocity');
const grid = { frames: 3, height: 8, width: 6 };
const part = (h: any, b: number) => { const n = h.data.length / h.shape[0]; return { type: 'float32', shape: h.shape.slice(1), data: h.data.slice(b * n, (b + 1) * n) } as any; };
for (const weights of ['mapped', 'packed'] as const) for (const decompose of [new Set<any>(), new Set<any>(['attention','rotary','rmsNorm','layerNorm','gelu'])])
for (const b of [0, 1]) {
  const guidance = { name: 'only', branches: [{ name: 'cond', text: 'cond' }], at: () => guidance.branches, combine: (c: any) => c.predictions.cond };
  let v: any;
  const cap = { name: 'capture', contract: 1 as const, setup: (s: any) => ({ evaluate: async (call: any, next: any) => { const r = await next(call); v = await s.readBack(r.video); return r; } }) };
  const plan = makePlan({ phases: [{ name: 'all', ...model, from: 0, to: 1, guidance }], grid, lengths: { S: 9 }, schedule: { name: 'one', sigmas: [1, 0], timesteps: [t.data[b] as number] }, sampler: euler(), plugins: [cap], settings: { device: 'cpu', compute: 'float32', weights, decompose, flopsPerSecond: 1e11 } } as any);
  if (b === 0 && weights === 'mapped' && !decompose.size) console.log(explain(plan));
  await denoise({ plan, latents: model.spec.patchify({ video: part(x, b) }, grid), conditions: { cond: { text: part(text, b) } } });
  const y = model.spec.unpatchify({ video: { type: 'float32', shape: [], data: v } }, grid).video!.data as Float32Array;
  const ref = part(out, b).data; let e = 0, m = 0; for (let i = 0; i < ref.length; i++) { e = Math.max(e, Math.abs(y[i]! - ref[i])); m = Math.max(m, Math.abs(ref[i])); }
  console.log(weights, decompose.size, 'batch', b, 'error', e / m);
}
