/**
 * From C lines back to YAML lines. Statement templates get a mark at the end of each line of C; after rendering, marks become `#line` directives. clang then writes the YAML's line into
 * the object's line information, and the verifier quotes it.
 */

export interface MarkedText {
  readonly c: string;
  readonly plain: { readonly c: string; readonly yamlLines: readonly number[] };
}

export const yamlLineMark = (line: number): string => `/*@${line}*/`;

/** Adds the mark to every line of a statement's template that becomes a line of C. */
export function markTemplate(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line.trim() === '' ||
      (/^\s*\{\{[#/>]|^\s*\{\{else/.test(line) && /\}\}\s*$/.test(line) && !/\}\}.*\{\{/.test(line))
        ? line
        : `${line} {{yamlLine line}}`,
    )
    .join('\n');
}

/** `source` is the name that the directives give. */
export function directLines(marked: string, source: string): MarkedText {
  const plain: string[] = [];
  const yamlLines: number[] = [];
  const directed: string[] = [];
  const own = `${source}.bpf.c`;
  let expected = 0;
  let inYaml = false;
  for (const raw of marked.split('\n')) {
    const mark = / ?\/\*@(\d+)\*\/$/.exec(raw);
    const line = tidyPointer(mark === null ? raw : raw.slice(0, mark.index));
    const yamlLine = Number(mark?.[1] ?? 0);
    plain.push(line);
    yamlLines.push(yamlLine);
    if (yamlLine > 0) {
      if (!inYaml || expected !== yamlLine) directed.push(`#line ${yamlLine} "${source}"`);
      inYaml = true;
      expected = yamlLine + 1;
    } else if (inYaml) {
      directed.push(`#line ${plain.length} "${own}"`);
      inYaml = false;
    }
    directed.push(line);
  }
  return { c: directed.join('\n'), plain: { c: plain.join('\n'), yamlLines } };
}

/** `struct sock * sock_1` → `struct sock *sock_1`, as a person would write it. */
function tidyPointer(line: string): string {
  return line.replace(/^((?:\t*|int \w+\()(?:struct |union )?\w+ \*) (?=\w)/, '$1');
}
