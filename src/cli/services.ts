/** The service itself, once a command needs it: loading it takes most of the time of `--help`. */
export const loadServices = () => Promise.all([import('../compose.ts'), import('../config.ts')])
