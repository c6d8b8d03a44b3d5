import { type Checkpoint, type OpenModel, openModel, renamed } from '@skipstone/core';
import type { WanConfig } from './config.js';
import { diffusersName } from './keys.js';
import { wanTransformer } from './transformer.js';

/** Some published files hold a norm of queries for image tokens, which the reference never reads. */
const UNREAD = [/\.attn2\.norm_added_q\.weight$/];

/** A transformer on its weights, under diffusers' names or the original release's. Reads headers only. */
export function openTransformer(config: WanConfig, name: string, checkpoint: Checkpoint): OpenModel {
  return openModel(wanTransformer(config, name), renamed(checkpoint, diffusersName), { ignore: UNREAD });
}
