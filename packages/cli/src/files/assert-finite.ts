import { type HostTensor, SkipstoneError } from '@skipstone/core';

/** Refuses a tensor of a file with values that are no numbers or infinite: they would spread through the whole run. */
export function assertFinite(option: string, name: string, { data, shape }: HostTensor): void {
  const wrong = Array.from(data, Number).filter((value) => !Number.isFinite(value)).length;
  if (wrong === 0) return;
  throw new SkipstoneError({
    code: 'input-values',
    what: `${option}: some of its values are not finite`,
    have: `${wrong} of ${data.length} values of ${name} [${shape.join(', ')}] that are NaN or infinite`,
    need: 'finite numbers',
    do: 'make the file again; float16 cannot hold more than 65,504: save it as float32',
  });
}
