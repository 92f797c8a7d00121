#ifndef GV_SCREEN_H
#define GV_SCREEN_H
/*
 * Says which bytes of a file a snapshot encrypts, and for whom. The scanner and
 * the team's policy find them. Findings are remembered by the blob, so that the
 * same bytes are scanned once. redact.h takes the secrets out, safe.h stores
 * them.
 *
 *	r = gv_screen_new(&screen, repo, now);
 *	r = gv_screen_view_new(&view, screen);		a thread
 *	r = gv_screen_whole(view, path, &blob, data, len);
 *	… view->spans, view->n
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"
#include "seal/redact.h"
#include "vault/scope.h"

struct gv_repo;
struct gv_screen;

/* One thread's. */
struct gv_screen_view {
	/* what is to go of the file at hand, by offsets in it, none over
	 * another; `rule` is the screen's */
	struct gv_redact_span *spans;
	size_t n;
	bool is_all; /* all of it goes, by the first of them: an archive */
	uint64_t findings; /* in it, as reports count them */
	const char *lack;  /* why not all of it was searched, or NULL: static */
	uint64_t settled;  /* no more spans come that begin before it */
};

/* Begin, with the rules and the team's policy. 0; GV_EREFUSED where the policy
 * cannot be read, with the line; GV_ENOMEM. `repo` must outlive it. */
int gv_screen_new(struct gv_screen **out, struct gv_repo *repo, int64_t now);

/* One that searches nothing and goes by conventions where the policy cannot be
 * read. 0 or GV_ENOMEM. */
int
gv_screen_new_blind(struct gv_screen **out, struct gv_repo *repo, int64_t now);

/* Withhold what is likely, also where the policy asks for more. Before the
 * first file; what is found is not to be remembered then. */
void gv_screen_want_likely(struct gv_screen *screen);

/* NULL-safe. */
void gv_screen_free(struct gv_screen *screen);

/* Keep what was found out for later, where that can be. */
void gv_screen_save(struct gv_screen *screen);

/* Whether it searches. */
bool gv_screen_searches(const struct gv_screen *screen);

/* Make the rules ready, ahead of the first file. From any thread. */
int gv_screen_warm(struct gv_screen *screen);

/* Digests of what decides, beside the files: what is found in them, and which
 * of them are sealed, and for whom. The first goes up with the second, and is
 * zero where nothing is searched. */
const struct gv_oid *gv_screen_sum(const struct gv_screen *screen);
const struct gv_oid *gv_screen_policy(const struct gv_screen *screen);

/* As gv_scope_keep() and gv_scope_of(), of the policy. */
enum gv_scope_keep gv_screen_keep(
    const struct gv_screen *screen, const char *path, bool is_ignored);
const char *gv_screen_scope(const struct gv_screen *screen, const char *path);

/* Whether the policy wants versions of the states that are kept. */
bool gv_screen_saves_states(const struct gv_screen *screen);

/* 0 or GV_ENOMEM. */
int gv_screen_view_new(struct gv_screen_view **out, struct gv_screen *screen);
void gv_screen_view_free(struct gv_screen_view *view);

/* What is known of a blob in a file of that path. 1 and the view is set; 0, it
 * was not searched yet; GV_ENOMEM. */
int gv_screen_known(
    struct gv_screen_view *view, const char *path, const struct gv_oid *blob);

/* Search a file that is held whole, if it is not known. 0; why it cannot be
 * searched: GV_EREFUSED, GV_ECANCELED, GV_ENOMEM. */
int gv_screen_whole(struct gv_screen_view *view, const char *path,
    const struct gv_oid *blob, const void *data, size_t len);

/* A file that comes in pieces: begin, or begin again; the pieces; the end.
 * `path` must stay until the end. As above. */
int gv_screen_begin(struct gv_screen_view *view, const char *path);
int gv_screen_add(struct gv_screen_view *view, const void *data, size_t len);
int gv_screen_end(struct gv_screen_view *view);

/* Remember what was found by these, by the name that its blob came to have. */
void gv_screen_learn(struct gv_screen_view *view, const struct gv_oid *blob);

#endif
