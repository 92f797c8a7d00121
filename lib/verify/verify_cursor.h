#ifndef GV_VERIFY_CURSOR_H
#define GV_VERIFY_CURSOR_H
/*
 * Where a verification stopped that had no time for everything: which objects
 * it has read whole since it began. A tree stands in it only when all below
 * it was read too. In the repository's vault folder; without it the next one
 * begins again.
 *
 *	gv_verify_cursor_load(&c, repo);
 *	if (!gv_verify_cursor_has(&c, &oid)) … read it …
 *	gv_verify_cursor_add(&c, &oid);
 *	gv_verify_cursor_save(&c, repo);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

/* Eight bytes of an id tell a billion objects apart with no more risk than
 * the disk's own. */
#define GV_VERIFY_CURSOR_KEY 8

struct gv_verify_cursor {
	int64_t begun;       /* seconds since 1970; 0: there is none */
	bool deep;           /* all of it was, since it began */
	unsigned char *keys; /* sorted, but for what was added since */
	size_t n_sorted, n, cap;
};

/* Read the bytes of the file. 0; GV_ECORRUPT without a message; GV_ENOMEM.
 * *out is empty then. */
int gv_verify_cursor_parse(
    struct gv_verify_cursor *out, const void *data, size_t len);

/* Append the bytes; sorts the keys. */
void
gv_verify_cursor_format(struct gv_buf *out, struct gv_verify_cursor *cursor);

/* Read the file; none, or a damaged one, gives an empty cursor. */
int
gv_verify_cursor_load(struct gv_verify_cursor *out, const struct gv_repo *repo);

/* Replace the file. No failure tells: it only costs time. */
void gv_verify_cursor_save(
    struct gv_verify_cursor *cursor, const struct gv_repo *repo);

/* The round is done: remove the file. */
void gv_verify_cursor_remove(const struct gv_repo *repo);

/* Whether it was read when the cursor was loaded. */
bool gv_verify_cursor_has(
    const struct gv_verify_cursor *cursor, const struct gv_oid *oid);

/* Note that it was read. 0 or GV_ENOMEM. */
int
gv_verify_cursor_add(struct gv_verify_cursor *cursor, const struct gv_oid *oid);

/* Free; NULL-safe, zeroed struct ok. */
void gv_verify_cursor_release(struct gv_verify_cursor *cursor);

#endif
