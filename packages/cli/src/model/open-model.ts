import type { VideoModel } from '@skipstone/core';

/** The model in a folder, or the demo model. */
export async function openVideoModel(folder: string | undefined): Promise<VideoModel> {
  if (folder === undefined) return (await import('@skipstone/demo-model')).demoModel();
  const { isCosmos, openCosmos } = await import('@skipstone/models-cosmos');
  if (await isCosmos(folder)) return openCosmos(folder);
  const { isLtx, openLtx } = await import('@skipstone/models-ltx');
  if (await isLtx(folder)) return openLtx(folder);
  return (await import('@skipstone/models-wan')).openWan(folder);
}
