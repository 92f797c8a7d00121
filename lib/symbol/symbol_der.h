#ifndef GV_SYMBOL_DER_H
#define GV_SYMBOL_DER_H
/*
 * So much of DER as tells until when a certificate is valid, and for whom. No
 * signature is checked.
 *
 *	if (gv_symbol_der_certificate(&c, bytes, len))
 *		use(c.not_after, c.name, c.name_len);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

struct gv_symbol_certificate {
	int64_t not_after;         /* seconds since 1970 */
	const unsigned char *name; /* the common name of its subject, within
				      the bytes; NULL: it has none */
	size_t name_len;
};

/* Whether the bytes are an X.509 certificate, as far as is read of one. */
bool gv_symbol_der_certificate(
    struct gv_symbol_certificate *out, const unsigned char *p, size_t len);

/* Read the next certificate of a text in PEM, from *at, which is moved behind
 * it. 1 with its bytes in `der`, none where they are no base64; 0 at the end;
 * GV_ENOMEM. */
int gv_symbol_der_next(struct gv_buf *der, const char **at, const char *end);

#endif
