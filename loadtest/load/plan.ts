// Who asks for what, and when: the whole of a load test's work, drawn before it begins, the same for every contender.
// Knows: popularity, think times, arrivals. Does not know: sockets, clocks, contenders. Pure: the seed decides.
import { Chance } from '../origin/chance.ts'
import type { UrlSource } from './sources.ts'

export interface Visit {
  readonly number: number
  /** From 0. */
  readonly user: number
  readonly url: string
  readonly when: When
  /** The page is made one step older before this visit, where the origin is ours. */
  readonly ages: boolean
}

/** `then`: after the user's last visit and a pause. `at`: at a time since the round began, whatever else is going on. */
export type When = { readonly kind: 'then'; readonly thinkMs: number } | { readonly kind: 'at'; readonly atMs: number }

export type UserModel =
  /** Each user waits for an answer, then thinks: exponential, with this mean. */
  | { readonly kind: 'closed'; readonly thinkMs: number }
  /** Visits come whether or not earlier ones are answered: Poisson, so many a second for all users together. */
  | { readonly kind: 'open'; readonly perSecond: number }

export interface LoadFigures {
  readonly visits: number
  readonly users: number
  readonly model: UserModel
  /** The exponent of Zipf's law: the k-th most popular URL is asked k^-s times as often. 0: all alike. */
  readonly zipf: number
  /** The share of visits before which their page changes. */
  readonly ageing: number
  /** So many rounds, each of which every contender runs before the next begins. */
  readonly rounds: number
  readonly seed: number
}

/** The visits of every round, in order. A record is replayed as it is, from its start again when it is used up. */
export function planVisits(source: UrlSource, figures: LoadFigures): readonly (readonly Visit[])[] {
  const { visits, users, model, rounds, seed } = figures
  const chance = new Chance('load', seed)
  const draw = source.kind === 'list' ? zipfDraw(source.urls, figures.zipf, chance) : inOrder(source.urls)
  const planned: Visit[][] = Array.from({ length: Math.min(rounds, visits) }, () => [])
  const perRound = Math.ceil(visits / planned.length)
  let atMs = 0
  for (let number = 0; number < visits; number++) {
    const round = Math.floor(number / perRound)
    if (number % perRound === 0) atMs = 0
    const when = planWhen(model, chance, atMs)
    if (when.kind === 'at') atMs = when.atMs
    // Users of an open loop come and go: whoever is next. Those of a closed loop take turns, so all have the same load.
    const user = model.kind === 'open' ? chance.below(users) : number % users
    planned[round]?.push({ number, user, url: draw(), when, ages: chance.happens(figures.ageing) })
  }
  return planned.filter(each => each.length > 0)
}

function planWhen(model: UserModel, chance: Chance, lastMs: number): When {
  if (model.kind === 'closed') return { kind: 'then', thinkMs: exponential(chance) * model.thinkMs }
  return { kind: 'at', atMs: lastMs + (exponential(chance) * 1000) / model.perSecond }
}

/** A draw of the exponential distribution with mean 1. */
function exponential(chance: Chance): number {
  return -Math.log(1 - chance.unit())
}

function inOrder(urls: readonly string[]): () => string {
  let next = 0
  return () => urls[next++ % urls.length] ?? ''
}

/** Draws URLs so that the one of rank k comes up in proportion to k^-s. */
export function zipfDraw(urls: readonly string[], exponent: number, chance: Chance): () => string {
  let sum = 0
  const sums = urls.map((_url, index) => (sum += (index + 1) ** -exponent))
  return () => {
    const point = chance.unit() * sum
    let [low, high] = [0, urls.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) > point) high = middle
      else low = middle + 1
    }
    return urls[low] ?? ''
  }
}
