/**
 * Every diagnostic code, with the one-line title of its page `docs/errors/<code>.md`. Codes are stable: a code is
 * never given a new meaning.
 */
export const codes = {
  // The YAML text
  'yaml-syntax': 'the text is not valid YAML',
  'yaml-duplicate-key': 'a key stands twice in one mapping',
  'yaml-alias-bomb': 'aliases expand to more than the document may hold',
  'yaml-too-large': 'the file is larger than a pipeline may be',
  'yaml-feature': 'a YAML feature that pipelines do not use',
  // The shape of a pipeline
  'unknown-key': 'a key that the language does not have here',
  'missing-key': 'a key that must be there',
  'wrong-shape': 'a value of another kind than the language expects here',
  'bad-name': 'a name that is not an identifier, or is taken',
  'bad-value': 'a value outside of what is allowed',
  'env-missing': 'an environment variable or a secret file that is not there',
  'param-unknown': '--set names a param that the pipeline does not have',
  'param-value': 'a value that does not fit its param',
  'param-missing': 'a required param without a value',
  // Hooks
  'hook-unknown': 'a kind of hook that does not exist',
  'hook-target': 'a hook whose target is not written as its kind wants it',
  'hook-not-found': 'no such tracepoint, function, syscall or symbol',
  'hook-unsupported': 'this kernel cannot attach that hook',
  'too-many-matches': 'a pattern that matches more hooks than a probe may take',
  signature: 'a function signature that cannot be read',
  'debug-info-missing': 'a type that only debug information could tell, and there is none',
  'argument-unreadable': 'an argument of a function that its probe cannot read',
  'pair-key': 'a pair whose key does not fit both sides',
  // Expressions
  'expr-syntax': 'an expression that cannot be read',
  'expr-comma-split': 'a comma in a flow list split an expression',
  'name-unknown': 'a name that nothing defines here',
  'member-unknown': 'a struct has no such member',
  'function-unknown': 'a function that the language does not have',
  'function-arguments': 'a function called with other arguments than it takes',
  'type-mismatch': 'operands or values whose types do not go together',
  'type-unknown': 'a type that neither the language nor the kernel has',
  'sign-mismatch': 'a signed and an unsigned value compared',
  'unit-missing': 'a number without a unit beside a duration',
  'text-address': 'the address of a text shown where the text was meant',
  'value-range': 'a constant that cannot fit',
  stage: 'a user-stage value where the kernel needs it',
  'let-cycle': 'let values that need each other',
  unused: 'something defined and never used',
  // Maps
  'map-unknown': 'an update of a map that does not exist',
  'map-key': 'a key that does not fit its map',
  'map-value': 'an update that does not fit what the map holds',
  'too-large': 'a probe or map that needs more memory than the kernel gives it',
  // Host and compiler
  'file-missing': 'a file that is not there or cannot be read',
  'btf-missing': 'no type information for the kernel',
  'btf-format': 'type information that cannot be read',
  'clang-missing': 'clang is not installed',
  'clang-failed': 'clang refused the generated C: a bug in probepipe',
  privilege: 'a privilege that is missing',
  'load-failed': 'the kernel refused to load the programs',
  verifier: 'the kernel’s verifier refused a program',
  'attach-failed': 'a probe could not be attached',
  'addon-missing': 'the native addon is not built',
  'built-misfit': 'a built pipeline that does not fit this host',
  'built-damaged': 'a built pipeline that is not whole',
  // Sinks and running
  'sink-config': 'a sink that is set up in a way that cannot work',
  'metric-name': 'a metric whose name Prometheus would refuse, or that has two meanings',
  'metric-label': 'a label that a metric cannot have, or that has too many values',
  'sink-failed': 'a sink that could not take its events',
  'folded-line': 'a line that is no folded stack',
  usage: 'a command line that cannot be read',
} as const;

export type DiagnosticCode = keyof typeof codes;
