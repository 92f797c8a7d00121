#ifndef GV_FREEZE_H
#define GV_FREEZE_H
/*
 * Whether an environment is frozen: its windows in the policy, by the time
 * zones of this machine.
 *
 *	if ((r = gv_freeze_at(&frozen, &policy, "prod", now)) > 0)
 *		… until frozen.ends, by frozen.text …
 */

#include <stdint.h>

#include "config/policy.h"

struct gv_buf;
struct gv_repo;

/* 1 with *out, whose text is the policy's; 0: it is not; GV_ENOMEM. */
int gv_freeze_at(struct gv_policy_frozen *out, const struct gv_policy *policy,
    const char *env, int64_t now);

/* Append "prod is frozen until TIME by FILE:LINE (fri 16:00..mon 08:00)". */
void gv_freeze_say(struct gv_buf *out, const struct gv_policy_frozen *frozen,
    const struct gv_policy *policy, const char *env);

#endif
