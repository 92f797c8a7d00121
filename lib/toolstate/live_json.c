/* Reports that are one JSON document. */
#include "toolstate/live_internal.h"

#include <string.h>

#include "base/err.h"

static bool
is(const struct gv_unjson_node *map, const char *key, const char *value)
{
	return strcmp(gv_live_text(map, key), value) == 0;
}

static const struct gv_unjson_node *
list(const struct gv_unjson_node *map, const char *key)
{
	const struct gv_unjson_node *node = gv_unjson_get(map, key);

	return node && node->kind == GV_UNJSON_LIST ? node : NULL;
}

static int
add(struct gv_live *out, const char *resource, enum gv_live_change_kind kind)
{
	return gv_live_add(out, resource, strlen(resource), kind);
}

static int
refuse(const char *what)
{
	return gv_err(GV_EREFUSED, "%s", what);
}

/* ---- terraform show -json PLAN ------------------------------------------- */

static bool
is_equal(const struct gv_unjson_node *a, const struct gv_unjson_node *b)
{
	const struct gv_unjson_node *x, *y;

	if (a == NULL || b == NULL || a->kind != b->kind)
		return a == b;
	if (a->kind == GV_UNJSON_TEXT || a->kind == GV_UNJSON_NUMBER)
		return a->len == b->len &&
		    memcmp(a->text, b->text, a->len) == 0;
	for (x = a->first, y = b->first; x && y; x = x->next, y = y->next)
		if ((x->key &&
			(x->key_len != y->key_len ||
			    memcmp(x->key, y->key, x->key_len) != 0)) ||
		    !is_equal(x, y))
			return false;
	return x == NULL && y == NULL;
}

/* Keys stand in the same order on both sides, as terraform sorts them. */
static void
name_changed(struct gv_live *out, const struct gv_unjson_node *change)
{
	const struct gv_unjson_node *before = gv_unjson_get(change, "before");
	const struct gv_unjson_node *after = gv_unjson_get(change, "after");
	const struct gv_unjson_node *x, *y;

	if (before == NULL || after == NULL || before->kind != GV_UNJSON_MAP ||
	    after->kind != GV_UNJSON_MAP)
		return;
	y = after->first;
	for (x = before->first; x; x = x->next) {
		if (y && y->key_len == x->key_len &&
		    memcmp(x->key, y->key, x->key_len) == 0) {
			if (!is_equal(x, y))
				gv_live_name(out, x->key, x->key_len);
			y = y->next;
		} else {
			gv_live_name(out, x->key, x->key_len);
		}
	}
}

static bool
has_action(const struct gv_unjson_node *change, const char *action)
{
	const struct gv_unjson_node *actions = list(change, "actions"), *a;

	for (a = actions ? actions->first : NULL; a; a = a->next)
		if (a->kind == GV_UNJSON_TEXT && strcmp(a->text, action) == 0)
			return true;
	return false;
}

int
gv_live_read_terraform_plan(
    struct gv_live *out, const struct gv_unjson_node *doc)
{
	const struct gv_unjson_node *drift = list(doc, "resource_drift"), *d;
	const struct gv_unjson_node *errored = gv_unjson_get(doc, "errored");
	int r = 0;

	if (gv_unjson_get(doc, "terraform_version") == NULL ||
	    gv_unjson_get(doc, "format_version") == NULL)
		return 0;
	out->tool = GV_LIVE_TERRAFORM;
	if (gv_unjson_get(doc, "planned_values") == NULL)
		return refuse("this is a state of terraform, not a plan: "
			      "terraform plan -refresh-only -out=plan && "
			      "terraform show -json plan");
	if (errored && errored->kind == GV_UNJSON_TRUE)
		return refuse("terraform's plan ended with an error, so it did "
			      "not look at everything: terraform plan "
			      "-refresh-only");
	for (d = drift ? drift->first : NULL; d && r == 0; d = d->next) {
		const struct gv_unjson_node *change =
		    gv_unjson_get(d, "change");

		if (has_action(change, "no-op"))
			continue;
		r = add(out, gv_live_text(d, "address"),
		    has_action(change, "delete") ? GV_LIVE_GONE
						 : GV_LIVE_CHANGED);
		if (r == 0)
			name_changed(out, change);
	}
	return r < 0 ? r : 1;
}

/* ---- pulumi preview --json ----------------------------------------------- */

static int
pulumi_step(struct gv_live *out, const struct gv_unjson_node *step)
{
	static const struct {
		const char *op;
		enum gv_live_change_kind kind;
	} ops[] = {
		{ "create", GV_LIVE_GONE },
		{ "update", GV_LIVE_CHANGED },
		{ "replace", GV_LIVE_CHANGED },
		{ "import", GV_LIVE_CHANGED },
		{ "delete", GV_LIVE_EXTRA },
	};
	const struct gv_unjson_node *diff = gv_unjson_get(step, "detailedDiff");
	size_t i;
	int r;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (is(step, "op", ops[i].op))
			break;
	if (i == sizeof(ops) / sizeof(ops[0]))
		return 0;
	if ((r = add(out, gv_live_text(step, "urn"), ops[i].kind)) < 0)
		return r;
	for (diff = diff && diff->kind == GV_UNJSON_MAP ? diff->first : NULL;
	     diff; diff = diff->next)
		gv_live_name(out, diff->key, diff->key_len);
	return 0;
}

int
gv_live_read_pulumi(struct gv_live *out, const struct gv_unjson_node *doc)
{
	const struct gv_unjson_node *steps = list(doc, "steps"), *s;
	const struct gv_unjson_node *said = list(doc, "diagnostics");
	int r = 0;

	if (gv_unjson_get(doc, "changeSummary") == NULL && steps == NULL)
		return 0;
	out->tool = GV_LIVE_PULUMI;
	for (s = said ? said->first : NULL; s; s = s->next)
		if (is(s, "severity", "error"))
			return refuse("pulumi reports an error, so it did not "
				      "look at everything: pulumi preview "
				      "--refresh");
	if (gv_unjson_get(doc, "changeSummary") == NULL)
		return refuse("pulumi's preview has no summary, so it was not "
			      "finished: pulumi preview --refresh --json");
	for (s = steps ? steps->first : NULL; s && r == 0; s = s->next)
		r = pulumi_step(out, s);
	return r < 0 ? r : 1;
}

/* ---- aws cloudformation -------------------------------------------------- */

static int
stack_resource(struct gv_live *out, const struct gv_unjson_node *d)
{
	const struct gv_unjson_node *diff = list(d, "PropertyDifferences");
	const char *path;
	int r;

	if (is(d, "StackResourceDriftStatus", "IN_SYNC"))
		return 0;
	r = add(out, gv_live_text(d, "LogicalResourceId"),
	    is(d, "StackResourceDriftStatus", "DELETED") ? GV_LIVE_GONE
		: is(d, "StackResourceDriftStatus", "MODIFIED")
		? GV_LIVE_CHANGED
		: GV_LIVE_UNKNOWN);
	for (diff = diff ? diff->first : NULL; diff && r == 0;
	     diff = diff->next) {
		path = gv_live_text(diff, "PropertyPath");
		gv_live_name(out, path, strlen(path));
	}
	return r;
}

int
gv_live_read_cloudformation(
    struct gv_live *out, const struct gv_unjson_node *doc)
{
	static const char next[] =
	    "this does not say which resources differ: when the detection has "
	    "ended, run aws cloudformation describe-stack-resource-drifts";
	const struct gv_unjson_node *drifts = list(doc, "StackResourceDrifts");
	const struct gv_unjson_node *d;
	int r = 0;

	if (drifts == NULL &&
	    gv_unjson_get(doc, "StackDriftDetectionId") == NULL)
		return 0;
	out->tool = GV_LIVE_CLOUDFORMATION;
	if (drifts == NULL &&
	    is(doc, "DetectionStatus", "DETECTION_COMPLETE") &&
	    is(doc, "StackDriftStatus", "IN_SYNC"))
		return 1;
	if (drifts == NULL)
		return refuse(next);
	if (*gv_live_text(doc, "NextToken"))
		return refuse("the list of resources goes on, and its rest is "
			      "not here: leave --no-paginate and --max-items "
			      "out");
	for (d = drifts->first; d && r == 0; d = d->next)
		r = stack_resource(out, d);
	return r < 0 ? r : 1;
}

/* ---- az deployment group what-if ----------------------------------------- */

static int
azure_change(struct gv_live *out, const struct gv_unjson_node *c)
{
	const struct gv_unjson_node *delta = list(c, "delta");
	const char *path;
	int r;

	if (is(c, "changeType", "NoChange") || is(c, "changeType", "Ignore"))
		return 0;
	r = add(out, gv_live_text(c, "resourceId"),
	    is(c, "changeType", "Create")       ? GV_LIVE_GONE
		: is(c, "changeType", "Delete") ? GV_LIVE_EXTRA
		: is(c, "changeType", "Modify") ? GV_LIVE_CHANGED
						: GV_LIVE_UNKNOWN);
	for (delta = delta ? delta->first : NULL; delta && r == 0;
	     delta = delta->next) {
		path = gv_live_text(delta, "path");
		gv_live_name(out, path, strlen(path));
	}
	return r;
}

int
gv_live_read_azure(struct gv_live *out, const struct gv_unjson_node *doc)
{
	const struct gv_unjson_node *inner = gv_unjson_get(doc, "properties");
	const struct gv_unjson_node *changes = list(doc, "changes"), *c;
	int r = 0;

	if (changes == NULL)
		changes = list(inner, "changes");
	if (*gv_live_text(doc, "status") == '\0')
		return 0;
	out->tool = GV_LIVE_AZURE;
	if (!is(doc, "status", "Succeeded") || changes == NULL)
		return refuse("the what-if of Azure did not succeed: az "
			      "deployment group what-if --no-pretty-print");
	for (c = changes->first; c && r == 0; c = c->next)
		r = azure_change(out, c);
	return r < 0 ? r : 1;
}

/* ---- Config Connector ---------------------------------------------------- */

static const struct gv_unjson_node *
ready(const struct gv_unjson_node *item)
{
	const struct gv_unjson_node *c =
	    list(gv_unjson_get(item, "status"), "conditions");

	for (c = c ? c->first : NULL; c; c = c->next)
		if (is(c, "type", "Ready"))
			return c;
	return NULL;
}

static int
connector_item(struct gv_live *out, const struct gv_unjson_node *item)
{
	const struct gv_unjson_node *meta = gv_unjson_get(item, "metadata");
	const struct gv_unjson_node *c = ready(item);
	struct gv_buf name = GV_BUF_INIT;
	const char *reason = gv_live_text(c, "reason");
	int r;

	if (c && is(c, "status", "True"))
		return 0;
	gv_buf_addf(&name, "%s/%s/%s", gv_live_text(item, "kind"),
	    gv_live_text(meta, "namespace"), gv_live_text(meta, "name"));
	r = gv_buf_check(&name) < 0
	    ? gv_err_nomem()
	    : add(out, name.p, c ? GV_LIVE_CHANGED : GV_LIVE_UNKNOWN);
	if (r == 0)
		gv_live_name(out, reason, strlen(reason));
	gv_buf_release(&name);
	return r;
}

int
gv_live_read_config_connector(
    struct gv_live *out, const struct gv_unjson_node *doc)
{
	const struct gv_unjson_node *items = list(doc, "items"), *i;
	int r = 0;

	if (items == NULL || *gv_live_text(doc, "kind") == '\0')
		return 0;
	out->tool = GV_LIVE_CONFIG_CONNECTOR;
	for (i = items->first; i && r == 0; i = i->next) {
		if (strstr(gv_live_text(i, "apiVersion"),
			".cnrm.cloud.google.com/") == NULL)
			return refuse("the list has objects that are not of "
				      "Config Connector: kubectl get gcp -o "
				      "json");
		r = connector_item(out, i);
	}
	return r < 0 ? r : 1;
}
