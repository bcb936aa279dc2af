/** All white space of `String.prototype.trim` except space and tab, which are the white space of HTTP. */
export const TRIMMED_CHARACTERS = Array.from({ length: 0x1_0000 }, (_, unit) =>
  String.fromCharCode(unit),
).filter((character) => character.trim() === '' && !' \t'.includes(character));

/** Returns the code point of a character, for titles. */
export const codeOf = (character: string): string =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
