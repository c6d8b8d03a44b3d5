import type { GraphBuilder, Value } from '@skipstone/core';

/** Frames, channels and sides of a value `[1, C, T, h, w]`. */
export function sizesOf({ shape }: Value) {
  const [, channels = 1, frames = 1, height = 1, width = 1] = shape.map(Number);
  return { channels, frames, height, width };
}

/** x over the root of its mean square over the channels. */
export function pixelNorm(g: GraphBuilder, name: string, x: Value, eps: number): Value {
  const square = g.mean(`${name}.mean-square`, g.mul(`${name}.square`, x, x), 1);
  const root = g.sqrt(`${name}.root`, g.add(`${name}.with-eps`, square, g.constant('eps', [eps], [1])));
  return g.div(name, x, root);
}

/** Frames, rows and columns in blocks become channels, (c, frame, row, column). */
export function spaceToDepth(
  g: GraphBuilder,
  name: string,
  x: Value,
  [ft = 1, fh = 1, fw = 1]: readonly number[],
): Value {
  const { channels, frames, height, width } = sizesOf(x);
  const [t, h, w] = [frames / ft, height / fh, width / fw];
  const apart = g.reshape(`${name}.apart`, x, [channels, t, ft, h, fh, w, fw]);
  const turned = g.transpose(`${name}.turned`, apart, [0, 2, 4, 6, 1, 3, 5]);
  return g.reshape(name, turned, [1, channels * ft * fh * fw, t, h, w]);
}

/** So many channels, each the mean of a group of those that lie beside each other. */
export function meanOfGroups(g: GraphBuilder, name: string, x: Value, out: number): Value {
  const { channels, frames, height, width } = sizesOf(x);
  if (channels === out) return x;
  const groups = g.reshape(`${name}.groups`, x, [out, channels / out, frames * height * width]);
  return g.reshape(name, g.mean(`${name}.means`, groups, 1), [1, out, frames, height, width]);
}

/** Pixels to channels (c, column, row). */
export function patched(g: GraphBuilder, x: Value, patch: number): Value {
  if (patch === 1) return x;
  const { channels, frames, height, width } = sizesOf(x);
  const [h, w] = [height / patch, width / patch];
  const apart = g.reshape('encoder.patches', x, [channels, frames, h, patch, w, patch]);
  const turned = g.transpose('encoder.turned', apart, [0, 5, 3, 1, 2, 4]);
  return g.reshape('encoder.channels', turned, [1, channels * patch ** 2, frames, h, w]);
}

/** Channels (c, column, row) to pixels. */
export function unpatched(g: GraphBuilder, x: Value, patch: number): Value {
  if (patch === 1) return x;
  const { channels, frames, height, width } = sizesOf(x);
  const colours = channels / patch ** 2;
  const apart = g.reshape('decoder.patches', x, [colours, patch, patch, frames, height, width]);
  const turned = g.transpose('decoder.turned', apart, [0, 3, 4, 2, 5, 1]);
  return g.reshape('decoder.pixels', turned, [1, colours, frames, height * patch, width * patch]);
}
