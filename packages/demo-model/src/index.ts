export { type DemoModel, demoModel, demoPolicies, demoPresets, demoWeightsFolder } from './demo-model.js';
export { examplePrompts } from './example-prompts.js';
export { encodeWords, parsePrompt, promptOf } from './grammar.js';
export type { Figure, Motion, Scene } from './scene.js';
export type { Backdrop, Colour, Direction, Pattern, Shape, Speed } from './words.js';
