export { type DemoModel, demoModel, demoPolicies, demoPresets, demoWeightsFolder } from './demo-model.js';
export { examplePrompts } from './example-prompts.js';
export { encodeWords, parsePrompt, promptOf } from './grammar.js';
export type { Backdrop, Colour, Direction, Figure, Motion, Pattern, Scene, Shape, Speed } from './words.js';
