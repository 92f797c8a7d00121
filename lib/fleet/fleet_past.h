#ifndef GV_FLEET_PAST_H
#define GV_FLEET_PAST_H
/*
 * What earlier reports say of repositories, a JSON line each, and what is to be
 * done with one now. The lines are those that `git vault fleet` wrote; a line
 * that is cut off, or is something else, counts as nothing. Pure functions.
 *
 *	gv_fleet_past_add(&past, line, len, "verify", is_round);
 *	step = gv_fleet_past_decide(&past, &key, &now);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fleet/fleet_look.h"
#include "fleet/shard.h"

/* Repositories of which a run remembers something. */
#define GV_FLEET_MAX ((size_t)1000000)

/* A line of a report is at most that long; what is longer counts as nothing. */
#define GV_FLEET_LINE (1024 * 1024)

/* What is done in each repository. */
enum gv_fleet_verb {
	GV_FLEET_STATUS,
	GV_FLEET_SNAPSHOT,
	GV_FLEET_VERIFY,
	GV_FLEET_SYNC,
	GV_FLEET_REPLICATE,
	GV_FLEET_DRILL,
	GV_FLEET_VERBS
};

/* What becomes of one. */
enum gv_fleet_step {
	GV_FLEET_RUN,       /* its command is run */
	GV_FLEET_READ,      /* its files have told all that was asked */
	GV_FLEET_UNCHANGED, /* done before, and its refs are as they were */
	GV_FLEET_NOTHING,   /* a bare one has no files to save */
	GV_FLEET_REFUSED,   /* it is no repository */
	GV_FLEET_STEPS
};

struct gv_fleet_entry {
	struct gv_shard_key key;
	unsigned char refs[GV_FLEET_DIGEST];
	int64_t time;  /* when it was done with success; 0: never */
	bool is_used;  /* private, as is_old */
	bool is_old;   /* it is where it was before the table grew */
	bool is_taken; /* of this round: done, or to be done by this run */
};

struct gv_fleet_past {
	struct gv_fleet_entry *entries; /* an open hash table */
	size_t n, cap;                  /* cap: a power of two, or 0 */
	size_t skipped;                 /* lines that counted as nothing */
};

/* The name of a verb, as it is typed; NULL for GV_FLEET_VERBS. */
const char *gv_fleet_verb_name(enum gv_fleet_verb verb);

/* Take in a line of a report. Of the round that goes on (`is_round`), a
 * repository with a line is done with, and a line that ends the round sets all
 * of them free. `line` is changed, and has one byte behind its `len`. 0;
 * GV_EREFUSED where there are more than GV_FLEET_MAX; GV_ENOMEM. */
int gv_fleet_past_add(struct gv_fleet_past *past, char *line, size_t len,
    enum gv_fleet_verb verb, bool is_round);

/* Take a repository for this run: 1, or 0 where it has been taken before, in
 * this run or its round; GV_EREFUSED where there are more than GV_FLEET_MAX;
 * GV_ENOMEM. */
int
gv_fleet_past_take(struct gv_fleet_past *past, const struct gv_shard_key *key);

/* What to do with one that looks like this, now. */
enum gv_fleet_step gv_fleet_past_decide(const struct gv_fleet_past *past,
    const struct gv_shard_key *key, enum gv_fleet_verb verb,
    const struct gv_fleet_look *look, int64_t now);

/* When it was last done with success; 0: never. */
int64_t gv_fleet_past_time(
    const struct gv_fleet_past *past, const struct gv_shard_key *key);

void gv_fleet_past_release(struct gv_fleet_past *past);

#endif
