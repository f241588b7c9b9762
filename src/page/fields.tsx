import type { ComponentChildren } from 'preact'

interface FieldProps {
  readonly label: string
  readonly hint?: string
  readonly class?: string
  readonly children: ComponentChildren
}

export const Field = ({ label, hint, class: more, children }: FieldProps) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the control is what it is given to hold
  <label class={more ? `field ${more}` : 'field'}>
    <span>
      {label} {hint && <small>{hint}</small>}
    </span>
    {children}
  </label>
)

interface SelectProps {
  readonly label: string
  readonly value: string | number
  readonly options: readonly (readonly [value: string | number, label: ComponentChildren])[]
  onPick(value: string): void
}

export const Select = ({ label, value, options, onPick }: SelectProps) => (
  <Field label={label}>
    <select value={value} onChange={event => onPick(event.currentTarget.value)}>
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
    </select>
  </Field>
)

interface NumberFieldProps {
  readonly label: string
  readonly min: number
  readonly max?: number
  readonly step?: 'any'
  readonly placeholder: string
  readonly value: string
  onInput(value: string): void
}

export const NumberField = ({ label, onInput, ...input }: NumberFieldProps) => (
  <Field label={label} class="narrow">
    <input type="number" {...input} onInput={event => onInput(event.currentTarget.value)} />
  </Field>
)

interface DropZoneProps {
  readonly label: string
  readonly children: ComponentChildren
  onFiles(data: DataTransfer): void
}

/** A card that takes what is dropped on it. */
export const DropZone = ({ label, children, onFiles }: DropZoneProps) => (
  <section
    class="card drop stack"
    aria-label={label}
    onDragOver={event => event.preventDefault()}
    onDrop={event => {
      event.preventDefault()
      if (event.dataTransfer) onFiles(event.dataTransfer)
    }}
  >
    {children}
  </section>
)
