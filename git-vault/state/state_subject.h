#ifndef STATE_SUBJECT_H
#define STATE_SUBJECT_H
/*
 * A state that may be damaged: a file, stdin or a version that is kept; what is
 * whole in it, and the newest version that is.
 *
 *	r = gv_state_subject_open(&s, ctx, argv[0]);
 *	if (r == 0)
 *		show(&s.triage, s.has_good ? &s.good : NULL);
 *	gv_state_subject_close(&s);
 */

#include <stdbool.h>

#include "base/arena.h"
#include "state/track.h"
#include "toolstate/state_triage.h"

struct gv_ctx;
struct gv_json;
struct gv_safe;
struct gv_track_source;

struct gv_state_subject {
	struct gv_ctx *ctx;
	struct gv_safe *safe; /* its own; NULL: none was needed yet */
	int fd;
	struct gv_track_version hold, version;
	bool is_version; /* the version it is; else a file */
	struct gv_track_of of;
	bool has_of; /* which state it belongs to is known */
	struct gv_track_source *source;
	struct gv_state_triage triage;
	struct gv_track_version good; /* the newest that is whole */
	bool has_good;
	/* addresses that only the newest whole version has, by its index */
	const char **lost;
	size_t n_lost, cap_lost;
	struct gv_arena arena;
};

/* Read what an argument names, FILE, - or VERSION, and triage it. To be closed
 * whatever it returns. 0; GV_EUSAGE; GV_ENOKEY; GV_ENOTFOUND; a failure. */
int gv_state_subject_open(
    struct gv_state_subject *s, struct gv_ctx *ctx, const char *arg);

/* The same of a version that was just saved of a file, which is read where it
 * can be, and else the version by `safe`, which stays the caller's. */
int gv_state_subject_of_saved(struct gv_state_subject *s, struct gv_ctx *ctx,
    struct gv_safe *safe, const struct gv_track_version *v, const char *path);

/* Open the safe, if it is not. */
int gv_state_subject_safe(struct gv_state_subject *s);

/* How many whole resources there are, of a conflict with those of one side. */
size_t gv_state_subject_count(const struct gv_state_subject *s);

/* Zeroed ok. */
void gv_state_subject_close(struct gv_state_subject *s);

#endif
