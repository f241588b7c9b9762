import { Figures } from '../table.tsx'

interface KeysProps {
  readonly acts: Readonly<Record<string, () => unknown>>
  readonly keysOn: boolean
  readonly help: boolean
  readonly canUndo: boolean
  readonly disabled: boolean
  onKeys(on: boolean): void
}

const buttons = [
  ['Enter', 'Accept', 'primary'],
  ['Backspace', 'None fits', ''],
  ['r', 'Reject', ''],
  ['u', 'Undo', ''],
  ['ArrowLeft', 'Back', ''],
  ['ArrowRight', 'Skip', ''],
] as const

const words: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', Backspace: '⌫' }

const meanings = [
  ['Enter', 'accepts what is ticked, and goes on'],
  ['1 – 9', 'ticks or unticks a suggested tag'],
  ['/', 'searches the list; Enter there adds the first tag found'],
  ['Backspace', 'says that nothing on the list fits'],
  ['r', 'rejects the suggested tags without saying what is right'],
  ['u', 'takes the last one back'],
  ['← →', 'goes back, skips'],
  ['?', 'shows or hides these keys'],
] as const

/** Every key has its button. */
export function Keys({ acts, keysOn, help, canUndo, disabled, onKeys }: KeysProps) {
  return (
    <>
      <div class="row">
        {buttons.map(([key, label, kind]) => (
          <button
            type="button"
            key={key}
            class={kind}
            disabled={disabled || (key === 'u' && !canUndo)}
            onClick={() => acts[key]?.()}
          >
            {label} {keysOn && <kbd>{words[key] ?? key}</kbd>}
          </button>
        ))}
        <button type="button" aria-expanded={help} onClick={() => acts['?']?.()}>
          Keys {keysOn && <kbd>?</kbd>}
        </button>
      </div>
      {help && <Figures rows={meanings.map(([key, meaning]) => [<kbd key={key}>{key}</kbd>, meaning])} />}
      <label class="check">
        <input type="checkbox" checked={keysOn} onChange={event => onKeys(event.currentTarget.checked)} /> Single keys
        act, while the review area has the focus
      </label>
    </>
  )
}
