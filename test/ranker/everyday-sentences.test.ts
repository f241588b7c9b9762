import { describe, expect, test } from 'vitest'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { listOf } from '../support/tag-lists.ts'

const vectors = loadWordVectors()

/** Lists as somebody types them to try the service: a few names, and nothing else. */
const lists = {
  support: ['billing', 'login problem', 'shipping', 'refund', 'bug', 'feature request', 'account deletion'],
  software: ['networking', 'database', 'security', 'testing', 'machine learning', 'web framework', 'monitoring'],
  recipes: ['breakfast', 'soup', 'dessert', 'vegetarian', 'baking', 'drinks'],
  news: ['politics', 'sports', 'weather', 'economy', 'health', 'science'],
  household: ['plumbing', 'electricity', 'garden', 'painting', 'cleaning', 'furniture'],
  work: ['holiday', 'salary', 'sick leave', 'training', 'recruitment'],
  travel: ['planes', 'hotels', 'trains', 'car rental', 'visa', 'museums'],
  shop: ['returns', 'payment', 'delivery', 'account', 'complaint', 'product question'],
  tickets: ['crash', 'performance', 'documentation', 'installation', 'security', 'translation'],
  library: ['history', 'cooking', 'travel', 'children', 'crime', 'poetry', 'science fiction'],
  town: ['roads', 'schools', 'waste', 'housing', 'parks', 'noise', 'public transport'],
  clinic: ['appointment', 'prescription', 'test results', 'insurance', 'vaccination'],
  apps: ['games', 'music', 'fitness', 'finance', 'photography', 'weather', 'education'],
  bank: ['lost card', 'loan', 'exchange rate', 'fraud', 'open account'],
  pets: ['dogs', 'cats', 'birds', 'fish', 'horses'],
}

type Row = readonly [list: keyof typeof lists, text: string, ...fitting: string[]]

/** Written before the ranker was asked about any of them. */
const first: readonly Row[] = [
  ['support', 'The invoice shows an amount I never agreed to pay.', 'billing'],
  ['support', 'Could you add a dark mode to the app?', 'feature request'],
  ['support', 'My parcel still has not arrived.', 'shipping'],
  ['software', 'A tool that captures packets on a network interface.', 'networking'],
  ['software', 'Stores JSON documents and answers SQL queries.', 'database'],
  ['recipes', 'Whisk eggs with sugar and bake the cake for forty minutes.', 'baking', 'dessert'],
  ['news', 'The team won the final with two goals in the last minutes.', 'sports'],
  ['household', 'Water drips from the tap in the kitchen.', 'plumbing'],
  ['work', 'I have the flu and cannot come to work tomorrow.', 'sick leave'],
  ['travel', 'We need two rooms for three nights near the station.', 'hotels'],
]

const second: readonly Row[] = [
  ['support', 'I forgot my password and cannot sign in.', 'login problem'],
  ['support', 'Please give me my money back.', 'refund'],
  ['software', 'Alerts you when a server is slow or down.', 'monitoring'],
  ['software', 'Trains neural networks on images.', 'machine learning'],
  ['recipes', 'Boil the carrots and blend them with stock and cream.', 'soup'],
  ['news', 'The parliament voted on the new law after a long debate.', 'politics'],
  ['news', 'Heavy rain and storms are expected on the coast tonight.', 'weather'],
  ['household', 'The roses need pruning and the lawn is too high.', 'garden'],
  ['work', 'When will my pay for October be transferred?', 'salary'],
  ['travel', 'Which documents does a citizen of Brazil need to enter Japan?', 'visa'],
]

/** Written when the answers to those above were known, and before the word vectors were fitted to whole texts. */
const third: readonly Row[] = [
  ['shop', 'The shoes are too small, how do I send them back?', 'returns'],
  ['tickets', 'The program closes by itself as soon as I open a large file.', 'crash'],
  ['library', 'A detective hunts a murderer through the streets of Vienna.', 'crime'],
  ['town', 'Nobody has emptied the bins in our street for two weeks.', 'waste'],
  ['clinic', 'Can I see the doctor on Friday morning?', 'appointment'],
  ['apps', 'Counts your steps and plans your next run.', 'fitness'],
  ['bank', 'Somebody bought a television with my card and it was not me.', 'fraud', 'lost card'],
  ['pets', 'How often should a puppy be taken for a walk?', 'dogs'],
  ['shop', 'When will my parcel be here?', 'delivery'],
  ['apps', 'Keeps track of your spending and shows where your money goes.', 'finance'],
]

const fourth: readonly Row[] = [
  ['tickets', 'Starting takes a whole minute since the last update, it used to be fast.', 'performance'],
  ['library', 'Two hundred recipes for pasta, bread and vegetables.', 'cooking'],
  ['town', 'The bus in the evening never comes on time.', 'public transport'],
  ['clinic', 'I need more of the tablets against high blood pressure.', 'prescription'],
  ['bank', 'I would like to borrow ten thousand euros for a new car.', 'loan'],
  ['pets', 'My parrot has learnt to say good morning.', 'birds'],
  ['library', 'Spaceships of a distant empire fight over a planet.', 'science fiction'],
  ['town', 'A deep hole in the asphalt damaged my tyre.', 'roads'],
  ['tickets', 'An attacker can read the passwords of other users.', 'security'],
  ['apps', 'Learn new words in Spanish every day with short lessons.', 'education'],
]

const answerTo = ([list, text]: Row): string | undefined =>
  createRanker(listOf(lists[list].map(name => ({ id: name, name }))), { vectors }).select(text, 3)[0]?.tag.name

describe('everyday sentences and lists of a few bare names', () => {
  test.each([
    ['ten that were written first', first, 9],
    ['ten more', second, 8],
    ['ten with other lists', third, 7],
    ['ten more of those', fourth, 8],
  ] as const)('%s get the tag that a person would give as often as they did', (_, rows, least) => {
    const missed = rows.filter(row => !row.slice(2).includes(answerTo(row)!))
    const told = missed.map(row => `${row[1]}: ${answerTo(row) ?? 'nothing'}`)
    expect(rows.length - told.length, told.join('\n')).toBeGreaterThanOrEqual(least)
  })
})
