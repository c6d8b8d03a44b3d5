import { gaussianNoise } from './noise/gaussian-noise.js';
for (let i=0;i<4;i++){const t=performance.now(); gaussianNoise({seed:1,shape:[16,21,60,104]}); console.log(performance.now()-t);}
import { scaledAdd } from './kernel/elementwise.js'; import { relativeL1, std } from './kernel/reduce.js';
const n=2_096_640; const a=gaussianNoise({seed:1,shape:[n]}), b=gaussianNoise({seed:2,shape:[n]}), o=new Float32Array(n);
for (const k of [1,2,3,4,5]) for (let i=0;i<4;i++){const t=performance.now(); scaledAdd(Array(k).fill(.3),Array(k).fill(a),o); if(i==3)console.log('scaledAdd',k,performance.now()-t);}
for (let i=0;i<4;i++){const t=performance.now(); relativeL1(a,b); const u=performance.now(); std(a); if(i==3)console.log('l1',u-t,'std',performance.now()-u);}
