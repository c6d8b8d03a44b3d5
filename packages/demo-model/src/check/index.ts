export { CHECK_COUNT, type CheckCase, checkCases, checkVideo } from './check-video.js';
export { type Drawing, drawVideo, type PlacedFigure, type Point } from './draw-video.js';
export { allRight, type Finding, PARTS, type Part, type Verdict } from './judge.js';
export { placeScene } from './place-scene.js';
