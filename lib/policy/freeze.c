#include "policy/freeze.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/zone.h"
#include "policy/team.h"
#include "sys/zonefile.h"

/* A zone that was read, one at a time: a policy has one or two of them. */
struct zones {
	struct gv_zone *zone;
	int r;
};

static const struct gv_zone *
find_zone(void *ctx, const char *name)
{
	struct zones *z = ctx;
	char *before = gv_err_save();
	int r;

	if (z->zone == NULL)
		z->zone = malloc(sizeof(*z->zone));
	r = z->zone ? gv_zonefile_load(z->zone, name) : GV_ENOMEM;
	/* one that cannot be read is one that nobody knows */
	if (r == GV_ENOMEM)
		z->r = gv_err_nomem();
	gv_err_restore(before);
	return r == 0 ? z->zone : NULL;
}

int
gv_freeze_at(struct gv_policy_frozen *out, const struct gv_policy *policy,
    const char *env, int64_t now)
{
	struct gv_policy_texts windows = { NULL, 0, 0 };
	struct zones zones = { NULL, 0 };
	bool is = gv_policy_freeze_of(&windows, policy, env) > 0 &&
	    gv_policy_freeze_at(out, &windows, now, find_zone, &zones);

	free(windows.items);
	free(zones.zone);
	return zones.r < 0 ? zones.r : is;
}

void
gv_freeze_say(struct gv_buf *out, const struct gv_policy_frozen *frozen,
    const struct gv_policy *policy, const char *env)
{
	const struct gv_policy_env *of = gv_policy_env(policy, env);
	char until[GV_TIME_MAX];

	gv_time_rfc3339(until, frozen->ends);
	gv_buf_addf(
	    out, "%s is frozen until %s by " GV_TEAM_POLICY, env, until);
	if (of && of->line)
		gv_buf_addf(out, ":%u", of->line);
	gv_buf_addf(out, " (%s%s)", frozen->text,
	    frozen->is_uncertain
		? ", a time zone that this machine does not have"
		: "");
}
