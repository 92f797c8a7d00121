#ifndef EXAMPLE_H
#define EXAMPLE_H
/*
 * Makes texts out of the templates that rules have for examples: {hex*40},
 * {base62*20-30}, {uuid}, {crc32}, {base64:…}; see share/git-vault/rules.
 *
 *	seed = 1;
 *	text = example_expand("ghp_{base62*30}{crc32}", "crc32-base62", &seed);
 */

#include <stdint.h>

/* The text, to be freed; NULL where the template is none. {crc32} is the sum
 * that `validator` (or NULL) wants over the token so far. The same seed gives
 * the same text. */
char *
example_expand(const char *template, const char *validator, uint64_t *seed);

#endif
