#ifndef GV_DIGITS_H
#define GV_DIGITS_H
/*
 * Base64 for what may be secret: libsodium's, which asks no table at a place
 * that the bytes tell, and strict: a text stands for bytes in one way only.
 *
 *	r = gv_digits_read(key, sizeof(key), &n, word, len, GV_DIGITS_BARE);
 */

#include <stddef.h>

struct gv_secret;

enum gv_digits_form {
	GV_DIGITS_BARE,   /* without = at the end */
	GV_DIGITS_PADDED, /* with */
	GV_DIGITS_LINES,  /* padded, line ends anywhere */
};

/* Read all of a text as at most `size` bytes, *n of them. 0, or GV_ECORRUPT
 * without a message. */
int gv_digits_read(unsigned char *out, size_t size, size_t *n, const char *text,
    size_t len, enum gv_digits_form form);

/* Append the digits of `len` bytes, as GV_DIGITS_PADDED reads them. 0;
 * GV_ENOMEM, GV_ERROR with `out` unchanged. */
int gv_digits_add(struct gv_secret *out, const void *data, size_t len);

/* How many digits `len` bytes take, bare. */
static inline size_t
gv_digits_size(size_t len)
{
	return (len * 8 + 5) / 6;
}

#endif
