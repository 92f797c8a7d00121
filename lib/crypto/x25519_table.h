#ifndef GV_X25519_TABLE_H
#define GV_X25519_TABLE_H
/*
 * X25519 (RFC 7748) with one point and many secrets: the recipient of ten
 * thousand values. After a few of them a table of the point is made, where
 * libdecaf is there, by which the rest takes six tenths of the time.
 *
 *	table = gv_x25519_table_new(recipient);
 *	r = gv_x25519_table_multiply(shared, table, secret);
 *	gv_x25519_table_free(table);
 */

#include "crypto/x25519.h"

struct gv_x25519_table;

/* For this point, a public one. NULL: no memory. */
struct gv_x25519_table *
gv_x25519_table_new(const unsigned char point[GV_X25519_BYTES]);

/* NULL-safe. */
void gv_x25519_table_free(struct gv_x25519_table *t);

/* X25519(secret, point), in a time that does not depend on the secret, from any
 * thread. 0; GV_ERROR without a message where the point is of low order, and
 * `out` is nothing then. The caller wipes `out`. */
int gv_x25519_table_multiply(unsigned char out[GV_X25519_BYTES],
    struct gv_x25519_table *t, const unsigned char secret[GV_X25519_BYTES]);

#endif
