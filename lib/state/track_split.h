#ifndef GV_TRACK_SPLIT_H
#define GV_TRACK_SPLIT_H
/*
 * How a group of a state is to be kept under a policy: sealed, in clear, or in
 * two halves, what anybody may see and what only its readers may. In full
 * nothing is looked at.
 *
 *	r = gv_track_split_init(&split, GV_POLICY_SEAL_SENSITIVE, repo, now);
 *	r = gv_track_split_group(&split, &kind, group);
 *	… kind == GV_TRACK_SPLIT: split.clear, split.spans
 *	gv_track_split_release(&split);
 */

#include <stdint.h>

#include "base/buf.h"
#include "config/policy.h"
#include "crypto/secret.h"
#include "repo/oid.h"
#include "state/track_internal.h"
#include "toolstate/state_hidden.h"

struct gv_repo;
struct gv_screen;
struct gv_screen_view;
struct gv_state_group;

struct gv_track_split {
	enum gv_policy_seal seal;
	struct gv_oid rules; /* a digest of what decides; zero: nothing does */
	/* of the last group */
	struct gv_buf clear;
	struct gv_secret spans; /* as track_part.c has them */
	/* own */
	struct gv_state_hidden hidden;
	struct gv_screen *screen;
	struct gv_screen_view *view;
};

/* Begin, with the rules and the team's policy; release it whatever comes.
 * `repo` must outlive it. 0; as gv_screen_new(). */
int gv_track_split_init(struct gv_track_split *s, enum gv_policy_seal seal,
    struct gv_repo *repo, int64_t now);

/* Decide for a group. 0; GV_ECANCELED; GV_ENOMEM; GV_ERROR. */
int gv_track_split_group(struct gv_track_split *s, enum gv_track_kind *out,
    const struct gv_state_group *group);

/* Zeroed ok; wipes. */
void gv_track_split_release(struct gv_track_split *s);

#endif
