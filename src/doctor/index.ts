export { Diagnosis } from './diagnosis.ts'
export { createDoctor, type Doctor } from './doctor.ts'
