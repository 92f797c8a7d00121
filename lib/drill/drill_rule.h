#ifndef GV_DRILL_RULE_H
#define GV_DRILL_RULE_H
/*
 * Rules of the policy about a file that came back: a key with a value, and
 * certificates that are still valid. Bytes in, a sentence out; pure.
 *
 *	r = gv_drill_rule_file(&why, rule, path, bytes, len, now);
 *	if (r == 0 && why.len)	it is broken
 */

#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_policy_drill_rule;

/* Hold a file against a rule: append to `why` what is wrong with it, nothing
 * where nothing is. A value that the file has is never told. 0 or GV_ENOMEM. */
int
gv_drill_rule_file(struct gv_buf *why, const struct gv_policy_drill_rule *rule,
    const char *path, const char *text, size_t len, int64_t now);

#endif
