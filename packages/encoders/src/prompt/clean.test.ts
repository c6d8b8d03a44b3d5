import { expect, it } from 'vitest';
import { cleanPrompt } from './clean.js';

it.each([
  // From the project's golden case pipe-wan21-t2v.
  [
    '  A small &amp;amp; quiet   boat\tcrosses the “golden” bay at dawn&nbsp;&mdash; gulls&#39; wings,\n\n über dem See; ＷＩＤＥ lens, ﬁlm grain … café, 一只小猫在雪地里奔跑。 100 % &lt;c&gt; 🦊  ',
    'A small & quiet boat crosses the "golden" bay at dawn — gulls\' wings, über dem See; WIDE lens, film grain … café, 一只小猫在雪地里奔跑。 100 % <c> 🦊',
  ],
  [
    '画面静态，  最差质量，低质量 &amp; blurred,  ugly   hands ‘watermark’',
    "画面静态, 最差质量,低质量 & blurred, ugly hands 'watermark'",
  ],
  ['<b>&amp;amp;amp;</b>', '<b>&amp;</b>'],
  ['cafe\u0301', 'café'],
  ['a\u001b[31mred\u001b[0m\u0000 \ufefffox', 'ared fox'],
  ['one\r\ntwo\u2028three\u3000four', 'one two three four'],
  ['', ''],
])('%j becomes %j', (text, clean) => {
  expect(cleanPrompt(text)).toBe(clean);
});
