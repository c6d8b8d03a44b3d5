import { expect, it } from 'vitest';
import { anonymousBytes } from './memory.js';

const STATUS = `Name:	node
VmHWM:	  812345 kB
VmRSS:	  800000 kB
RssAnon:	  123456 kB
RssFile:	  600000 kB
RssShmem:	       0 kB
`;

it("reads anonymous memory out of a process's status", () => {
  expect(anonymousBytes(STATUS)).toBe(123456 * 1024);
});

it('says nothing where the system does not', () => {
  expect(anonymousBytes('Name:	node\nVmRSS:	1 kB\n')).toBeUndefined();
});
