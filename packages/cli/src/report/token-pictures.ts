import type { Frames, GenerateResult } from '@skipstone/core';
import { latentFrame, type TokenGrid, tokenMap, tokenSteps } from '@skipstone/report';
import { encodePng, packed } from '@skipstone/video';

export interface TokenPictures {
  readonly video: Frames;
  /** One a latent frame: the first picture that it became. */
  readonly stills: readonly { readonly name: string; readonly png: Uint8Array }[];
}

/** The token budget of a run over its video; `undefined` where all tokens are computed alike. */
export function tokenPictures({ ledger, plan, video }: GenerateResult): TokenPictures | undefined {
  if (!video) return undefined;
  for (const { stream, shares } of tokenSteps(ledger)) {
    const phase = plan.phases.at(-1);
    const grid = phase && tokenGrid(plan.request.grid, phase.rows[stream] ?? 0);
    if (!grid) continue;
    const mapped = tokenMap(video, grid, shares);
    return { video: mapped, stills: stillsOf(mapped, grid.frames) };
  }
  return undefined;
}

/**
 * Latent frames, and rows and columns of tokens: patches are square and one latent frame deep, as in every
 * model of video there is here. A stream that does not come out even, such as audio, has no place in pictures.
 */
function tokenGrid(
  { frames, height, width }: { readonly frames: number; readonly height: number; readonly width: number },
  tokens: number,
): TokenGrid | undefined {
  const side = Math.sqrt((frames * height * width) / tokens);
  const grid = { frames, rows: height / side, columns: width / side };
  return Number.isInteger(grid.rows) && Number.isInteger(grid.columns) ? grid : undefined;
}

function stillsOf({ width, height, rgba }: Frames, latentFrames: number): TokenPictures['stills'] {
  const firsts = rgba.map((_, frame) => latentFrame(frame, rgba.length, latentFrames));
  return rgba.flatMap((frame, f) =>
    firsts.indexOf(firsts[f] ?? 0) === f
      ? [{ name: `frame ${f + 1}`, png: encodePng(packed(width, height, frame)) }]
      : [],
  );
}
