import { colour, paletteRules } from '../plot/palette.js';

/** Colours of text and lines are those of the plots. */
export const PAGE_STYLE = `
${paletteRules(':root')}
:root{--page:#f4f6f8;--card:#ffffff;--edge:#dfe4e9}
@media (prefers-color-scheme:dark){:root{--page:#0f1317;--card:#171c22;--edge:#2a323a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:24px 20px 64px;background:var(--page);color:${colour('ink')};
  font:15px/1.5 system-ui,sans-serif}
h1{font-size:24px;line-height:1.25;margin:2px 0 14px;overflow-wrap:anywhere}
h2{font-size:17px;margin:0}
.mark{margin:0;color:${colour('muted')};font-size:13px;letter-spacing:.08em;text-transform:uppercase}
.facts{display:flex;flex-wrap:wrap;gap:4px 24px;margin:0 0 18px}
.facts div{display:flex;gap:6px}
dt,.about,.card small{color:${colour('muted')}}
dd{margin:0;overflow-wrap:anywhere}
section,.card{background:var(--card);border:1px solid var(--edge);border-radius:10px}
section{padding:18px 20px;margin-top:16px}
.about{margin:2px 0 12px;max-width:75ch}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.card{padding:14px 16px}
.card b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}
.card small{display:block}
.sk-plot{margin:0 auto}
.videos{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:14px}
.stills{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:10px}
.stills figcaption{font-size:13px;margin-top:3px}
.scale{display:flex;align-items:center;gap:10px;margin:10px 0 0;font-size:13px}
.scale i{width:160px;height:12px;border-radius:3px;background:linear-gradient(90deg,#440154,#3b528b,#21918c,#5ec962,#fde725)}
figure{margin:0;max-width:440px}
figure video,figure img{display:block;width:100%;border-radius:6px;background:#000;image-rendering:pixelated}
figcaption{margin-top:6px}
.player{display:flex;align-items:center;gap:12px;margin-top:12px}
.player button{font:inherit;min-width:84px;padding:5px 12px;border-radius:6px;border:1px solid var(--edge);
  background:var(--page);color:inherit;cursor:pointer}
.player input{flex:1}
.player output{color:${colour('muted')};font-variant-numeric:tabular-nums;min-width:11ch;text-align:right}
`.trim();
