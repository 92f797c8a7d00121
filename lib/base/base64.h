#ifndef GV_BASE64_H
#define GV_BASE64_H
/*
 * Looks into base 64 (RFC 4648) as tokens and configuration hold it: of either
 * alphabet, padded or not, as much as is wanted. What was decoded may be a
 * secret: its reader wipes it.
 *
 *	n = gv_base64_decode(bytes, sizeof(bytes), text, len);
 */

#include <stdbool.h>
#include <stddef.h>

/* The value of a character, 0 to 63, or -1. */
int gv_base64_value(char ch);

/* Decode; `out` takes the first `max` bytes. How many there are in all, or -1
 * where it is no base 64. */
long gv_base64_decode(void *out, size_t max, const char *p, size_t len);

/* Whether the first three bytes are printable ASCII, which of what is random
 * one in twenty is: a look that costs less than decoding all. */
bool gv_base64_begins_text(const char *p, size_t len);

#endif
