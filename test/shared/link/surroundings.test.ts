// Claims about noticing another network, and sleep.
import t from 'tap'
import { Surroundings, type SurroundingsEvent } from '../../../shared/link/surroundings.ts'
import { play } from '../../play.ts'

const home = new Set(['127.0.0.1', '192.168.1.7'])
const train = new Set(['127.0.0.1', '10.3.4.5'])
const MORNING_MS = 1_700_000_000_000

function looked(addresses: ReadonlySet<string>, sinceMorningMs: number): SurroundingsEvent {
  return { kind: 'looked', addresses, wallMs: MORNING_MS + sinceMorningMs }
}

t.test('the first look says nothing, nor do those that see the same', async t => {
  play(t, new Surroundings(0))
    .wakesAt(0)
    .give(looked(home, 0))
    .expect()
    .wakesAt(2_000)
    .at(2_000)
    .give(looked(new Set([...home].toReversed()), 2_000))
    .expect()
    .wakesAt(4_000)
})

t.test('an address that went, came or was replaced is another network', async t => {
  const both = new Set([...home, ...train])
  play(t, new Surroundings(0))
    .give(looked(home, 0))
    .expect()
    .at(2_000)
    .give(looked(both, 2_000))
    .expect({ kind: 'move', addresses: both })
    .at(4_000)
    .give(looked(home, 4_000))
    .expect({ kind: 'move', addresses: home })
    .at(6_000)
    .give(looked(train, 6_000))
    .expect({ kind: 'move', addresses: train })
    .at(8_000)
    .give(looked(train, 8_000))
    .expect()
})

t.test('a look that comes late by either clock tells of sleep; a short nap counts for nothing', async t => {
  play(t, new Surroundings(0))
    .give(looked(home, 0))
    .expect()
    .at(2_000)
    .give(looked(home, 26_999))
    .expect()
    .at(4_000)
    .give(looked(train, 53_999))
    .expect({ kind: 'wake', sleptMs: 25_000 })
    .at(31_000)
    .give(looked(train, 56_000))
    .expect({ kind: 'wake', sleptMs: 25_000 })
    .at(33_000)
    .give(looked(train, 0))
    .expect()
})
