#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_APPROVALS 100
#define MAX_APPROVERS 1000
#define DAY_SECONDS   ((int64_t)24 * 60 * 60)

const char *const gv_policy_removals[GV_POLICY_REMOVALS] = { "delete",
	"prune" };

const char *const gv_policy_rollback_keys[] = { "approvals", "approvers",
	"lasts", NULL };

int
gv_policy_read_count(unsigned *out, const struct gv_policy_place *at)
{
	const char *text = at->value->text;
	char *end;
	long n;

	if (at->value->kind != GV_YAML_SCALAR || *text < '0' || *text > '9')
		return gv_policy_wrong(at, "a number, such as 2");
	n = strtol(text, &end, 10);
	if (*end || n > MAX_APPROVALS)
		return gv_policy_wrong(at, "a number up to 100");
	*out = (unsigned)n;
	return 0;
}

static int
read_approver(struct gv_policy_approval *out, const struct gv_policy_place *at)
{
	const char *text;
	size_t i;
	int r;

	if ((r = gv_policy_read_text(&text, at)) < 0)
		return r;
	for (i = 0; i < out->n_approvers; i++)
		if (strcmp(out->approvers[i], text) == 0)
			return gv_err(GV_EREFUSED,
			    "%s:%u: %s is named twice, and approves once",
			    at->file, at->value->line, text);
	if (out->n_approvers == MAX_APPROVERS)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d approvers", at->file,
		    at->value->line, MAX_APPROVERS);
	r = GV_GROW(out->approvers, out->n_approvers, out->cap_approvers);
	if (r < 0)
		return r;
	out->approvers[out->n_approvers++] = text;
	return 0;
}

static int
read_approvers(struct gv_policy_approval *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *list = at->value;
	size_t i;
	int r = 0;

	if (list->kind != GV_YAML_LIST || list->n == 0)
		return gv_policy_wrong(at, "a list of names of the keyring");
	for (i = 0; r == 0 && i < list->n; i++)
		r = read_approver(out,
		    &(struct gv_policy_place){
			at->file, at->key, list->values[i] });
	return r;
}

int
gv_policy_read_time(int64_t *out, const struct gv_policy_place *at)
{
	struct gv_policy_span span;
	const char *text;
	int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	/* months are not all of one length */
	if (gv_policy_parse_span(&span, text) < 0 || span.months ||
	    span.days > 3650 || span.seconds < 0 ||
	    span.seconds > 3650 * DAY_SECONDS ||
	    span.days * DAY_SECONDS + span.seconds <= 0)
		return gv_policy_wrong(at, "a duration such as 24h or 3d");
	*out = span.days * DAY_SECONDS + span.seconds;
	return 0;
}

int
gv_policy_read_approval(
    struct gv_policy_approval *out, const struct gv_policy_place *at)
{
	if (strcmp(at->key->text, "approvers") == 0)
		return read_approvers(out, at);
	if (strcmp(at->key->text, "lasts") == 0)
		return gv_policy_read_time(&out->lasts, at);
	out->is_counted = true;
	return gv_policy_read_count(&out->wanted, at);
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	return gv_policy_is_known(gv_policy_rollback_keys, at->key->text)
	    ? gv_policy_read_approval(data, at)
	    : gv_policy_unknown_key(at, gv_policy_rollback_keys);
}

int
gv_policy_read_rollbacks(
    struct gv_policy_approval *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map with approvals, approvers or lasts", read_key, out);
}

struct gv_policy_approval
gv_policy_approval_of(const struct gv_policy *policy, const char *env)
{
	const struct gv_policy_env *of = gv_policy_env(policy, env);
	struct gv_policy_approval out = policy->rollbacks;
	const struct gv_policy_approval *one = of ? &of->approval : NULL;

	if (one && one->is_counted)
		out.wanted = one->wanted;
	if (one && one->n_approvers) {
		out.approvers = one->approvers;
		out.n_approvers = one->n_approvers;
	}
	if (one && one->lasts)
		out.lasts = one->lasts;
	out.env = env;
	out.is_counted = true;
	out.cap_approvers = 0;
	if (out.lasts == 0)
		out.lasts = GV_POLICY_APPROVAL_LASTS;
	return out;
}

struct gv_policy_approval
gv_policy_approval_to(
    const struct gv_policy *policy, enum gv_policy_removal removal)
{
	struct gv_policy_approval out = policy->removals[removal];

	out.is_counted = true;
	out.cap_approvers = 0;
	if (out.lasts == 0)
		out.lasts = GV_POLICY_APPROVAL_LASTS;
	return out;
}
