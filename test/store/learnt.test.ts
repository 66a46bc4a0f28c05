// Claims about what a proxy has learnt and wants back after a restart.
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { storePath } from '../../store/database.ts'
import { LearntKeeper } from '../../store/learnt.ts'
import { openKept } from './open-kept.ts'

function makeKind(kind: string) {
  const state = { entries: [] as unknown[], restored: undefined as unknown, at: 0 }
  const restore = (entries: readonly unknown[], at: number) => {
    state.restored = entries
    state.at = at
  }
  return { state, learnt: { kind, entries: () => state.entries, restore } }
}

t.test('what was learnt is restored after a restart, with the time when it was noted', async t => {
  const dataDir = t.testdir()
  const clock = { now: 5 }
  const { kept } = openKept(t, dataDir, { clock })
  const [waits, refusals] = [makeKind('waits'), makeKind('refusals')]
  const keeper = new LearntKeeper(kept, [waits.learnt, refusals.learnt])
  t.equal(waits.state.restored, undefined, 'there was nothing')
  waits.state.entries = [['host', [1, 2]]]
  keeper.close()
  await kept.close()
  const { kept: next } = openKept(t, dataDir)
  const [again, none] = [makeKind('waits'), makeKind('refusals')]
  new LearntKeeper(next, [again.learnt, none.learnt]).close()
  t.strictSame(again.state, { entries: [], restored: [['host', [1, 2]]], at: 5 })
  t.equal(none.state.restored, undefined)
})

t.test('a note that is damaged is none', async t => {
  const dataDir = t.testdir()
  const { kept } = openKept(t, dataDir)
  kept.note('waits', '', '[[]]')
  await kept.close()
  const db = new DatabaseSync(storePath(dataDir))
  db.exec(`UPDATE notes SET text = '[['`)
  db.close()
  const { kept: next } = openKept(t, dataDir)
  const { state, learnt } = makeKind('waits')
  new LearntKeeper(next, [learnt]).close()
  t.strictSame(state.restored, [])
})
