#ifndef GV_BACKEND_WRAPPED_H
#define GV_BACKEND_WRAPPED_H
/*
 * An identity file that the key of a service wraps: AWS KMS, or Transit of
 * HashiCorp Vault. It opens where the service lets us in, and its text says
 * which one and how it is reached, so that it needs no policy, which others
 * write. What an identity is, is for crypto/identity.h.
 *
 *	r = gv_backend_wrapped_make(&text, vault, file.p, file.len);
 *	if (gv_backend_wrapped_is(data, len))
 *		r = gv_backend_wrapped_open(&file, data, len);
 */

#include <stdbool.h>
#include <stddef.h>

#include "config/policy.h"

struct gv_buf;
struct gv_secret;

#define GV_BACKEND_WRAPPED_MAX ((size_t)16384) /* bytes of the text */

/* What a text says. */
struct gv_backend_wrapped {
	char text[GV_BACKEND_WRAPPED_MAX]; /* what the others point into */
	struct gv_policy_vault vault;
	const char *data;
};

/* Append the text of a file of at most GV_BACKEND_WRAP_MAX bytes, wrapped by a
 * vault. 0; as gv_backend_open() and gv_backend_wrap(), with `out` as it was;
 * GV_EREFUSED for a kind that wraps nothing. Messages name the vault. */
int gv_backend_wrapped_make(struct gv_buf *out,
    const struct gv_policy_vault *vault, const void *p, size_t len);

/* Whether bytes begin as such a text does, of whatever version. */
bool gv_backend_wrapped_is(const void *data, size_t len);

/* Read a text; *out must not move then. 0, or GV_ECORRUPT. */
int gv_backend_wrapped_parse(
    struct gv_backend_wrapped *out, const void *data, size_t len);

/* Append the text of what was read, or of what is to be. 0; GV_EREFUSED where a
 * field cannot stand in one; GV_ENOMEM. */
int gv_backend_wrapped_format(
    struct gv_buf *out, const struct gv_policy_vault *vault, const char *data);

/* Whether two texts are of one service, by all that says where it is. */
bool gv_backend_wrapped_same(
    const void *a, size_t a_len, const void *b, size_t b_len);

/* Append the file that is wrapped in a text. 0; GV_ECORRUPT; as
 * gv_backend_open() and gv_backend_unwrap(). Messages name the vault. */
int
gv_backend_wrapped_open(struct gv_secret *out, const void *data, size_t len);

#endif
