#ifndef GV_BECH32_H
#define GV_BECH32_H
/*
 * Bech32 (BIP 173, with its checksum constant 1 and without its limit of 90
 * characters), which keys of age are written in: PREFIX 1 DATA CHECKSUM.
 *
 *	r = gv_bech32_read(&b, text, len);
 *	if (r == 0 && b.len == sizeof(key))
 *		gv_bech32_bytes(key, &b);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_bech32 {
	const char *prefix; /* in the text, as long as that lives */
	size_t prefix_len;
	const char *data; /* the characters between the 1 and the checksum */
	size_t data_len;
	size_t len; /* the bytes that they stand for */
	bool upper; /* the text has capitals, so no small letters */
};

/* Look through such a text. 0, or GV_ECORRUPT with the message set, which
 * repeats nothing of the text, and `out` unset. */
int gv_bech32_read(struct gv_bech32 *out, const char *text, size_t len);

/* Write the out->len bytes of what was read; nothing is kept elsewhere. */
void gv_bech32_bytes(unsigned char *out, const struct gv_bech32 *b);

/* Whether the prefix is this one, which is in small letters. */
bool gv_bech32_has_prefix(const struct gv_bech32 *b, const char *prefix);

/* How many characters `len` bytes take with this prefix, without a NUL. */
size_t gv_bech32_size(const char *prefix, size_t len);

/* Write that many characters and no NUL: in capitals where the prefix is. */
void
gv_bech32_write(char *out, const char *prefix, const void *data, size_t len);

#endif
