/** Names that users of bpftrace and the BCC tools write by habit, and what stands for them here. */

const names: ReadonlyMap<string, string> = new Map([
  ['nsecs', 'the monotonic time in nanoseconds is now'],
  ['elapsed', 'the monotonic time in nanoseconds is now; of calls and pairs there is duration'],
  ['curtask', 'the current task is task: task.prio, task.comm'],
  ['username', 'the name of the user is user(uid)'],
  ['tgid', 'the process id (the kernel’s tgid) is pid, the thread id is tid'],
  ['cgroupid', 'the id of the cgroup is cgroup'],
  ['func', 'the name of the hook is hook.name'],
  ['rand', 'to take one hit in a hundred, give the probe "sample: 100"'],
  ['cpid', 'to trace a command: probepipe run FILE -- COMMAND'],
  ['ctx', 'what the hook gives is args.NAME'],
  ['curthread', 'the current task is task'],
  ['null', 'write 0'],
  ['NULL', 'write 0'],
]);

const functionHints: ReadonlyMap<string, string> = new Map([
  ['printf', 'what is printed stands under "fields", the format in the sink'],
  ['print', 'a map is shown at the end, and with "every" also in between'],
  ['clear', 'a map with "every" and "reset: true" begins anew each time it was shown'],
  ['zero', 'a map with "every" and "reset: true" begins anew each time it was shown'],
  ['exit', 'a run ends after --duration or --events'],
  ['ntop', 'write ip(address)'],
  ['buf', 'write bytes(pointer, length)'],
  ['strftime', 'the field "time" is wall-clock time'],
  ['strncmp', 'compare texts with == and starts_with(text, "beginning")'],
  ['strcontains', 'write contains(text, "part")'],
  ['nsecs', 'the monotonic time in nanoseconds is now'],
  ['username', 'the name of the user is user(uid)'],
  ['signal_name', 'write signal(number)'],
  ['system', 'a run starts no programs; send the events to a sink'],
  ['time', 'the field "time" is wall-clock time'],
]);

/** At most one hint. */
export function familiarName(name: string): string[] {
  const argument = /^arg([0-9])$/.exec(name)?.[1];
  if (argument !== undefined) return [`arguments have names: args.NAME; of a function also args.${argument}`];
  return [names.get(name)].filter((each) => each !== undefined);
}

/** At most one hint. */
export function familiarFunction(name: string): string[] {
  return [functionHints.get(name)].filter((each) => each !== undefined);
}

const characters: ReadonlyMap<string, string> = new Map([
  ['=', 'write "==" to compare'],
  ['@', 'a map is declared under "maps:", changed under "update:" and read as map[key]'],
  [
    '$',
    'what a run sets is a param, declared under "params:" and written param.NAME; a value with a name stands under "let:"',
  ],
  [';', 'every expression stands by itself: a list item, or a value of a key'],
]);

/** At most one hint about a character that no expression has. */
export function strayCharacter(character: string): string[] {
  return [characters.get(character)].filter((each) => each !== undefined);
}
