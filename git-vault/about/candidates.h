#ifndef CANDIDATES_H
#define CANDIDATES_H
/*
 * What a shell offers for the word under the cursor: the answers to what
 * complete.h has read, out of the tables and the repository. It only looks:
 * no question, no key, no network, and a failure is an answer without words.
 *
 *	r = gv_candidates_find(&list, ctx, &asked);
 *	for (i = 0; i < list.n; i++) … list.items[i].value …
 *	gv_candidates_release(&list);
 */

#include <stddef.h>

#include "base/arena.h"

struct gv_complete;
struct gv_ctx;

/* Snapshots that are offered where nothing is typed yet. */
#define GV_CANDIDATES_SNAPSHOTS 40

enum gv_candidates_how {
	GV_CANDIDATES_WORDS, /* in any order */
	GV_CANDIDATES_ORDER, /* in this order */
	GV_CANDIDATES_PATHS, /* names of files: the shell quotes them */
	GV_CANDIDATES_FILES, /* none here: the shell lists files on disk */
	GV_CANDIDATES_DIRS,  /* none here: the shell lists directories */
};

struct gv_candidate {
	const char *value; /* the whole word; valid UTF-8, no control
			      characters */
	const char *about; /* a few words about it, on one line; or "" */
};

struct gv_candidates {
	enum gv_candidates_how how;
	struct gv_candidate *items;
	size_t n, cap;
	struct gv_arena arena; /* of the texts */
};

/* Find them. ctx->repo is opened where it is needed and NULL, in the directory
 * that the line's -C options name. 0; GV_ENOMEM; as gv_repo_open(); others. The
 * caller releases *out in any case. */
int gv_candidates_find(struct gv_candidates *out, struct gv_ctx *ctx,
    const struct gv_complete *asked);

/* Add a word if it begins with what is typed and is printable: a name with a
 * control character cannot be completed. 0 or GV_ENOMEM. */
int
gv_candidates_add(struct gv_candidates *out, const struct gv_complete *asked,
    const char *value, size_t len, const char *about);

/* Those of snapshots and of paths in one. As gv_candidates_find(). */
int gv_candidates_snapshots(struct gv_candidates *out, struct gv_ctx *ctx,
    const struct gv_complete *asked);
int gv_candidates_paths(struct gv_candidates *out, struct gv_ctx *ctx,
    const struct gv_complete *asked);

/* Free; NULL-safe. */
void gv_candidates_release(struct gv_candidates *list);

#endif
