import * as ort from 'onnxruntime-node';
import { encodeModel } from '../graph/encode.js';
import type { Graph } from '../graph/node.js';
import type { HostKernelName, PackKernelName } from '../kernel/name.js';
import { kernelGraph } from '../kernel/onnx-form.js';
import { ELEMENT_BYTES } from '../plan/cut/bounds.js';
import type { ElementType, HostTensor } from '../spec/tensor.js';
import type { TensorHome } from './home.js';
import type { KernelRequest, RunRequest, SessionRequest } from './protocol.js';
import { sessionOptions } from './session-options.js';

/**
 * Tensors on the device. There a tensor only ever comes into being as an output of a session, and is read
 * through one whose output is asked for on the host; kernels are sessions too. Row ids and gates stay on
 * the host, the runtime carries them over.
 */
export class WebGpuHome implements TensorHome {
  private readonly sessions = new Map<number, ort.InferenceSession>();
  private readonly small = new Map<string, ort.InferenceSession>();
  private readonly tensors = new Map<number, ort.Tensor>();
  heldBytes = 0;

  get handles(): number {
    return this.tensors.size;
  }

  async compile(request: SessionRequest): Promise<void> {
    const options = sessionOptions('webgpu', 0, request);
    this.sessions.set(request.session, await ort.InferenceSession.create(request.model, options));
  }

  async release(session: number): Promise<void> {
    await this.sessions.get(session)?.release();
    this.sessions.delete(session);
  }

  async put(id: number, host: HostTensor): Promise<void> {
    const tensor = new ort.Tensor(host.type, host.data as never, host.shape);
    if (host.type !== 'float32') return this.keep(id, tensor);
    const upload = await this.smallSession(copyGraph(host.shape.length), true);
    this.keep(id, only(await upload.run({ x: tensor })));
  }

  async run(request: RunRequest): Promise<number> {
    const session = this.sessions.get(request.session);
    if (!session) throw new Error(`no session ${request.session}`);
    const feeds: Record<string, ort.Tensor> = {};
    for (const [port, id] of Object.entries(request.inputs)) feeds[port] = this.held(id);
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const [port, output] of Object.entries(request.outputs)) {
      fetches[port] = output.inPlace === undefined ? null : this.held(output.inPlace);
    }
    const from = performance.now();
    const results = await session.run(feeds, fetches);
    const ms = performance.now() - from;
    for (const [port, output] of Object.entries(request.outputs)) {
      if (output.inPlace === undefined) this.keep(output.id, results[port] as ort.Tensor);
    }
    return ms;
  }

  async kernel(request: KernelRequest): Promise<number | null> {
    const { name, inputs, scales, out } = request;
    if (isPacking(name)) throw new Error(`${name} works on host memory only`);
    const session = await this.smallSession(kernelGraph(name, inputs.length), out !== undefined);
    const tensors = inputs.map((id) => this.held(id));
    const feeds: Record<string, ort.Tensor> = {};
    let next = 0;
    for (const tensor of tensors) feeds[tensor.type === 'int64' ? 'rows' : `x${next++}`] = tensor;
    if (name === 'scaledAdd')
      feeds.scales = new ort.Tensor('float32', Float32Array.from(scales), [scales.length]);
    const inPlace = out?.inPlace === undefined ? undefined : this.held(out.inPlace);
    const results = await session.run(feeds, { y: inPlace ?? null });
    if (!out) return Number(only(results).data[0]);
    if (!inPlace) this.keep(out.id, only(results));
    return null;
  }

  async read(id: number): Promise<HostTensor> {
    const held = this.held(id);
    const shape = [...held.dims];
    if (held.location === 'cpu') return { type: 'float32', shape, data: held.data as Float32Array };
    const download = await this.smallSession(copyGraph(shape.length), false);
    return { type: 'float32', shape, data: only(await download.run({ x: held })).data as Float32Array };
  }

  free(id: number): void {
    const held = this.tensors.get(id);
    if (!held) return;
    this.tensors.delete(id);
    this.heldBytes -= bytesOf(held);
    held.dispose();
  }

  async close(): Promise<void> {
    for (const id of [...this.tensors.keys()]) this.free(id);
    for (const session of [...this.sessions.values(), ...this.small.values()]) await session.release();
    this.sessions.clear();
    this.small.clear();
  }

  /** Copies and kernels: compiled when first used, kept for the run. */
  private async smallSession(graph: Graph, onDevice: boolean): Promise<ort.InferenceSession> {
    const key = `${graph.name}.${graph.inputs.length}.${onDevice}`;
    const known = this.small.get(key);
    if (known) return known;
    const outputs = onDevice ? graph.outputs.map((port) => port.name) : [];
    const model = encodeModel(graph, (file) => file);
    const request = { session: 0, label: key, model, folder: '', weights: 'packed' as const, outputs };
    const session = await ort.InferenceSession.create(model, sessionOptions('webgpu', 0, request));
    this.small.set(key, session);
    return session;
  }

  private keep(id: number, tensor: ort.Tensor): void {
    this.tensors.set(id, tensor);
    this.heldBytes += bytesOf(tensor);
  }

  private held(id: number): ort.Tensor {
    const held = this.tensors.get(id);
    if (!held) throw new Error(`tensor ${id} was freed or never made`);
    return held;
  }
}

const bytesOf = ({ type, size }: ort.Tensor): number => size * ELEMENT_BYTES[type as ElementType];

const isPacking = (name: HostKernelName): name is PackKernelName => name.includes('pack.');

function copyGraph(rank: number): Graph {
  const shape = Array.from({ length: rank }, (_, i) => `d${i}`);
  return {
    name: `copy.${rank}`,
    inputs: [{ name: 'x', type: 'float32', shape }],
    outputs: [{ name: 'y', type: 'float32', shape }],
    nodes: [{ name: 'y', op: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
    initializers: [],
  };
}

function only(results: ort.InferenceSession.OnnxValueMapType): ort.Tensor {
  const [tensor] = Object.values(results);
  if (tensor) return tensor as ort.Tensor;
  throw new Error('a session gave nothing');
}
