#ifndef GV_CONSENT_DIFF_H
#define GV_CONSENT_DIFF_H
/*
 * How the policy files differ from what is accepted, key by key, in lines for
 * people, and which of the differences do not count until they are accepted.
 *
 *	r = gv_consent_diff_load(&diff, repo);
 *	for (i = 0; i < diff.n; i++) … diff.points[i].key
 *	gv_consent_diff_release(&diff);
 */

#include "policy/consent.h"

struct gv_consent_point {
	const char *file;       /* ".gitvault.yaml" */
	const char *key;        /* "secrets.paths"; NULL: the whole file */
	const char *about;      /* what it decides */
	bool waits;             /* it does not count, or not in full */
	struct gv_buf was, now; /* lines that only one of them has, each ended
				   by LF */
};

struct gv_consent_diff {
	struct gv_consent accepted, present;
	struct gv_consent_point *points;
	size_t n, cap;
	size_t n_waits;
};

/* Compare them. With GV_CONSENT_HERE nothing differs. 0; GV_EREFUSED and
 * GV_ERROR where a file cannot be read, with the line, and then `accepted` is
 * set; GV_ENOMEM. To be released in any case. */
int gv_consent_diff_load(struct gv_consent_diff *out, struct gv_repo *repo);

/* NULL-safe, zeroed ok. */
void gv_consent_diff_release(struct gv_consent_diff *diff);

#endif
