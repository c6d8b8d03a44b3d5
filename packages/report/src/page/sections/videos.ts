import { dataUrl, html } from '../html.js';
import type { ReportSection, ReportVideo } from '../report-options.js';

export function videoSection(videos: readonly ReportVideo[]): readonly ReportSection[] {
  if (videos.length === 0) return [];
  const figures = videos.map(
    ({ name, mp4, note }) => html`<figure>
<video muted playsinline preload="auto" aria-label="${name}" src="${dataUrl('video/mp4', mp4)}"></video>
<figcaption>${name}${note === undefined ? undefined : html` <small class="about">${note}</small>`}</figcaption>
</figure>`,
  );
  const body = html`<div class="videos">${figures}</div>
<div class="player"><button type="button">Play</button>
<input type="range" min="0" max="1" step="any" value="0" aria-label="time"><output></output></div>`;
  return videos.length === 1
    ? [{ title: 'Video', about: 'The video of this run.', body }]
    : [{ title: 'Videos', about: 'Played together; the same seed, prompt and settings.', body }];
}
