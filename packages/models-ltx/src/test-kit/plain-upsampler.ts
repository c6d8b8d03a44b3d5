import type { HostTensor } from '@skipstone/core';
import { plain } from '@skipstone/core/testing';
import { FORMS, type Form, type TinyUpsampler } from './tiny-upsampler.js';

const silu = (x: plain.Tensor): plain.Tensor => plain.map(x, plain.silu);

const DENOMINATOR: Readonly<Partial<Record<Form, number>>> = { 'by 0.75': 4, 'by 1.5': 2 };

/** The upsampler as its reference reads, in float64, on latents `[C, T, h, w]`; a flat one is one of each frame. */
export function plainUpsampler(form: Form, tiny: TinyUpsampler, latents: HostTensor): plain.Tensor {
  if (form !== 'flat') return plainClip(form, tiny, latents);
  const [channels = 1, frames = 1, ...sides] = latents.shape;
  const size = latents.data.length / channels / frames;
  const made = Array.from({ length: frames }, (_, t) => {
    const data = Float32Array.from({ length: channels * size }, (__, i) => {
      const [c, at] = [Math.floor(i / size), i % size];
      return Number(latents.data[(c * frames + t) * size + at]);
    });
    return plainClip(form, tiny, { type: 'float32', shape: [channels, 1, ...sides], data });
  });
  const grown = made[0]?.shape.slice(2) ?? [];
  const data = Float64Array.from(made.flatMap((frame) => [...frame.data]));
  return { shape: [channels, frames, ...grown], data: swapped(data, frames, channels) };
}

function plainClip(form: Form, { tensors }: TinyUpsampler, latents: HostTensor): plain.Tensor {
  const w = (name: string): plain.Stored => {
    const found = tensors[name];
    if (!found) throw new Error(`no ${name}`);
    return found;
  };
  const conv = (path: string, x: plain.Tensor, padding = [1, 1, 1]): plain.Tensor => {
    const weight = w(`${path}.weight`);
    // A flat one's kernels are of one frame.
    const lacks = x.shape.length - weight.shape.length;
    const [out = 1, from = 1, ...kernel] = weight.shape;
    const whole = { ...weight, shape: [out, from, ...(lacks > 0 ? [1] : []), ...kernel] };
    const around = lacks > 0 ? [0, 1, 1] : padding;
    return plain.conv(x, { weight: whole, bias: w(`${path}.bias`), padding: around });
  };
  const norm = (path: string, x: plain.Tensor): plain.Tensor =>
    plain.groupNorm(x, 32, 1e-5, w(`${path}.weight`), w(`${path}.bias`));
  const block = (at: string, x: plain.Tensor): plain.Tensor => {
    const inner = silu(norm(`${at}.norm1`, conv(`${at}.conv1`, x)));
    return silu(plain.add(x, norm(`${at}.norm2`, conv(`${at}.conv2`, inner))));
  };
  const stretch = (at: string, x: plain.Tensor): plain.Tensor =>
    [0, 1].reduce((h, i) => block(`${at}.${i}`, h), x);

  const start = plain.of({ ...latents, shape: [1, ...latents.shape] });
  let x = silu(norm('initial_norm', conv('initial_conv', start)));
  x = stretch('res_blocks', x);
  const { path, grows } = FORMS[form];
  if (form === 'temporal' || form === 'temporal and spatial') {
    const blocks = form === 'temporal' ? [2, 1, 1] : [2, 2, 2];
    x = plain.withoutFirst(plain.depthToSpace(conv(path, x), blocks), 2);
  } else {
    const side = Math.sqrt(grows);
    const den = DENOMINATOR[form] ?? 1;
    x = ofFrames(x, (frame) => {
      const larger = plain.depthToSpace(conv(path, frame, [1, 1]), [side, side]);
      return den === 1 ? larger : blurred(larger, w('upsampler.blur_down.kernel'), den);
    });
  }
  const end = conv('final_conv', stretch('post_upsample_res_blocks', x));
  return { shape: end.shape.slice(1), data: end.data };
}

/** Each channel alone, as a depthwise convolution is defined. */
function blurred(x: plain.Tensor, weight: plain.Stored, stride: number): plain.Tensor {
  const [frames = 1, channels = 1, ...sides] = x.shape;
  const planes = { shape: [frames * channels, 1, ...sides], data: x.data };
  const made = plain.conv(planes, { weight, padding: [2, 2], stride: [stride, stride] });
  return { shape: [frames, channels, ...made.shape.slice(2)], data: made.data };
}

/** `[1, C, T, h, w]` → `[T, C, h, w]`, mapped, and back. */
function ofFrames(x: plain.Tensor, map: (frames: plain.Tensor) => plain.Tensor): plain.Tensor {
  const [, channels = 1, frames = 1, ...sides] = x.shape;
  const made = map({ shape: [frames, channels, ...sides], data: swapped(x.data, channels, frames) });
  const [, out = 1, ...grown] = made.shape;
  return { shape: [1, out, frames, ...grown], data: swapped(made.data, frames, out) };
}

/** `[a, b, …]` → `[b, a, …]`. */
function swapped(data: Float64Array, a: number, b: number): Float64Array {
  const size = data.length / (a * b);
  const out = new Float64Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      out.set(data.subarray((i * b + j) * size, (i * b + j + 1) * size), (j * a + i) * size);
    }
  }
  return out;
}
