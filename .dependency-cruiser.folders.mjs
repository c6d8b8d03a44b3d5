import modules from './.dependency-cruiser.mjs';

/** Folders form no circle either. Tests may look where they like, so they are left out: hence a run of its own. */
export default {
  forbidden: [
    { name: 'no-folder-cycles', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
  ],
  options: {
    ...modules.options,
    exclude: { path: [...modules.options.exclude.path, '\\.test\\.ts$', '/test-kit/'] },
  },
};
