#ifndef GV_APPROVAL_WANT_H
#define GV_APPROVAL_WANT_H
/*
 * Approvals that somebody waits for: noted where a run, a rollback, a removal
 * or a push is refused for lack of them, in a file of this clone, until it goes
 * through or a week has passed. So that they can be reported to others.
 *
 *	gv_approval_want_note(repo, &want);
 *	r = gv_approval_want_load(&list, repo, now);
 *	gv_approval_want_release(&list);
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_repo;

#define GV_APPROVAL_WANT_LASTS ((int64_t)7 * 24 * 60 * 60)

struct gv_approval_want {
	int64_t time;          /* of the first refusal */
	struct gv_oid subject; /* what would be approved */
	const char *env;       /* that it is about */
	const char *what;      /* "to roll prod back to record 7" */
	const char *approve;   /* the command that approves */
};

struct gv_approval_wants {
	struct gv_approval_want *items;
	size_t n, cap;
	struct gv_arena arena;
};

/* Read the bytes of the file: without what is older than a week or no such
 * line, and at most 100. A pure function. 0 or GV_ENOMEM. To be released in any
 * case. */
int gv_approval_want_read(
    struct gv_approval_wants *out, const char *text, size_t len, int64_t now);

/* Read the file; a missing file gives an empty list. As above. */
int gv_approval_want_load(
    struct gv_approval_wants *out, const struct gv_repo *repo, int64_t now);

/* Note one, or that it is not wanted any more. That it cannot be noted fails
 * nothing: the thread's message stays. */
void gv_approval_want_note(
    const struct gv_repo *repo, const struct gv_approval_want *want);
void gv_approval_want_end(
    const struct gv_repo *repo, const struct gv_oid *subject, int64_t now);

/* NULL-safe, zeroed ok. */
void gv_approval_want_release(struct gv_approval_wants *list);

#endif
