#ifndef GV_TAGGER_H
#define GV_TAGGER_H
/*
 * Which lines of a text define names, as Universal Ctags says, where that is
 * installed. It reads no options, and runs behind a filter of system calls of
 * its own (--_interactive=sandbox): it gets the text through a pipe, can open
 * no file, and is ended after ten seconds.
 *
 *	r = gv_tagger_find(&tagger, repo->worktree);
 *	r = gv_tagger_run(&tagger, texts, n, is_wanted, ctx);
 *	gv_tagger_release(&tagger);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Of all that one search gives it. */
#define GV_TAGGER_MS 10000

struct gv_tagger {
	struct gv_buf program; /* empty: no program that can do it was found */
	int64_t until;         /* ms of a clock that only goes on */
};

struct gv_tagger_text {
	const char *path;
	const char *text;
	size_t len;
	/* what was found: */
	bool is_known;   /* it has tags, of whatever name */
	uint32_t *lines; /* of the names that are wanted */
	size_t n, cap;
};

typedef bool gv_tagger_wants_fn(void *ctx, const char *name, size_t len);

/* Look for the program; one below `shut` (may be NULL) is not run. 0, also
 * without a program; GV_ECANCELED; GV_ENOMEM. To be released in any case. */
int gv_tagger_find(struct gv_tagger *out, const char *shut);

/* Ask about some texts. Of those that it does not get to, nothing is known; it
 * is not asked again then, and `program` is empty. 0; GV_ECANCELED; GV_ENOMEM.
 * The lines are the caller's to free. */
int gv_tagger_run(struct gv_tagger *t, struct gv_tagger_text *texts, size_t n,
    gv_tagger_wants_fn *wants, void *ctx);

/* What it printed. Pure. 0 or GV_ENOMEM. */
int gv_tagger_read(struct gv_tagger_text *texts, size_t n, const char *out,
    size_t len, gv_tagger_wants_fn *wants, void *ctx);

void gv_tagger_release(struct gv_tagger *t);

#endif
