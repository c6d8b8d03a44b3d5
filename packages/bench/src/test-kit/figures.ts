/**
 * What the published transformers cost, computed independently of this code from their published configurations:
 * closed formulas over widths, blocks and tokens (2 operations a multiplication and addition; one pass of one
 * sample; norms and softmax left out), rounded as they were noted. Computed once for each shape: the A14B experts have
 * those of 14B, LTX-2.3 and 2.5 that of 2.0, whose gates and modulation of text the formulas leave out.
 */
export interface Figure {
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Of the video. */
  readonly tokens: number;
  readonly tera: number;
  /** Share of the video's self-attention, in percent. */
  readonly selfAttention?: number;
  /** MiB in bfloat16 of the keys and values of a block that tokens read each other by, and of those of text. */
  readonly keysValues: number;
  readonly textKeysValues: number;
}

type Line = readonly [
  model: string,
  size: readonly [number, number, number],
  tokens: number,
  tera: number,
  selfAttention: number | undefined,
  keysValues: number,
  textKeysValues: number,
];

const SD = [832, 480, 81] as const;
const HD = [1280, 720, 81] as const;
const WORLD = [1280, 704, 93] as const;
const SMALL_WORLD = [768, 432, 93] as const;
const IMAGE = [1360, 768, 1] as const;

const LINES: readonly Line[] = [
  ['wan2.1-t2v-1.3b', SD, 32_760, 283, 70, 192, 3],
  ['wan2.1-t2v-1.3b', HD, 75_600, 1250, 84, 443, 3],
  ['wan2.1-t2v-14b', SD, 32_760, 1678, 52, 640, 10],
  ['wan2.1-t2v-14b', HD, 75_600, 6523, 72, 1477, 10],
  ['wan2.1-i2v-14b', SD, 32_760, 1686, undefined, 640, 15],
  ['wan2.1-i2v-14b', HD, 75_600, 6540, undefined, 1477, 15],
  ['wan2.2-t2v-a14b', HD, 75_600, 6523, 72, 1477, 10],
  ['wan2.2-i2v-a14b', HD, 75_600, 6523, 72, 1477, 10],
  ['wan2.2-ti2v-5b', [1280, 704, 121], 27_280, 517, 53, 320, 6],
  ['wan2.2-ti2v-5b', [832, 480, 121], 12_090, 162, 33, 142, 6],
  ['cosmos-predict2-2b-text2image', IMAGE, 4080, 17.8, 21, 32, 4],
  ['cosmos-predict2-14b-text2image', IMAGE, 4080, 122, 10, 80, 10],
  ['cosmos-predict2-2b-video2world', WORLD, 84_480, 1925, 85, 660, 4],
  ['cosmos-predict2-14b-video2world', WORLD, 84_480, 7527, 70, 1650, 10],
  ['cosmos-predict2-2b-video2world', SMALL_WORLD, 31_104, 328, 68, 243, 4],
  ['cosmos-predict2-14b-video2world', SMALL_WORLD, 31_104, 1547, 46, 608, 10],
  // As video to world, and .105 for the projection of text.
  ['cosmos-predict2.5-2b', WORLD, 84_480, 1925.1, 85, 660, 4],
  ['cosmos-predict2.5-14b', WORLD, 84_480, 7527.1, 70, 1650, 10],
  // Keys and values: of video, of video for sound, of sound for video, of sound; text: for video, for sound.
  ['ltx-2.0-19b', [768, 512, 121], 6144, 199, 15, 96 + 48 + 1 + 1, 16 + 8],
  ['ltx-2.0-19b', [832, 480, 121], 6240, 202, 15, 97.5 + 48.8 + 2, 16 + 8],
  ['ltx-2.0-19b', [1280, 704, 121], 14_080, 537, 29, 220 + 110 + 2, 16 + 8],
  ['ltx-2.0-19b', [1536, 1024, 121], 24_576, 1136, 42, 384 + 192 + 2, 16 + 8],
  ['ltx-2.3-22b', [768, 512, 121], 6144, 199, 15, 96 + 48 + 1 + 1, 16 + 8],
  ['ltx-2.5', [768, 512, 121], 6144, 199, 15, 96 + 48 + 1 + 1, 16 + 8],
];

export const FIGURES: readonly Figure[] = LINES.map(
  ([model, [width, height, frames], tokens, tera, selfAttention, keysValues, textKeysValues]) => ({
    ...{ model, width, height, frames, tokens, tera, keysValues, textKeysValues },
    ...(selfAttention === undefined ? {} : { selfAttention }),
  }),
);

/** Parameters of one transformer, and, in millions, of one of its blocks where that was computed apart. */
export const PARAMETERS: Readonly<Record<string, { readonly all: number; readonly block?: number }>> = {
  'wan2.1-t2v-1.3b': { all: 1_418_996_800, block: 46.4 },
  'wan2.1-t2v-14b': { all: 14_288_491_584, block: 351.4 },
  'wan2.1-i2v-14b': { all: 16_394_878_784, block: 403.8 },
  'wan2.2-t2v-a14b': { all: 14_288_491_584, block: 351.4 },
  'wan2.2-i2v-a14b': { all: 14_288_901_184, block: 351.4 },
  'wan2.2-ti2v-5b': { all: 4_999_787_712, block: 163.7 },
  'cosmos-predict2-2b-text2image': { all: 1_956_405_248, block: 69.2 },
  'cosmos-predict2-14b-text2image': { all: 14_265_265_152, block: 393.2 },
  'cosmos-predict2-2b-video2world': { all: 1_956_413_440, block: 69.2 },
  'cosmos-predict2-14b-video2world': { all: 14_265_285_632, block: 393.2 },
  'cosmos-predict2.5-2b': { all: 2_059_174_912, block: 69.2 },
  'cosmos-predict2.5-14b': { all: 14_368_047_104, block: 393.2 },
  'ltx-2.0-19b': { all: 18_876_174_592, block: 386 },
  'ltx-2.3-22b': { all: 18_988_838_144 },
  'ltx-2.5': { all: 18_987_859_200 },
};
