import kitchen from '../samples/kitchen-planner.md'
import letter from '../samples/letter.md'
import linegrep from '../samples/linegrep.md'
import retis from '../samples/retis.md'
import weather from '../samples/wetterdienst.md'

export interface Sample {
  readonly name: string
  readonly text: string
}

export const samples: readonly Sample[] = [
  { name: 'retis', text: retis },
  { name: 'a search tool', text: linegrep },
  { name: 'a meal planner', text: kitchen },
  { name: 'in German', text: weather },
  { name: 'a letter', text: letter },
]

export const readTexts = (files: readonly File[]): Promise<Sample[]> =>
  Promise.all(files.map(async file => ({ name: file.name, text: await file.text() })))
