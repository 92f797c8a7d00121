#ifndef GV_SCANNED_H
#define GV_SCANNED_H
/*
 * How far a scan of all history came, so that the next one looks at new commits
 * only: the tips whose history it knows, and of each version of a file in which
 * something was found its places. What was found stands in the facts of its
 * blob. Losing it costs time only.
 *
 *	r = gv_scanned_parse(&s, data, len);
 *	if (strcmp(s.rules, rules) == 0) …
 *	gv_scanned_release(&s);
 */

#include <stddef.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_buf;

struct gv_scanned_place {
	const char *path;
	struct gv_oid introduced, removed; /* as in struct gv_finding_place */
};

struct gv_scanned_blob {
	struct gv_oid oid;
	struct gv_scanned_place *places;
	size_t n_places, cap_places;
};

struct gv_scanned {
	char rules[GV_OID_HEX + 1]; /* digest of the rules */
	struct gv_oid *tips;        /* sorted */
	size_t n_tips, cap_tips;
	struct gv_scanned_blob *blobs;
	size_t n, cap;
	struct gv_arena arena; /* texts */
};

#define GV_SCANNED_INIT                                                        \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Add to one; texts are copied. 0 or GV_ENOMEM. */
int gv_scanned_add_tip(struct gv_scanned *s, const struct gv_oid *tip);
int gv_scanned_add_blob(struct gv_scanned *s, const struct gv_oid *oid);
/* … to the blob that was added last. */
int gv_scanned_add_place(
    struct gv_scanned *s, const struct gv_scanned_place *place);

/* Read one. 0; GV_ECORRUPT without a message where it is damaged or of another
 * version; GV_ENOMEM. *out is to be released on success only. */
int gv_scanned_parse(struct gv_scanned *out, const char *text, size_t len);

/* Append it as it is stored; gv_buf_check() tells. */
void gv_scanned_format(struct gv_buf *out, const struct gv_scanned *s);

/* Free; NULL-safe. */
void gv_scanned_release(struct gv_scanned *s);

#endif
