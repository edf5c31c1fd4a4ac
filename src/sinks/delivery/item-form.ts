/** What the items in a disk buffer are, noted beside them: a run whose sink takes others would send garbage, or could not read them at all. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const forms = {
  json: 'events as JSON',
  lines: 'lines of a template',
  samples: 'samples of remote write',
  otlp: 'events for OTLP',
} as const;

export type ItemForm = keyof typeof forms;

const name = 'items';

/** `undefined` where none is noted. */
export async function readItemForm(folder: string): Promise<ItemForm | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  return itemForms.find((form) => text === `${form}\n`);
}

const itemForms: readonly ItemForm[] = ['json', 'lines', 'samples', 'otlp'];

/** A full disk need not keep a run from sending what is there. */
export async function noteItemForm(folder: string, form: ItemForm): Promise<void> {
  await writeFile(join(folder, name), `${form}\n`, { mode: 0o600 }).catch(() => undefined);
}

/** For messages. */
export function itemFormText(form: ItemForm): string {
  return forms[form];
}
