/**
 * Plays all videos of the page as one: the first leads, the others take its time. Without it, as where scripts
 * are switched off, the videos stand still and everything else is there. Part of the page's text, hence plain
 * JavaScript.
 */
export const PLAYER = `
'use strict';
const videos = [...document.querySelectorAll('video')];
const [lead, ...rest] = videos;
const button = document.querySelector('.player button');
const slider = document.querySelector('.player input');
const clock = document.querySelector('.player output');
let wanted = false;
const show = () => {
  slider.value = String(lead.currentTime / lead.duration || 0);
  clock.textContent = lead.currentTime.toFixed(2) + ' / ' + (lead.duration || 0).toFixed(2) + ' s';
  button.textContent = wanted ? 'Pause' : 'Play';
};
const seek = (seconds) => { for (const video of videos) video.currentTime = seconds; };
const play = () => Promise.all(videos.map((video) => video.play())).catch(() => { wanted = false; });
const follow = () => {
  for (const video of rest) if (Math.abs(video.currentTime - lead.currentTime) > 0.04) video.currentTime = lead.currentTime;
  show();
  if (wanted) requestAnimationFrame(follow);
};
const start = () => { wanted = true; play().then(follow); };
const stop = () => { wanted = false; for (const video of videos) video.pause(); follow(); };
button.addEventListener('click', () => (wanted ? stop() : start()));
slider.addEventListener('input', () => { const seconds = Number(slider.value) * lead.duration; stop(); seek(seconds); });
lead.addEventListener('timeupdate', show);
lead.addEventListener('ended', () => { seek(0); if (wanted) play(); });
const ready = (video) => video.readyState >= 2 || new Promise((done) => video.addEventListener('loadeddata', done, { once: true }));
Promise.all(videos.map(ready)).then(() => { if (matchMedia('(prefers-reduced-motion: reduce)').matches) show(); else start(); });
`;
