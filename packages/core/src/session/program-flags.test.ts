import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const ROOM = new URL('../../dist/session/room.js', import.meta.url).href;
/** Opens the runtime's thread, reads a tensor back through it, and prints what it read. */
const BODY = `
  const room = new Room({ device: 'cpu', threads: 1 });
  const id = room.newId();
  room.post({ op: 'put', id, host: { type: 'float32', shape: [2], data: Float32Array.of(3, 4) } });
  const { data } = await room.read(id);
  await room.close();
  console.log('read', [...data].join());
`;
const MODULE = `import { Room } from '${ROOM}'; ${BODY}`;
const SCRIPT = `import('${ROOM}').then(async ({ Room }) => { ${BODY} }); 0`;

it.each<[string, readonly string[]]>([
  ['--input-type=module --eval', ['--input-type=module', '--eval', MODULE]],
  [
    '--input-type module -e, beside flags that no thread can be given',
    ['--expose-gc', '--input-type', 'module', '-e', MODULE],
  ],
  ['-p', ['-p', SCRIPT]],
  ['--eval=', [`--eval=${SCRIPT}`]],
  ['-pe', ['-pe', SCRIPT]],
])(
  'the runtime starts in a program that node was given by %s',
  async (_, args) => {
    const { stdout, stderr } = await run(process.execPath, args, { timeout: 60_000 });
    expect([stdout.replace(/^0\n/, ''), stderr]).toEqual(['read 3,4\n', '']);
  },
  60_000,
);
