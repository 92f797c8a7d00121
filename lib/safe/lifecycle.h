#ifndef GV_LIFECYCLE_H
#define GV_LIFECYCLE_H
/*
 * What is said of a sealed value after it was sealed: that another one has
 * taken its place, that it is compromised, what it is called. Each statement is
 * a small text beside the value in refs/vault/secrets/<scope>, in clear: it
 * tells nothing of the value. The values themselves are for safe.h, where they
 * stand for inventory.h.
 *
 *	r = gv_lifecycle_find(&life, repo, "prod", &id);
 *	if (r == 0 && life.is_revoked)
 *		warn(life.revoked_reason);
 *	gv_lifecycle_release(&life);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"
#include "repo/oid.h"

struct gv_buf;
struct gv_odb;
struct gv_repo;

enum gv_lifecycle_kind {
	GV_LIFECYCLE_NEXT,    /* <id>.next: rotated */
	GV_LIFECYCLE_REVOKED, /* <id>.revoked */
	GV_LIFECYCLE_NAME,    /* <id>.name: imported under it */
	GV_LIFECYCLE_KINDS,
	/* the value itself, <id>.age: only to be taken away */
	GV_LIFECYCLE_VALUE = GV_LIFECYCLE_KINDS,
};

/* The end of the file's name, ".next" and so on. */
extern const char *const gv_lifecycle_suffix[GV_LIFECYCLE_KINDS];

/* All that is said of a value; zeroed: nothing. Texts are its own. */
struct gv_lifecycle {
	bool is_rotated, is_revoked;
	struct gv_digest next; /* what took its place */
	int64_t rotated, revoked;
	char *rotated_reason, *revoked_reason; /* or NULL */
	char *name;                            /* or NULL */
};

/* Free what it holds; NULL-safe, zeroed ok. */
void gv_lifecycle_release(struct gv_lifecycle *life);

/* Read a statement into what is known of a value. 0; GV_ECORRUPT; GV_EREFUSED
 * for one of a newer format; GV_ENOMEM; `life` is as it was then. */
int gv_lifecycle_parse(struct gv_lifecycle *life, enum gv_lifecycle_kind kind,
    const char *text, size_t len);

/* Append the text of a statement out of all of them; the one that
 * gv_lifecycle_parse() reads. A failure is kept in `out`. */
void gv_lifecycle_format(struct gv_buf *out, enum gv_lifecycle_kind kind,
    const struct gv_lifecycle *life);

/* Read the statement that a blob is. As gv_lifecycle_parse(), and what reading
 * gives. */
int gv_lifecycle_load(struct gv_lifecycle *life, enum gv_lifecycle_kind kind,
    struct gv_odb *odb, const struct gv_oid *blob);

/* All that is said of one value. 0, also where that is nothing; a failure, with
 * *out zeroed. */
int gv_lifecycle_find(struct gv_lifecycle *out, struct gv_repo *repo,
    const char *scope, const struct gv_digest *id);

/* Visit the values of a scope of which such a statement is made, in the order
 * of ids: fn(ctx, id, life), with that statement alone. 0, also for a scope
 * that has none; fn's negative value; a failure. */
int gv_lifecycle_each(struct gv_repo *repo, const char *scope,
    enum gv_lifecycle_kind kind,
    int (*fn)(
	void *ctx, const struct gv_digest *id, const struct gv_lifecycle *life),
    void *ctx);

/* One statement of a value that is to be made. */
struct gv_lifecycle_change {
	struct gv_digest id;
	enum gv_lifecycle_kind kind;
	const struct gv_lifecycle *life; /* NULL: take it back */
	bool is_tree; /* of GV_LIFECYCLE_VALUE: it is in chunks */
};

/* Make statements of values of a scope, all or none; what was said by the same
 * kind before is replaced. 0; GV_ELOCKED where others were quicker again and
 * again; GV_EREFUSED; GV_ECORRUPT; GV_ENOMEM; GV_ERROR. */
int gv_lifecycle_save(struct gv_repo *repo, const char *scope,
    const struct gv_lifecycle_change *changes, size_t n, int64_t now);

#endif
