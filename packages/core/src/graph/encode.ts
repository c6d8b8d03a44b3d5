import protobuf from 'protobufjs/light.js';
import type { Dim } from '../spec/pass.js';
import { dimText } from './dim.js';
import type { Attribute, Graph, Initializer, Node, Port, StoredType, Subgraph } from './node.js';
import { DATA_TYPE } from './node.js';

/**
 * Bytes of an ONNX model. The message tables are the fields of onnx.proto3 that we write, with their
 * numbers; encoding is protobufjs'. Source: onnx/onnx.proto, IR version 10.
 */
const IR_VERSION = 10;
const OPSETS = [
  { domain: '', version: 21 },
  { domain: 'com.microsoft', version: 1 },
] as const;

const field = (id: number, type: string, rule?: 'repeated') => (rule ? { id, type, rule } : { id, type });

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: field(8, 'OperatorSet', 'repeated'),
      },
    },
    OperatorSet: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Graph: {
      fields: {
        node: field(1, 'Node', 'repeated'),
        name: field(2, 'string'),
        initializer: field(5, 'Tensor', 'repeated'),
        input: field(11, 'ValueInfo', 'repeated'),
        output: field(12, 'ValueInfo', 'repeated'),
      },
    },
    Node: {
      fields: {
        input: field(1, 'string', 'repeated'),
        output: field(2, 'string', 'repeated'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: field(5, 'Attribute', 'repeated'),
        domain: field(7, 'string'),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        g: field(6, 'Graph'),
        ints: field(8, 'int64', 'repeated'),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: {
        dims: field(1, 'int64', 'repeated'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
        externalData: field(13, 'StringPair', 'repeated'),
        dataLocation: field(14, 'int32'),
      },
    },
    StringPair: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'Shape') } },
    Shape: { fields: { dim: field(1, 'Dimension', 'repeated') } },
    Dimension: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
  },
});
const Model = root.lookupType('Model');

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;
const EXTERNAL = 1;

/** Encodes a graph; `locate` gives a weight file's path as the runtime is to see it (below its folder). */
export function encodeModel(graph: Graph, locate: (file: string) => string): Uint8Array {
  const overridable = graph.initializers.filter((i) => i.overridable);
  return Model.encode({
    irVersion: IR_VERSION,
    producerName: 'skipstone',
    opsetImport: OPSETS,
    graph: {
      name: graph.name,
      node: graph.nodes.map(encodeNode),
      initializer: graph.initializers.map((i) => encodeInitializer(i, locate)),
      input: [...graph.inputs.map(encodePort), ...overridable.map((i) => valueInfo(i.name, i.type, i.dims))],
      output: graph.outputs.map(encodePort),
    },
  }).finish();
}

function encodeNode(node: Node): object {
  return {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: node.inputs,
    output: node.outputs,
    attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
  };
}

function encodeAttribute(name: string, value: Attribute): object {
  if ('int' in value) return { name, type: ATTRIBUTE_TYPE.int, i: value.int };
  if ('ints' in value) return { name, type: ATTRIBUTE_TYPE.ints, ints: value.ints };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  if ('string' in value) {
    return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value.string) };
  }
  return { name, type: ATTRIBUTE_TYPE.graph, g: encodeSubgraph(value.graph) };
}

/** Outputs of a branch carry no shape: the runtime infers it, and both branches need not agree on names. */
function encodeSubgraph(graph: Subgraph): object {
  return {
    name: graph.name,
    node: graph.nodes.map(encodeNode),
    output: graph.outputs.map((name) => ({ name })),
  };
}

function encodeInitializer(initializer: Initializer, locate: (file: string) => string): object {
  const { name, type, dims, data } = initializer;
  const head = { name, dims, dataType: DATA_TYPE[type] };
  if ('bytes' in data) return { ...head, rawData: data.bytes };
  return {
    ...head,
    dataLocation: EXTERNAL,
    externalData: [
      { key: 'location', value: locate(data.file) },
      { key: 'offset', value: String(data.offset) },
      { key: 'length', value: String(data.byteLength) },
    ],
  };
}

const encodePort = (port: Port): object => valueInfo(port.name, port.type, port.shape);

function valueInfo(name: string, type: StoredType, shape: readonly Dim[]): object {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: dimText(d) }));
  return { name, type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim } } } };
}
