// Claims about the kinds of value that options have.
import t from 'tap'
import * as kinds from '../../../shared/config/kinds.ts'

t.test('bytes are read with decimal and binary units, whatever their case', async t => {
  const { parse } = kinds.bytes(0, 2 ** 50)
  t.equal(parse('0'), 0)
  t.equal(parse('65536'), 65536)
  t.equal(parse('64KiB'), 65536)
  t.equal(parse('64 mib'), 64 * 1024 ** 2)
  t.equal(parse('500kB'), 500_000)
  t.equal(parse('1.5GB'), 1_500_000_000)
  t.equal(parse('2TiB'), 2 * 1024 ** 4)
})

t.test('what is not a quantity of bytes within the bounds is refused', async t => {
  const { parse } = kinds.bytes(1024, 4096)
  for (const text of ['', 'many', '-1', '1023', '4097', '2 Mbit', '1e3', '0x800', 'KiB', 'Infinity', 'none', '2K']) {
    t.equal(parse(text), undefined, text)
  }
})

t.test('no limit on bytes is Infinity', async t => {
  t.equal(kinds.bytesOrNone(1, 10).parse('none'), Infinity)
  t.equal(kinds.bytesOrNone(1, 10).parse('5'), 5)
  t.equal(kinds.bytesOrNone(1, 10).parse('Infinity'), undefined)
  t.equal(kinds.bytesOrNothing(1, 10).parse('none'), 0)
  t.equal(kinds.bytesOrNothing(1, 10).parse('5'), 5)
  t.equal(kinds.bytesOrNothing(1, 10).parse('0'), undefined)
})

t.test('no limit on a time is Infinity', async t => {
  t.equal(kinds.millisecondsOrNone(1, 10).parse('None'), Infinity)
  t.equal(kinds.millisecondsOrNone(1, 10).parse('5'), 5)
  for (const text of ['0', '11', '', 'Infinity']) t.equal(kinds.millisecondsOrNone(1, 10).parse(text), undefined, text)
})

t.test('bytes are written in the largest unit that keeps them whole', async t => {
  const written = [0, 1, 1023, 1024, 1536, 1024 ** 2, 3 * 1024 ** 3, 1024 ** 4].map(kinds.formatBytes)
  t.same(written, ['0B', '1B', '1023B', '1KiB', '1536B', '1MiB', '3GiB', '1TiB'])
})

t.test('whole numbers keep to their bounds, both included', async t => {
  const { parse, expects } = kinds.integer('versions', 1, 64)
  t.equal(parse('1'), 1)
  t.equal(parse('64'), 64)
  for (const text of ['0', '65', '1.5', '', ' 1', '1e1', '٣', 'NaN', '9'.repeat(400)])
    t.equal(parse(text), undefined, text)
  t.match(expects, /versions from 1 to 64/)
})

t.test('an effort is one of five levels', async t => {
  t.equal(kinds.effort.parse('5'), 5)
  for (const text of ['0', '6', '1.5', '05', '']) t.equal(kinds.effort.parse(text), undefined, text)
})

t.test('ports come one by one and in ranges', async t => {
  const { parse } = kinds.portRanges
  t.strictSame(parse('443, 8000-8999'), [
    [443, 443],
    [8000, 8999],
  ])
  for (const text of ['', '0', '65536', '2-1', '1-', '-1', '80,', '80;443', 'http', '1-65536']) {
    t.equal(parse(text), undefined, text)
  }
})

t.test('a ratio is from 0 to 1 and a percentage from 0 to 100, with or without its sign', async t => {
  t.equal(kinds.ratio.parse('.5'), 0.5)
  t.equal(kinds.ratio.parse('1'), 1)
  t.equal(kinds.ratio.parse('1.01'), undefined)
  t.equal(kinds.ratio.parse('-0.1'), undefined)
  t.equal(kinds.percent.parse('12.5%'), 12.5)
  t.equal(kinds.percent.parse('101'), undefined)
})

t.test('a switch understands the usual words, and no others', async t => {
  for (const text of ['true', '1', 'yes', 'ON']) t.equal(kinds.toggle.parse(text), true, text)
  for (const text of ['false', '0', 'no', 'Off']) t.equal(kinds.toggle.parse(text), false, text)
  for (const text of ['', 'maybe', '2']) t.equal(kinds.toggle.parse(text), undefined, text)
})

t.test('a word must be one of those listed, exactly', async t => {
  const { parse, label } = kinds.word('latency', 'off')
  t.equal(parse('off'), 'off')
  t.equal(parse('Off'), undefined)
  t.equal(label, 'latency|off')
})

t.test('an empty path, or one with a NUL, is refused', async t => {
  t.equal(kinds.directory.parse('/var/lib/hunch'), '/var/lib/hunch')
  t.equal(kinds.directory.parse(''), undefined)
  t.equal(kinds.file.parse('a\0b'), undefined)
})

t.test('a number of processes, or as many as there are cores', async t => {
  t.strictSame(['1', 'auto', '1024', '0', '1025', 'all'].map(kinds.processes.parse), [
    1,
    'auto',
    1024,
    undefined,
    undefined,
    undefined,
  ])
})

t.test('a shared store is a URL of a server or a cluster', async t => {
  for (const url of ['redis://store', 'rediss://u:p@store:1', 'redis-cluster://[::1]:7000?nodes=b:7001']) {
    t.equal(kinds.storeUrl.parse(url)?.protocol, `${url.split('://', 1)[0]}:`, url)
  }
  for (const url of ['http://store', 'redis://', 'redis:store', 'store:6379'])
    t.equal(kinds.storeUrl.parse(url), undefined)
})
