#ifndef GV_ROLLBACK_SCOPE_H
#define GV_ROLLBACK_SCOPE_H
/*
 * What of an environment's files goes back: code, configuration or secrets.
 * Each path is of exactly one of them, told by the snapshot that is gone back
 * to and by what stands now, both at once, so that what one of them makes, and
 * what the other removes, goes together.
 *
 *	r = gv_rollback_scope_parse(&classes, &has_state, "code,state");
 *	r = gv_rollback_scope_open(&scope, repo, &of);
 *	opts.takes = gv_rollback_scope_takes;
 *	opts.takes_ctx = scope;
 *	gv_rollback_scope_close(scope);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_record;
struct gv_repo;

enum gv_rollback_class {
	/* the snapshot, or one that was taken now, withholds something of it */
	GV_ROLLBACK_SECRETS = 1 << 0,
	/* else: git tracks it in the record's commit, in HEAD or the index */
	GV_ROLLBACK_CODE = 1 << 1,
	/* else */
	GV_ROLLBACK_CONFIG = 1 << 2,
};

#define GV_ROLLBACK_FILES                                                      \
	(GV_ROLLBACK_SECRETS | GV_ROLLBACK_CODE | GV_ROLLBACK_CONFIG)

/* Read words of code, config, secrets, files (the three of them) and state,
 * with ',' between. 0; GV_EUSAGE. */
int
gv_rollback_scope_parse(unsigned *classes, bool *has_state, const char *text);

/* The words for some classes, in one order, with ',' between; "files" for all.
 */
const char *gv_rollback_scope_word(unsigned classes);

struct gv_rollback_scope_of {
	const struct gv_record *rec; /* the snapshot that is gone back to */
	struct gv_oid code;          /* the record's commit; zero: the one that
					that was taken on */
	unsigned classes;            /* that are taken */
};

struct gv_rollback_scope;

/* Look at what stands, as a snapshot would, and at what git tracks. 0;
 * GV_ENOTFOUND where the commit is not here; GV_ECORRUPT; GV_EREFUSED where a
 * file or the policy cannot be read; GV_ERROR; GV_ENOMEM. */
int gv_rollback_scope_open(struct gv_rollback_scope **out, struct gv_repo *repo,
    const struct gv_rollback_scope_of *of);

/* What a path is of. */
enum gv_rollback_class gv_rollback_scope_class(
    const struct gv_rollback_scope *scope, const char *path, size_t len);

/* Whether that is taken; `scope` is a struct gv_rollback_scope, which counts
 * how often it is not. */
bool gv_rollback_scope_takes(void *scope, const char *path, size_t len);

/* Whether any path that was asked for was not taken. */
bool gv_rollback_scope_leaves(const struct gv_rollback_scope *scope);

/* NULL-safe. */
void gv_rollback_scope_close(struct gv_rollback_scope *scope);

#endif
