import { type MadeUp, writeMadeUpTransformer } from '../published/made-up-transformer.js';
import { publishedNamed } from '../published/published-models.js';

const WAN = publishedNamed('wan2.1-t2v-1.3b');

/** `config.json` of Wan2.1-T2V-1.3B. */
export const WAN_1_3B = { ...WAN.config, num_layers: 30, text_dim: 4096 };

/** Its widths with four of its thirty blocks: what the table of measurements calls `wan-1.3b-width`. */
export const WAN_1_3B_WIDTH: typeof WAN_1_3B = { ...WAN_1_3B, num_layers: 4 };

/** A Wan2.1 transformer of any size with made-up weights. */
export const writeMadeUpWan = (folder: string, what: Omit<MadeUp, 'model'>): Promise<string> =>
  writeMadeUpTransformer(folder, { model: WAN, ...what });
