#ifndef GV_POLICY_HOLD_H
#define GV_POLICY_HOLD_H
/*
 * Decides what is used of a policy, given the accepted one. Everybody who can
 * push can change the file. So what it loosens counts only once it is accepted;
 * what it tightens counts at once. These are pure functions of the two
 * contents; policy/consent.h decides who accepts a content, and stores it.
 *
 *	r = gv_policy_hold(&policy, &accepted, &diff);
 *	gv_policy_is_waiting(&diff)	something in the file does not count
 */

#include <stdbool.h>
#include <stddef.h>

#include "config/policy.h"

/* A key whose value differs. */
struct gv_policy_point {
	const char *key;   /* "secrets.paths", "vaults" */
	const char *about; /* what the key decides, in words */
	bool waits;        /* the present value is not used, or only in part */
	/* borrowed from the policies; NULL: the key is missing */
	const struct gv_yaml_node *accepted, *present;
};

#define GV_POLICY_POINTS 240

struct gv_policy_diff {
	struct gv_policy_point points[GV_POLICY_POINTS]; /* that differ */
	size_t n;
};

/* Reduce a policy to what is used of it: of two numbers, levels or sets the
 * stricter one, for everything else the accepted value, or the default if none
 * was accepted. `accepted` is moved into the policy. 0; GV_ENOMEM. After a
 * failure both are released. */
int gv_policy_hold(struct gv_policy *policy, struct gv_policy *accepted,
    struct gv_policy_diff *diff);

/* Whether something of the policy does not count. */
bool gv_policy_is_waiting(const struct gv_policy_diff *diff);

/* For a test: whether the table of gv_policy_hold() has a row for a key of
 * gv_policy_each_key(). Without a row, every change of the key would count as
 * loosening. */
bool gv_policy_is_decided(const char *key);

/* For the same test: report the keys of the table's rows, until fn() returns
 * another value than 0, which is returned. */
int gv_policy_each_decided(int (*fn)(void *ctx, const char *key), void *ctx);

#endif
