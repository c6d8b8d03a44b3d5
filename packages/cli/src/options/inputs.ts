import { type NamedFile, named, ofModel } from '../files/prepare-outputs.js';
import { fileOfModule } from '../model/load-adapter.js';
import { pluginFile } from '../plugins/load-plugins.js';
import type { Settings } from './settings.js';

/**
 * Everything that a command reads: what was opened for the model (as `watchReads` gives it), and all that options
 * name. What is stated last names a file that several name; hence a saved run comes before the rest.
 */
export function inputsOf(settings: Settings, opened: readonly string[]): readonly NamedFile[] {
  const { model, stages, plugins, policy, files } = settings;
  const paths = (loras: readonly { readonly path: string }[] = []) => loras.map(({ path }) => path);
  return [
    ...ofModel(opened),
    ...named('--resume', files.resume),
    ...named('--model', model.folder),
    ...named('--adapter', model.adapter && fileOfModule(model.adapter)),
    ...named('--lora', ...paths(model.options?.loras)),
    ...named('--upsampler', stages?.upsampler),
    ...named('--statistics', stages?.statistics),
    ...named('--second-lora', ...paths(stages?.secondLoras)),
    ...named('--second-plugin', ...(stages?.secondPlugins ?? []).map(pluginFile)),
    ...named('--plugin', ...plugins.map(pluginFile)),
    ...named('--policy', policy?.file),
    ...named('--config', files.config),
    ...named('--embeds', files.embeds),
    ...named('--first-frames', files.firstFrames),
    ...named('--image', files.image),
    ...named('--last-image', files.lastImage),
    ...named('--image-latents', files.imageLatents),
    ...named('--noise', files.noise),
    ...named('--replay', files.replay),
    ...named('--trace', files.trace),
  ];
}
