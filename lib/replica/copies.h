#ifndef GV_COPIES_H
#define GV_COPIES_H
/*
 * What this clone knows of its copies elsewhere, without asking any store: how
 * far each target is behind, when it was pushed to and verified, and which
 * snapshots have fewer copies than the policy wants.
 *
 *	r = gv_copies_load(&copies, repo, now, GV_COPIES_BYTES);
 *	… copies.targets[i].behind_seconds, copies.lacking …
 *	gv_copies_release(&copies);
 *
 * A snapshot has a copy in a target if the last verification found it there, by
 * any chain that is trusted. A push alone is no copy yet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/policy_copies.h"
#include "replica/copies_held.h"
#include "replica/replica_memory.h"
#include "replica/target.h"

struct gv_copies_holder;
struct gv_record;
struct gv_repo;

enum gv_copies_how {
	GV_COPIES_BYTES = 1, /* count the bytes behind, too: by git, a process
				for each target that is behind */
};

struct gv_copies_target {
	const struct gv_target *target; /* name, address, region, … */
	char *place;   /* targets in one place are not independent */
	bool is_known; /* this clone has pushed there */
	/* what is not there yet */
	uint64_t behind_snapshots, behind_bytes, behind_refs;
	int64_t behind_seconds; /* since the oldest of these was taken */
	int64_t pushed;         /* when last; 0: never */
	int64_t succeeded;      /* when last, with nothing left out; 0: never */
	/* when pushes began to fail, or to leave something out, and why the
	 * last one did; 0 and NULL: the last one did not */
	int64_t failing;
	bool is_partial; /* it only left something out */
	char *why;
	/* when last verified, by which level: the highest of that time; 0:
	 * never. Of each level on its own: levels[] */
	int64_t verified;
	enum gv_replica_level level;
	int64_t levels[GV_REPLICA_LEVELS];
	struct gv_copies_held held; /* what the last verification found */
	/* what a push or verification found wrong with the copy, until one
	 * proves it intact */
	struct gv_replica_damage damage;
};

/* The snapshots of an environment. One without an environment is of all. */
struct gv_copies_env {
	const char *name;             /* the policy's */
	struct gv_policy_copies want; /* never unset */
	uint64_t snapshots, lacking;  /* all; that have too few copies */
};

struct gv_copies {
	struct gv_targets all;
	struct gv_copies_target *targets; /* sorted by name */
	size_t n;
	/* environments for which the policy wants copies */
	struct gv_copies_env *envs;
	size_t n_envs;
	/* snapshots for which it does, each counted once; that have too few */
	uint64_t wanted, lacking;
	int64_t now;
	struct gv_copies_holder *room; /* private: for one question */
};

/* Load all of it. 0; GV_EUSAGE and GV_EREFUSED for a target or policy that
 * cannot be read; GV_ENOMEM; GV_ERROR. To be released in any case. */
int gv_copies_load(
    struct gv_copies *out, struct gv_repo *repo, int64_t now, unsigned how);

/* The same without counting snapshots: for who asks of single ones. */
int gv_copies_open(
    struct gv_copies *out, struct gv_repo *repo, int64_t now, unsigned how);

void gv_copies_release(struct gv_copies *copies);

/* What is known of one snapshot. */
struct gv_copies_word {
	bool is_wanted;  /* the policy wants copies of it … */
	bool is_lacking; /* … and it has too few */
	unsigned places; /* independent targets that have it, verified in time
			    if the policy says a time */
	unsigned regions;
};
void gv_copies_ask(struct gv_copies_word *out, const struct gv_copies *copies,
    const struct gv_record *rec);

/* The command to begin with where some are lacking, to paste. Static. */
const char *gv_copies_next(const struct gv_copies *copies);

/* ---- the decision (copies_judge.c): pure ---- */

/* A target that has a snapshot. */
struct gv_copies_holder {
	const char *place;  /* gv_target_place() */
	const char *region; /* NULL: it does not say */
	int64_t verified;
};

/* Whether these make a snapshot durable: *out (NULL: not wanted) says how many
 * independent ones count. One that was verified in the future does not. */
bool gv_copies_are_enough(struct gv_copies_word *out,
    const struct gv_policy_copies *want, const struct gv_copies_holder *holders,
    size_t n, int64_t now);

#endif
