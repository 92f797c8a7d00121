#ifndef GV_SIFT_H
#define GV_SIFT_H
/*
 * Says what of a file a snapshot withholds: which bytes, and for whom. What is
 * found in it is told by the scanner and the team's policy, and remembered by
 * the blob, so that the same bytes are searched once. How values are taken out
 * is for redact.h, where they go for safe.h.
 *
 *	r = gv_sift_new(&sift, repo, now);
 *	r = gv_sift_view_new(&view, sift);		a thread
 *	r = gv_sift_whole(view, path, &blob, data, len);
 *	… view->spans, view->n
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"
#include "seal/redact.h"
#include "vault/scope.h"

struct gv_repo;
struct gv_sift;

/* One thread's. */
struct gv_sift_view {
	/* what is to go of the file at hand, by offsets in it, none over
	 * another; `rule` is the sift's */
	struct gv_redact_span *spans;
	size_t n;
	bool is_all; /* all of it goes, by the first of them: an archive */
	uint64_t findings; /* in it, as reports count them */
	const char *lack;  /* why not all of it was searched, or NULL: static */
	uint64_t settled;  /* no more spans come that begin before it */
};

/* Begin, with the rules and the team's policy. 0; GV_EREFUSED where the policy
 * cannot be read, with the line; GV_ENOMEM. `repo` must outlive it. */
int gv_sift_new(struct gv_sift **out, struct gv_repo *repo, int64_t now);

/* One that searches nothing and goes by conventions where the policy cannot be
 * read. 0 or GV_ENOMEM. */
int gv_sift_new_blind(struct gv_sift **out, struct gv_repo *repo, int64_t now);

/* Withhold what is likely, also where the policy asks for more. Before the
 * first file; what is found is not to be remembered then. */
void gv_sift_want_likely(struct gv_sift *sift);

/* NULL-safe. */
void gv_sift_free(struct gv_sift *sift);

/* Keep what was found out for later, where that can be. */
void gv_sift_save(struct gv_sift *sift);

/* Whether it searches. */
bool gv_sift_searches(const struct gv_sift *sift);

/* Make the rules ready, ahead of the first file. From any thread. */
int gv_sift_warm(struct gv_sift *sift);

/* Digests of what decides, beside the files: what is found in them, and which
 * of them are sealed, and for whom. The first goes up with the second, and is
 * zero where nothing is searched. */
const struct gv_oid *gv_sift_sum(const struct gv_sift *sift);
const struct gv_oid *gv_sift_policy(const struct gv_sift *sift);

/* As gv_scope_keep() and gv_scope_of(), of the policy. */
enum gv_scope_keep
gv_sift_keep(const struct gv_sift *sift, const char *path, bool is_ignored);
const char *gv_sift_scope(const struct gv_sift *sift, const char *path);

/* Whether the policy wants versions of the states that are kept. */
bool gv_sift_saves_states(const struct gv_sift *sift);

/* 0 or GV_ENOMEM. */
int gv_sift_view_new(struct gv_sift_view **out, struct gv_sift *sift);
void gv_sift_view_free(struct gv_sift_view *view);

/* What is known of a blob in a file of that path. 1 and the view is set; 0, it
 * was not searched yet; GV_ENOMEM. */
int gv_sift_known(
    struct gv_sift_view *view, const char *path, const struct gv_oid *blob);

/* Search a file that is held whole, if it is not known. 0; why it cannot be
 * searched: GV_EREFUSED, GV_ECANCELED, GV_ENOMEM. */
int gv_sift_whole(struct gv_sift_view *view, const char *path,
    const struct gv_oid *blob, const void *data, size_t len);

/* One that comes in pieces: begin, or begin anew; the pieces; that was all.
 * `path` must stay until the end. As above. */
int gv_sift_begin(struct gv_sift_view *view, const char *path);
int gv_sift_add(struct gv_sift_view *view, const void *data, size_t len);
int gv_sift_end(struct gv_sift_view *view);

/* Remember what was found by these, by the name that its blob came to have. */
void gv_sift_learn(struct gv_sift_view *view, const struct gv_oid *blob);

#endif
