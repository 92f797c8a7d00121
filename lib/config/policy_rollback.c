#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_APPROVALS 100
#define MAX_APPROVERS 1000
#define DAY_SECONDS   ((int64_t)24 * 60 * 60)

const char *const gv_policy_rollback_keys[] = { "approvals", "approvers",
	"environments", "lasts", NULL };
const char *const gv_policy_rollback_env_keys[] = { "approvals", "approvers",
	"lasts", NULL };

static int
read_count(struct gv_policy_approval *out, const struct gv_policy_place *at)
{
	const char *text = at->value->text;
	char *end;
	long n;

	if (at->value->kind != GV_YAML_SCALAR || *text < '0' || *text > '9')
		return gv_policy_wrong(at, "a number, such as 2");
	n = strtol(text, &end, 10);
	if (*end || n > MAX_APPROVALS)
		return gv_policy_wrong(at, "a number up to 100");
	out->is_counted = true;
	out->wanted = (unsigned)n;
	return 0;
}

static int
read_approver(struct gv_policy_approval *out, const struct gv_policy_place *at)
{
	const char *text;
	size_t i;
	int r = gv_policy_read_text(&text, at);

	for (i = 0; r == 0 && i < out->n_approvers; i++)
		if (strcmp(out->approvers[i], text) == 0)
			return gv_err(GV_EREFUSED,
			    "%s:%u: %s is named twice, and approves once",
			    at->file, at->value->line, text);
	if (r == 0 && out->n_approvers == MAX_APPROVERS)
		return gv_err(GV_EREFUSED,
		    "%s:%u: there are at most %d approvers", at->file,
		    at->value->line, MAX_APPROVERS);
	if (r == 0)
		r = GV_GROW(
		    out->approvers, out->n_approvers, out->cap_approvers);
	if (r == 0)
		out->approvers[out->n_approvers++] = text;
	return r;
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

static int
read_lasts(struct gv_policy_approval *out, const struct gv_policy_place *at)
{
	struct gv_policy_span span;
	const char *text;
	int r = gv_policy_read_text(&text, at);

	if (r < 0)
		return r;
	/* months are not all of one length */
	if (gv_policy_parse_span(&span, text) < 0 || span.months ||
	    span.days > 3650 || span.seconds < 0 ||
	    span.seconds > 3650 * DAY_SECONDS)
		return gv_policy_wrong(at, "a duration such as 24h or 3d");
	out->lasts = span.days * DAY_SECONDS + span.seconds;
	return out->lasts > 0
	    ? 0
	    : gv_policy_wrong(at, "a duration such as 24h or 3d");
}

static int
read_value(struct gv_policy_approval *out, const struct gv_policy_place *at)
{
	if (strcmp(at->key->text, "approvals") == 0)
		return read_count(out, at);
	return strcmp(at->key->text, "lasts") == 0 ? read_lasts(out, at)
						   : read_approvers(out, at);
}

/* ---- environments ------------------------------------------------------- */

static int
read_env_key(void *data, const struct gv_policy_place *at)
{
	return gv_policy_is_known(gv_policy_rollback_env_keys, at->key->text)
	    ? read_value(data, at)
	    : gv_policy_unknown_key(at, gv_policy_rollback_env_keys);
}

static int
read_env(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_rollbacks *out = data;
	struct gv_policy_approval *env;

	if (gv_policy_check_env(at) < 0)
		return GV_EREFUSED;
	if (GV_GROW(out->envs, out->n, out->cap) < 0)
		return gv_err_nomem();
	env = &out->envs[out->n++];
	*env = (struct gv_policy_approval){ .env = at->key->text };
	return gv_policy_each(
	    at, "a map with approvals, approvers or lasts", read_env_key, env);
}

/* ---- the section -------------------------------------------------------- */

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_rollbacks *out = data;

	if (!gv_policy_is_known(gv_policy_rollback_keys, at->key->text))
		return gv_policy_unknown_key(at, gv_policy_rollback_keys);
	return strcmp(at->key->text, "environments") == 0
	    ? gv_policy_each(at, "a map of environments", read_env, out)
	    : read_value(&out->all, at);
}

static struct gv_policy_approval
resolve(const struct gv_policy_rollbacks *of, const char *env)
{
	struct gv_policy_approval out = of->all;
	size_t i;

	for (i = 0; i < of->n; i++) {
		const struct gv_policy_approval *one = &of->envs[i];

		if (strcmp(one->env, env) != 0)
			continue;
		if (one->is_counted)
			out.wanted = one->wanted;
		if (one->n_approvers) {
			out.approvers = one->approvers;
			out.n_approvers = one->n_approvers;
		}
		if (one->lasts)
			out.lasts = one->lasts;
	}
	out.env = env;
	out.is_counted = true;
	out.cap_approvers = 0;
	if (out.lasts == 0)
		out.lasts = GV_POLICY_APPROVAL_LASTS;
	return out;
}

/* More than there are could never be had, and that is found out when it is too
 * late. */
static int
check_count(
    const struct gv_policy_approval *of, const struct gv_policy_place *section)
{
	if (of->n_approvers == 0 || of->n_approvers >= of->wanted)
		return 0;
	return gv_err(GV_EREFUSED,
	    "%s:%u: %u approvals are more than the %zu approver%s can give",
	    section->file, section->key->line, of->wanted, of->n_approvers,
	    of->n_approvers == 1 ? "" : "s");
}

int
gv_policy_read_rollbacks(
    struct gv_policy_rollbacks *out, const struct gv_policy_place *section)
{
	struct gv_policy_approval one;
	size_t i;
	int r = gv_policy_each(section,
	    "a map with approvals, approvers, lasts or environments", read_key,
	    out);

	if (r == 0)
		r = check_count(&out->all, section);
	for (i = 0; r == 0 && i < out->n; i++) {
		one = resolve(out, out->envs[i].env);
		r = check_count(&one, section);
	}
	return r;
}

struct gv_policy_approval
gv_policy_approval_of(const struct gv_policy *policy, const char *env)
{
	return resolve(&policy->rollbacks, env);
}

void
gv_policy_rollbacks_release(struct gv_policy_rollbacks *rollbacks)
{
	size_t i;

	free(rollbacks->all.approvers);
	for (i = 0; i < rollbacks->n; i++)
		free(rollbacks->envs[i].approvers);
	free(rollbacks->envs);
	memset(rollbacks, 0, sizeof(*rollbacks));
}
