import type { Reference } from '@skipstone/core';

export const GALAXY_DIT: Reference = {
  key: 'galaxydit2025',
  title:
    'GalaxyDiT: Efficient Video Generation with Guidance Alignment and Adaptive Proxy in Diffusion Transformers',
  authors: 'Zhiye Song, Steve Dai, Ben Keller, Brucek Khailany',
  year: 2025,
  url: 'https://arxiv.org/abs/2512.03451',
};

export const GUIDANCE_INTERVAL: Reference = {
  key: 'kynkaanniemi2024interval',
  title:
    'Applying Guidance in a Limited Interval Improves Sample and Distribution Quality in Diffusion Models',
  authors: 'Tuomas Kynkäänniemi, Miika Aittala, Tero Karras, Samuli Laine, Timo Aila, Jaakko Lehtinen',
  year: 2024,
  url: 'https://arxiv.org/abs/2404.07724',
};

export const FASTER_CACHE: Reference = {
  key: 'lv2024fastercache',
  title: 'FasterCache: Training-Free Video Diffusion Model Acceleration with High Quality',
  authors: 'Zhengyao Lv, Chenyang Si, Junhao Song, Zhenyu Yang, Yu Qiao, Ziwei Liu, Kwan-Yee K. Wong',
  year: 2024,
  url: 'https://arxiv.org/abs/2410.19355',
};
