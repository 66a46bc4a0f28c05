// Near's dashboard: shows what near says of itself as it happens, and changes its settings.
// Knows: near's own addresses (/events, /settings.json, …), the page. Does not know: how near works.
import { TrafficChart } from './charts.js'
import { describeEffect, formatBytes, formatMs, formatRate, make, planReasons, tunnelReasons, ways } from './words.js'

const MOST_ROWS = 100
const MOST_KEPT = 500
const $ = id => document.getElementById(id)
const chart = new TrafficChart($('chart'))
const views = ['now', 'sites', 'settings', 'kept', 'start']
let status
let settings

addEventListener('hashchange', showView)
showView()
void connect()
setInterval(() => chart.draw(), 1000)

function showView() {
  const wanted = location.hash.slice(1)
  const view = views.includes(wanted) ? wanted : 'now'
  for (const id of views) $(id).hidden = id !== view
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${view}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  const load = { sites: loadSites, settings: loadSettings, kept: loadKept, start: loadStart }[view]
  void load?.()
}

async function connect() {
  const { exchanges } = await getJson('/activity.json')
  for (const exchange of exchanges.toReversed()) addExchange(exchange, false)
  chart.draw()
  const events = new EventSource('/events')
  events.addEventListener('status', ({ data }) => showStatus(JSON.parse(data)))
  events.addEventListener('exchange', ({ data }) => {
    addExchange(JSON.parse(data), true)
    chart.draw()
  })
  events.addEventListener('error', () => {
    $('link').className = 'down'
    $('link').replaceChildren(make('strong', {}, 'Near does not answer.'), ' It is tried again by itself.')
  })
}

function showStatus(next) {
  status = next
  const { link, fault, roundTripMs, bandwidthBytesPerSecond, mode } = status
  const words = {
    up: 'up',
    dialling: 'being dialled',
    connecting: 'being dialled',
    waiting: 'down, tried again soon',
    down: 'down',
    refused: 'refused',
    unused: 'not used',
  }
  const figures = [
    roundTripMs === undefined ? undefined : `round trip ${formatMs(roundTripMs)}`,
    bandwidthBytesPerSecond === undefined ? undefined : formatRate(bandwidthBytesPerSecond),
    `mode ${mode}`,
  ].filter(each => each !== undefined)
  $('link').className = link === 'up' || link === 'unused' ? '' : 'down'
  $('link').replaceChildren('Link ', make('strong', {}, words[link] ?? link), `, ${figures.join(', ')}`)
  $('fault').hidden = fault === undefined
  if (fault)
    $('fault').replaceChildren(make('strong', {}, fault.message), ` ${fault.advice} `, make('code', {}, fault.code))
  const { linkBytes, budgetBytes } = status.month
  $('tiles').replaceChildren(
    tile('The last five minutes', status.latest),
    tile('Today', status.today),
    tile('Since the start', status.total),
    make(
      'div',
      { class: 'tile' },
      make('h3', {}, 'Held here'),
      make('p', { class: 'big' }, String(status.heldVersions)),
      make('p', {}, make('small', {}, `versions of pages, ${formatBytes(status.heldBytes)}`)),
      budgetBytes === undefined
        ? undefined
        : make('p', {}, `This month ${formatBytes(linkBytes)} of ${formatBytes(budgetBytes)} over the link`),
    ),
  )
}

function tile(title, sums) {
  const saved = sums.savedMs - sums.lostMs
  return make(
    'div',
    { class: 'tile' },
    make('h3', {}, title),
    make('p', { class: 'big' }, `${formatMs(saved)} saved`),
    make(
      'p',
      {},
      `${formatBytes(sums.savedBytes)} saved, `,
      make('span', { class: 'lost' }, `${formatBytes(sums.lostBytes)} lost`),
    ),
    make(
      'p',
      {},
      make(
        'small',
        {},
        `${sums.requests} requests, ${sums.failures} failed; ${formatBytes(sums.linkBytes)} over the link for ${formatBytes(sums.contentBytes)}`,
      ),
    ),
  )
}

function addExchange(exchange, isNew) {
  chart.note(exchange)
  $('no-exchanges').hidden = true
  const body = document.querySelector('#exchanges tbody')
  body.prepend(exchangeRow(exchange, isNew))
  while (body.rows.length > MOST_ROWS) body.lastElementChild.remove()
}

function exchangeRow(exchange, isNew) {
  const { at, method, url, way, fault, tunnelledFor, plan, baseBytes = 0, deltaBytes = 0, wholeBytes = 0 } = exchange
  const { savedBytes = 0, savedMs, totalMs, originWaitMs } = exchange
  const [kind, meaning] = fault ? ['bad', `failed: ${fault}`] : (ways[way] ?? ['', ''])
  const reason = [
    meaning,
    tunnelReasons[tunnelledFor],
    planReasons[plan],
    originWaitMs === undefined ? undefined : `the site took ${formatMs(originWaitMs)}`,
    baseBytes > 0 ? `${formatBytes(baseBytes)} came meanwhile` : undefined,
  ]
  return make(
    'tr',
    { class: isNew ? 'new' : undefined },
    make('td', { class: 'number when' }, new Date(at).toLocaleTimeString()),
    make(
      'td',
      { class: 'url' },
      make('div', { class: 'clamp', title: url }, method === 'GET' ? '' : `${method} `, url),
      make('div', { class: 'reason' }, reason.filter(Boolean).join('; ')),
    ),
    make('td', {}, make('span', { class: `way ${kind}` }, fault ?? way ?? '–')),
    make('td', { class: 'number', 'data-label': 'link' }, formatBytes(baseBytes + deltaBytes + wholeBytes)),
    make(
      'td',
      { class: `number ${savedBytes < 0 ? 'lost' : 'saved'}`, 'data-label': 'saved' },
      savedBytes === 0 && savedMs === 0 ? '' : `${formatBytes(savedBytes)}, ${formatMs(savedMs)}`,
    ),
    make(
      'td',
      { class: 'number time' },
      formatMs(totalMs),
      make('div', { class: 'bar', 'aria-hidden': 'true' }, ...waterfall(exchange)),
    ),
  )
}

/** The parts of an exchange's time, in their order: at near, on the link, at the site, back on the link, receiving. */
function waterfall({ way, totalMs, askedMs, verdictMs, firstByteMs, originWaitMs = 0, baseBytes = 0 }) {
  const firstAt = Math.min(firstByteMs ?? totalMs, totalMs)
  const answeredAt = Math.min(verdictMs ?? firstAt, totalMs)
  const isOwn = way === 'fresh' || way === 'stale'
  const askedAt = isOwn ? answeredAt : Math.min(askedMs ?? 0, answeredAt)
  const siteMs = Math.min(originWaitMs, answeredAt - askedAt)
  const linkMs = answeredAt - askedAt - siteMs
  const parts = [
    ['near', askedAt],
    ['wait', linkMs / 2],
    [baseBytes > 0 ? 'ahead' : 'site', siteMs],
    ['wait', linkMs / 2],
    ['near', firstAt - answeredAt],
    ['receive', totalMs - firstAt],
  ]
  return parts.map(([name, ms]) => {
    const part = make('span', { class: name })
    part.style.flex = String(Math.max(ms / (totalMs || 1), 0))
    return part
  })
}

async function loadSites() {
  const [{ sites }, current] = await Promise.all([getJson('/activity.json'), getJson('/settings.json')])
  settings = current
  const known = new Map(sites.map(each => [each.site, each]))
  for (const host of Object.keys(settings.sites))
    if (!known.has(host))
      known.set(host, { site: host, requests: 0, linkBytes: 0, savedBytes: 0, lostBytes: 0, ways: {} })
  document.querySelector('#site-table tbody').replaceChildren(...[...known.values()].map(siteRow))
}

function siteRow({ site, requests, linkBytes, savedBytes, lostBytes, ways: counts }) {
  const host = site.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  const policy = settings.sites[host]?.policy ?? 'on'
  const labels = {
    on: 'everything',
    'no-speculation': 'no speculation',
    tunnel: 'no opening of HTTPS',
    bypass: 'nothing: past the link',
  }
  const select = make(
    'select',
    { 'aria-label': `What Hunch does for ${site}`, onchange: event => void setPolicy(host, event.target.value) },
    ...Object.keys(settings.policies).map(each =>
      make('option', { value: each, selected: each === policy, title: settings.policies[each] }, labels[each] ?? each),
    ),
  )
  return make(
    'tr',
    {},
    make('td', { class: 'url' }, site),
    make('td', { class: 'number', 'data-label': 'requests' }, String(requests)),
    make('td', { class: 'number', 'data-label': 'link' }, formatBytes(linkBytes)),
    make('td', { class: 'number saved', 'data-label': 'saved' }, formatBytes(savedBytes)),
    make('td', { class: 'number lost', 'data-label': 'lost' }, formatBytes(lostBytes)),
    make(
      'td',
      { class: 'ways' },
      Object.entries(counts)
        .map(([way, times]) => `${times} ${way}`)
        .join(', '),
    ),
    make('td', { class: 'control' }, select),
  )
}

async function setPolicy(host, policy) {
  const own = settings.sites[host] ?? { thresholds: {} }
  const isDefault = policy === 'on' && Object.keys(own.thresholds).length === 0
  await change({ sites: { [host]: isDefault ? null : { ...own.thresholds, policy } } })
  await loadSites()
}

$('add-site').addEventListener('submit', event => {
  event.preventDefault()
  const form = event.target
  const host = new FormData(form).get('host').trim()
  void change({ sites: { [host]: { policy: 'no-speculation' } } }).then(loadSites)
  form.reset()
})

// What a slider can be set to; a threshold without a row here has a text field.
const scales = {
  minExpectedGainMs: { min: 0, max: 1000, step: 10, show: value => formatMs(value) },
  maxDeltaRatio: { min: 0.1, max: 1, step: 0.05, show: value => `${Math.round(value * 100)} %` },
  maxWastePercent: { min: 0, max: 100, step: 5, show: value => `${value} %` },
  maxVersionsPerUrl: { min: 1, max: 16, step: 1, show: String },
}
const choices = { speculation: ['latency', 'balanced', 'off'], deltaEffort: ['auto', '1', '2', '3', '4', '5'] }

// What the last change of each threshold would have done, in words.
const effects = new Map()
const FORESEE_AFTER_MS = 150
let foreseeing

async function loadSettings() {
  settings = await getJson('/settings.json')
  const focused = document.activeElement?.id
  $('thresholds').replaceChildren(...settings.thresholds.map(thresholdRow))
  if (focused?.startsWith('threshold-')) $(focused)?.focus()
}

/** Says what `value` would have done to the last exchanges, against what holds. */
async function foresee(name, value) {
  const response = await fetch(`/effect.json?${new URLSearchParams({ [name]: value })}`)
  const text = response.ok ? describeEffect((await response.json()).effect) : ''
  effects.set(name, text)
  const place = $(`threshold-${name}-effect`)
  if (place) place.textContent = text
}

function foreseeSoon(name, value) {
  clearTimeout(foreseeing)
  foreseeing = setTimeout(() => void foresee(name, value), FORESEE_AFTER_MS)
}

function thresholdRow({ name, meaning, expects, value, default: fallback }) {
  const id = `threshold-${name}`
  const set = async text => {
    clearTimeout(foreseeing)
    await foresee(name, text ?? fallback)
    await change({ thresholds: { [name]: text } })
    await loadSettings()
  }
  const describedby = `${id}-meaning`
  const common = { id, 'aria-describedby': describedby }
  let control
  if (choices[name]) {
    control = make(
      'select',
      { ...common, onchange: event => void set(event.target.value) },
      ...choices[name].map(each => make('option', { value: each, selected: each === String(value) }, each)),
    )
  } else if (scales[name]) {
    const { min, max, step, show } = scales[name]
    const output = make('output', { for: id }, show(Number(value)))
    control = make('input', {
      ...common,
      type: 'range',
      min,
      max,
      step,
      value: String(value),
      'aria-valuetext': show(Number(value)),
      oninput: event => {
        output.textContent = show(Number(event.target.value))
        event.target.setAttribute('aria-valuetext', output.textContent)
        foreseeSoon(name, event.target.value)
      },
      onchange: event => void set(Number(event.target.value)),
    })
    control = make('div', { class: 'control' }, control, output)
  } else {
    control = make('input', {
      ...common,
      value: writeBytes(name, value),
      autocomplete: 'off',
      onchange: event => void set(event.target.value),
    })
  }
  const isChanged = String(value) !== fallback && !(Number(value) === toBytes(fallback))
  const reset = isChanged
    ? make('button', { type: 'button', onclick: () => void set(null) }, `Back to ${fallback}`)
    : undefined
  return make(
    'div',
    { class: isChanged ? 'threshold changed' : 'threshold' },
    make('div', {}, make('label', { for: id }, name), make('p', { id: describedby }, `${meaning}: ${expects}.`)),
    make(
      'div',
      {},
      make('div', { class: 'control' }, control, reset),
      make('p', { class: 'effect', id: `${id}-effect`, role: 'status' }, effects.get(name)),
    ),
  )
}

/** As a person would write it. */
function writeBytes(name, value) {
  const units = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, GB: 1e9, MB: 1e6, kB: 1e3 }
  const [unit, size] = Object.entries(units).find(([, each]) => Number(value) > 0 && value % each === 0) ?? ['', 1]
  return name.endsWith('Bytes') && unit !== '' ? `${value / size}${unit}` : String(value)
}

function toBytes(text) {
  const [, number, unit] = /^([\d.]+) ?([a-z]*)$/i.exec(text) ?? []
  const units = { kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, kb: 1e3, mb: 1e6, gb: 1e9 }
  return number === undefined ? Number.NaN : Number(number) * (units[unit.toLowerCase()] ?? 1)
}

async function change(body) {
  const response = await fetch('/settings.json', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const said = await response.json()
  $('settings-result').textContent = response.ok ? 'Kept.' : said.message
  if (!response.ok && location.hash !== '#settings') alert(said.message)
}

let kept = []

$('kept-filter').addEventListener('input', showKept)
$('forget-all').addEventListener('click', () => {
  const urls = new Set(shownKept().map(({ url }) => url))
  void Promise.all(Array.from(urls, forget)).then(loadKept)
})

async function loadKept() {
  kept = await getJson('/versions.json')
  showKept()
}

function shownKept() {
  const wanted = $('kept-filter').value.toLowerCase()
  return kept.filter(({ url }) => url.toLowerCase().includes(wanted))
}

function showKept() {
  const shown = shownKept()
  const sum = shown.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  $('kept-sum').textContent =
    `${shown.length} of ${kept.length} versions in memory, ${formatBytes(sum)}. They are what deltas start from.`
  document.querySelector('#kept-table tbody').replaceChildren(...shown.slice(0, MOST_KEPT).map(keptRow))
  $('forget-all').disabled = shown.length === 0
}

function keptRow({ url, type, sizeBytes, storedAt }) {
  return make(
    'tr',
    {},
    make('td', { class: 'url' }, url),
    make('td', {}, (type ?? '').split(';')[0]),
    make('td', { class: 'number' }, formatBytes(sizeBytes)),
    make('td', { class: 'number' }, new Date(storedAt).toLocaleString()),
    make(
      'td',
      {},
      make(
        'button',
        { type: 'button', 'aria-label': `Forget ${url}`, onclick: () => void forget(url).then(loadKept) },
        'Forget',
      ),
    ),
  )
}

function forget(url) {
  return fetch(`/versions.json?url=${encodeURIComponent(url)}`, { method: 'DELETE' })
}

async function loadStart() {
  status ??= await getJson('/status.json')
  const { host } = location
  const isProxied = host === 'hunch.invalid' || (await reaches('http://hunch.invalid/healthz'))
  const address = host === 'hunch.invalid' ? '127.0.0.1:8080' : host
  const [name, port] = [address.replace(/:\d+$/, ''), address.split(':').at(-1)]
  const mark = isDone => make('span', { class: isDone ? 'done' : 'todo' }, isDone ? 'Works. ' : 'Not yet. ')
  const step = (title, isDone, ...rest) =>
    make('li', {}, make('h3', {}, title), make('p', {}, mark(isDone), ...rest.slice(0, 1)), ...rest.slice(1))
  $('steps').replaceChildren(
    step(
      'Near reaches far',
      status.link === 'up',
      status.link === 'up'
        ? `Round trip ${formatMs(status.roundTripMs ?? 0)}.`
        : 'On the far host run the line below; it prints the command that starts near. Restart near with it.',
      status.link === 'up'
        ? undefined
        : make('pre', { tabindex: '0' }, 'hunch far --listen 0.0.0.0:8443 --name YOUR.HOST'),
    ),
    step(
      'Your browser uses near',
      isProxied,
      isProxied ? 'This browser does.' : 'Set the proxy in one of these ways, then open this page again.',
      make(
        'details',
        { open: !isProxied },
        make('summary', {}, 'How'),
        make('p', {}, 'Firefox: Settings, Network Settings, Automatic proxy configuration URL:'),
        make('pre', { tabindex: '0' }, `http://${address}/proxy.pac`),
        make('p', {}, 'Chrome or Chromium, started from a terminal:'),
        make('pre', { tabindex: '0' }, `chromium --proxy-server=http://${address}`),
        make('p', {}, 'GNOME:'),
        make(
          'pre',
          { tabindex: '0' },
          `gsettings set org.gnome.system.proxy autoconfig-url http://${address}/proxy.pac\ngsettings set org.gnome.system.proxy mode auto`,
        ),
        make('p', {}, 'KDE:'),
        make(
          'pre',
          { tabindex: '0' },
          `kwriteconfig6 --file kioslaverc --group 'Proxy Settings' --key ProxyType 2\nkwriteconfig6 --file kioslaverc --group 'Proxy Settings' --key 'Proxy Config Script' http://${address}/proxy.pac`,
        ),
        make('p', {}, 'macOS:'),
        make('pre', { tabindex: '0' }, `networksetup -setautoproxyurl Wi-Fi http://${address}/proxy.pac`),
        make('p', {}, 'Windows: Settings, Network, Proxy, Use setup script:'),
        make('pre', { tabindex: '0' }, `http://${address}/proxy.pac`),
        make('p', {}, 'Programs in a terminal:'),
        make('pre', { tabindex: '0' }, `export http_proxy=http://${name}:${port} https_proxy=http://${name}:${port}`),
      ),
    ),
    step(
      'HTTPS gets faster, too',
      status.intercept,
      status.intercept
        ? 'Near opens HTTPS; programs that trust its authority get faster pages.'
        : 'Off. Nearly all of the web is HTTPS: to make it faster, near has to open it on this machine. That is your decision; docs/https.md says what it means.',
      make('pre', { tabindex: '0' }, 'hunch ca install\nhunch near --intercept'),
    ),
    step(
      'A page came through',
      status.total.requests > 0,
      status.total.requests > 0 ? `${status.total.requests} requests so far.` : 'Load any page, then look at Now.',
    ),
  )
}

/** Whether this browser's requests go through near: only near knows that name. */
async function reaches(url) {
  try {
    return (await fetch(url, { cache: 'no-store' })).ok
  } catch {
    return false
  }
}

async function getJson(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.json()
}
