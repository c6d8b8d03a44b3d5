/** Index of an upsampler among `decoder.upsamples`, by level: blocks and upsampler of a level lie in one list. */
const PER_LEVEL = 4;

/** Parts of a residual block in the original release. */
const BLOCK: Readonly<Record<string, string>> = {
  'residual.0.gamma': 'norm1.gamma',
  'residual.2.weight': 'conv1.weight',
  'residual.2.bias': 'conv1.bias',
  'residual.3.gamma': 'norm2.gamma',
  'residual.6.weight': 'conv2.weight',
  'residual.6.bias': 'conv2.bias',
  'shortcut.weight': 'conv_shortcut.weight',
  'shortcut.bias': 'conv_shortcut.bias',
};

/** A name of the original Wan 2.1 release as diffusers has it; names of diffusers come back as they are. */
export function wanVaeName(name: string): string {
  const [, side = '', rest = ''] = /^(encoder|decoder)\.(.+)$/.exec(name) ?? [];
  if (side === '') return name.replace(/^conv1\./, 'quant_conv.').replace(/^conv2\./, 'post_quant_conv.');
  const [, at, inner = ''] = /^(?:upsamples|downsamples)\.(\d+)\.(.+)$/.exec(rest) ?? [];
  if (at !== undefined) return `${side}.${placeOf(side, Number(at), inner)}.${BLOCK[inner] ?? inner}`;
  const middle = /^middle\.([012])\.(.+)$/.exec(rest);
  if (middle) {
    const [, i = '0', part = ''] = middle;
    const path = i === '1' ? 'attentions.0' : `resnets.${Number(i) / 2}`;
    return `${side}.mid_block.${path}.${BLOCK[part] ?? part}`;
  }
  const plain = rest
    .replace(/^conv1\./, 'conv_in.')
    .replace(/^head\.0\./, 'norm_out.')
    .replace(/^head\.2\./, 'conv_out.');
  return `${side}.${plain}`;
}

function placeOf(side: string, at: number, inner: string): string {
  if (side === 'encoder') return `down_blocks.${at}`;
  const [level, j] = [Math.floor(at / PER_LEVEL), at % PER_LEVEL];
  return /^(?:resample|time_conv)/.test(inner)
    ? `up_blocks.${level}.upsamplers.0`
    : `up_blocks.${level}.resnets.${j}`;
}
