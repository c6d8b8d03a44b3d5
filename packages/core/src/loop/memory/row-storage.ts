import { nearestName, SkipstoneError } from '../../error.js';
import { type PackedForm, packedShape, packedWidth } from '../../kernel/packed-rows.js';
import type { RowSet, Tensor } from '../../spec/tensor.js';
import type { TokenStorage } from '../../spec/token-cache.js';
import type { CacheMeans } from './rows.js';
import { countRows, isAll } from './rows.js';

/** One stream of a cache: N rows of it. */
export interface StreamRows {
  readonly stream: string;
  readonly all: number;
  readonly rows: RowSet;
}

/** How a token cache keeps rows. What is held is retained by the cache; values come and go as float32. */
export interface RowStorage {
  /** True for a tensor that rows can have been kept in: what a saved run may put back. */
  fits(held: Tensor, all: number): boolean;
  read(held: Tensor, of: StreamRows): Tensor;
  /** Keeps the rows and lets go of `held` where they are kept elsewhere now. */
  write(held: Tensor | undefined, of: StreamRows, value: Tensor): Tensor;
}

export function rowStorage(means: CacheMeans, storage: TokenStorage = 'float32'): RowStorage {
  if (!STORAGES.includes(storage)) throw unknownStorage(storage);
  if (storage === 'float32') return floatRows(means);
  if (means.store.room.device !== 'cpu') throw noStorage(storage, means.store.room.device);
  return packedRows(means, storage);
}

const STORAGES: readonly TokenStorage[] = ['float32', 'bfloat16', 'int8'];

/** Exact. All rows at once are kept as the tensor they came in; rows are overwritten where nobody else has it. */
function floatRows({ store, rowTensors, kernels }: CacheMeans): RowStorage {
  return {
    fits: (held, all) => held.type === 'float32' && held.shape[0] === all,
    read(held, { stream, all, rows }) {
      const whole = { [stream]: isAll(rows, all) ? store.lend(held) : held };
      return kernels.gather(whole, { [stream]: rows })[stream] ?? held;
    },
    write(held, { all, rows }, value) {
      if (rows === 'all') {
        store.retain(value);
        if (held) store.release(held);
        return value;
      }
      const shape = [all, ...value.shape.slice(1)];
      const from = held ?? store.keep({ type: 'float32', shape, data: new Float32Array(size(shape)) });
      const inPlace = store.isSole(from);
      const out = inPlace ? from : store.make('float32', shape);
      const inputs = [from.id, rowTensors.ids(rows, all).id, value.id];
      const place = inPlace ? { inPlace: out.id } : {};
      const kernel = { name: 'scatter', inputs, scales: [], out: { id: out.id, shape, ...place } } as const;
      store.room.post({ op: 'kernel', kernel });
      if (inPlace) return out;
      store.retain(out);
      store.release(from);
      return out;
    },
  };
}

/** Fewer bytes. The buffer is the cache's alone, so every write is in place; every read is a tensor of the step. */
function packedRows({ store, rowTensors }: CacheMeans, form: PackedForm): RowStorage {
  const idsOf = ({ rows, all }: StreamRows): readonly number[] =>
    isAll(rows, all) ? [] : [rowTensors.ids(rows, all).id];
  return {
    fits(held, all) {
      const shape = packedShape(form, all, packedWidth(form, held.shape));
      return held.type === 'uint8' && held.shape.join() === shape.join();
    },
    read(held, of) {
      const out = store.make('float32', [countRows(of.rows, of.all), packedWidth(form, held.shape)]);
      const inputs = [held.id, ...idsOf(of)];
      const kernel = { name: `unpack.${form}`, inputs, scales: [], out } as const;
      store.room.post({ op: 'kernel', kernel });
      return out;
    },
    write(held, of, value) {
      const shape = packedShape(form, of.all, value.shape[1] ?? 0);
      const inputs = [value.id, ...idsOf(of)];
      const out = held ?? store.make('uint8', shape);
      const place = held ? { inPlace: held.id } : {};
      const request = { id: out.id, shape, type: 'uint8', ...place } as const;
      store.room.post({
        op: 'kernel',
        kernel: { name: `pack.${form}`, inputs, scales: [], out: request },
      });
      return held ?? store.keep(out);
    },
  };
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function unknownStorage(storage: string): SkipstoneError {
  const near = nearestName(storage, STORAGES);
  return new SkipstoneError({
    code: 'cache-storage',
    what: `a token cache cannot store rows as '${storage}'`,
    have: `storage: '${storage}'`,
    need: STORAGES.join(', '),
    do: near === undefined ? 'name one of them' : `did you mean '${near}'?`,
  });
}

function noStorage(storage: string, device: string): SkipstoneError {
  return new SkipstoneError({
    code: 'cache-storage',
    what: `a token cache cannot store rows as ${storage} on ${device}`,
    have: `storage: '${storage}', which packs rows in host memory`,
    need: "storage: 'float32' on this device, or device 'cpu'",
    do: "make the cache with storage: 'float32', or run on the CPU",
  });
}
