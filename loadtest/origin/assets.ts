// The files that pages refer to: style sheet, programs, drawings, pictures.
// Knows: how each ages and how long it may be kept. Does not know: how a program or a sheet is put together.

import { drawBundle, drawVendor } from './bundle.ts'
import { drawIcons, drawLogo, drawTide } from './drawing.ts'
import { makePage, type Page } from './page.ts'
import { paintLandscape, paintRadar } from './picture.ts'
import { drawStylesheet } from './stylesheet.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'
const FOR_A_DAY = 'public, max-age=86400'

export function assetPages(): readonly Page[] {
  return [
    makePage({
      path: '/assets/site.css',
      title: 'Style sheet',
      kind: 'css',
      ageing: 'little',
      aboutBytes: 180_000,
      cache: 'no-cache',
      draw: drawStylesheet,
    }),
    makePage({
      path: '/assets/app.js',
      title: 'Program, a new build at each step',
      kind: 'js',
      ageing: 'moderate',
      aboutBytes: 290_000,
      cache: 'max-age=0, must-revalidate',
      validators: 'etag',
      draw: drawBundle,
    }),
    makePage({
      path: '/assets/vendor.7c41e0.js',
      title: 'Library, named by its content',
      kind: 'js',
      ageing: 'unchanged',
      aboutBytes: 98_000,
      cache: FOR_EVER,
      draw: drawVendor,
    }),
    makePage({
      path: '/assets/logo.svg',
      title: 'Logo',
      kind: 'svg',
      ageing: 'unchanged',
      aboutBytes: 500,
      cache: FOR_EVER,
      draw: drawLogo,
    }),
    makePage({
      path: '/assets/icons.svg',
      title: 'Icons',
      kind: 'svg',
      ageing: 'unchanged',
      aboutBytes: 2500,
      validators: 'date',
      draw: drawIcons,
    }),
    makePage({
      path: '/assets/tide.svg',
      title: 'Chart of the river level, which rolls on',
      kind: 'svg',
      ageing: 'moderate',
      aboutBytes: 34_000,
      cache: 'no-cache',
      validators: 'date',
      draw: drawTide,
    }),
    makePage({
      path: '/img/radar.png',
      title: 'Picture that is all new at each step',
      kind: 'png',
      ageing: 'much',
      aboutBytes: 23_000,
      cache: 'no-cache',
      draw: at => paintRadar(320, 200, at.seed, at.step),
    }),
    makePage({
      path: '/img/wide.png',
      title: 'Wide picture',
      kind: 'png',
      ageing: 'unchanged',
      aboutBytes: 37_000,
      cache: FOR_A_DAY,
      draw: at => paintLandscape(480, 270, at.seed, 'wide'),
    }),
    ...Array.from({ length: 12 }, (_, index) =>
      makePage({
        path: `/img/${index + 1}.png`,
        title: `Picture ${index + 1}`,
        kind: 'png',
        ageing: 'unchanged',
        aboutBytes: 7700,
        cache: FOR_A_DAY,
        draw: at => paintLandscape(192, 128, at.seed, `${index + 1}`),
      }),
    ),
  ]
}
