#ifndef GV_BACKEND_REF_H
#define GV_BACKEND_REF_H
/*
 * What git keeps of a value that a vault of others has: which vault, the path
 * and the version there, as text (git-vault-format(5)). Nothing in it is
 * secret; whether what the vault gives is the value that was meant, its id
 * tells.
 *
 *	r = gv_backend_ref_parse(&ref, data, len);
 *	gv_backend_ref_format(&b, &ref);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

#define GV_BACKEND_REF_MAX  ((size_t)1024) /* bytes of the whole */
#define GV_BACKEND_REF_TEXT 512            /* bytes of a field, at most */

struct gv_backend_ref {
	char vault[GV_BACKEND_REF_TEXT];
	char path[GV_BACKEND_REF_TEXT];
	char version[GV_BACKEND_REF_TEXT];
};

/* Whether bytes begin as a reference does, and no file of age. */
bool gv_backend_ref_is(const void *data, size_t len);

/* Read one. 0, or GV_ECORRUPT, with *out undefined. */
int
gv_backend_ref_parse(struct gv_backend_ref *out, const void *data, size_t len);

/* Append it. 0, or GV_EREFUSED where a field cannot stand in one; GV_ENOMEM.
 */
int gv_backend_ref_format(struct gv_buf *out, const struct gv_backend_ref *ref);

#endif
