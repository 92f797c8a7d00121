#ifndef GV_POLICY_COPIES_H
#define GV_POLICY_COPIES_H
/*
 * What the policy says of copies in stores elsewhere: the sections targets and
 * residency, and how many copies a snapshot of an environment needs. Readers
 * of a policy include policy.h.
 *
 *	want = gv_policy_copies_of(&policy, rec->environments, n);
 *	if (gv_policy_copies_is_set(&want)) ... want.min, want.regions
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/policy_limits.h"

struct gv_policy;

/* When a snapshot is durable: all of it has to hold. */
struct gv_policy_copies {
	unsigned min;     /* independent targets that have it; 0: any */
	unsigned regions; /* regions that these are in; 0: any */
	int64_t verified; /* seconds since each was verified; 0: ever */
};

/* A store of copies. How to log in is never part of it. */
struct gv_policy_target {
	const char *name, *url;
	const char *region, *endpoint; /* NULL: it does not say */
	/* environments whose copies it counts for; none: all */
	struct gv_policy_texts envs;
	uint64_t limit; /* bytes that it may store; 0: any */
	bool encrypts;
	bool is_manual; /* only a push by hand, or by the schedule */
	unsigned line;
};

struct gv_policy_targets {
	struct gv_policy_target *items; /* in the order of the file */
	size_t n, cap;
};

bool gv_policy_copies_is_set(const struct gv_policy_copies *copies);

/* Raise `out` to what both ask for. */
void gv_policy_copies_join(
    struct gv_policy_copies *out, const struct gv_policy_copies *other);

/* What is asked of an environment: by itself and those that it extends. The
 * same of remotes: how many have what it needs; 0: any. */
struct gv_policy_copies
gv_policy_copies_for(const struct gv_policy *policy, const char *env);
unsigned gv_policy_remotes_for(const struct gv_policy *policy, const char *env);

/* What is asked of a snapshot of these environments: of none, it is of all,
 * since a working tree has the files of all. */
struct gv_policy_copies gv_policy_copies_of(
    const struct gv_policy *policy, char *const *envs, size_t n);

/* Whether copies may be in a region, by the list that was accepted. A target
 * that does not say its region (NULL) is refused by any list. */
bool gv_policy_lets_region(const struct gv_policy *policy, const char *region);

/* The same by the list of the file, which may wait for being accepted. */
bool
gv_policy_will_let_region(const struct gv_policy *policy, const char *region);

/* Whether copies in a target count for an environment. */
bool
gv_policy_target_is_for(const struct gv_policy_target *target, const char *env);

#endif
