/** The file's own name, without folders: the C must not depend on where the pipeline lies. */
export function sourceName(path: string): string {
  return (path.split('/').pop() ?? path).replace(/[^A-Za-z0-9._-]/g, '_');
}
