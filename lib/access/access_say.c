#include "access/access_say.h"

#include <string.h>

#include "access/access_judge.h"
#include "base/buf.h"
#include "base/path.h"
#include "base/time.h"
#include "format/canon.h"
#include "policy/team.h"

#define KEYS_SAID 3
#define SUMS_SAID 20 /* keys, where their values are named */
#define HEX_SAID  12

/* ---- parts --------------------------------------------------------------- */

static void
add_names(
    struct gv_buf *out, const char *const *names, size_t n, const char *last)
{
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addf(out, "%s%s",
		    i == 0          ? ""
			: i + 1 < n ? ", "
				    : last,
		    names[i]);
}

/* What somebody has pushed stays on one line. */
static void
add_plain(struct gv_buf *out, const char *text)
{
	for (; *text; text++)
		gv_buf_addch(out,
		    (unsigned char)*text < ' ' || *text == '\177' ? '?'
								  : *text);
}

void
gv_access_say_change(struct gv_buf *out, const struct gv_access_change *c)
{
	const size_t most = c->sums ? SUMS_SAID : KEYS_SAID;
	size_t i;

	gv_path_quote(out, c->path, c->len);
	if (c->reads != GV_ACCESS_KEYS || c->n_keys == 0)
		return;
	for (i = 0; i < c->n_keys && i < most; i++) {
		gv_buf_addstr(out, i ? ", " : " (");
		add_plain(out, *c->keys[i] ? c->keys[i] : "all of it");
		if (c->sums)
			gv_buf_addf(
			    out, " %s>%s", c->sums[i].old, c->sums[i].new);
	}
	if (c->n_keys > most)
		gv_buf_addf(out, " and %zu more", c->n_keys - most);
	gv_buf_addch(out, ')');
}

void
gv_access_say_place(struct gv_buf *out, const struct gv_access_point *p)
{
	gv_buf_addstr(out, GV_TEAM_POLICY);
	if (p->rule->line)
		gv_buf_addf(out, ":%u", p->rule->line);
}

void
gv_access_say_rule(struct gv_buf *out, const struct gv_access_point *p)
{
	const struct gv_policy_access_rule *rule = p->rule;
	const struct gv_policy_texts *by = gv_access_approvers(rule);
	const char *sep = "";

	if (rule->roles.n) {
		gv_buf_addstr(out, "changed by ");
		add_names(out, rule->roles.items, rule->roles.n, " or ");
		sep = "; ";
	}
	if (rule->approvals) {
		gv_buf_addf(out, "%s%u approval%s by ", sep, rule->approvals,
		    rule->approvals == 1 ? "" : "s");
		if (by->n)
			add_names(out, by->items, by->n, " or ");
		else
			gv_buf_addstr(out, "anybody in the keyring");
		if (!rule->lets_author)
			gv_buf_addstr(out, " but the author");
		sep = "; ";
	}
	if (rule->freeze.n) {
		gv_buf_addf(out, "%sfrozen ", sep);
		add_names(out, rule->freeze.items, rule->freeze.n, " and ");
	}
}

/* ---- what is missing ----------------------------------------------------- */

static void
begin(struct gv_buf *out, const struct gv_access_point *p)
{
	gv_access_say_change(out, p->change);
	if (p->n_changes > 1)
		gv_buf_addf(out, " and %zu more file%s", p->n_changes - 1,
		    p->n_changes == 2 ? "" : "s");
	gv_buf_addstr(out, ": ");
}

static void
say_role(struct gv_buf *out, const struct gv_access_result *result,
    const struct gv_access_point *p)
{
	begin(out, p);
	gv_buf_addstr(out, "only ");
	add_names(out, p->rule->roles.items, p->rule->roles.n, " or ");
	gv_buf_addstr(out, " may change it (");
	gv_access_say_place(out, p);
	gv_buf_addstr(out, "), and ");
	if (result->is_stranger) {
		gv_buf_addstr(out, "the keyring has nobody called '");
		add_plain(out, result->person);
		gv_buf_addstr(out,
		    "'; access.accounts of the policy maps accounts of the "
		    "host to its names, which are listed by: git vault key "
		    "list\n");
	} else if (result->person) {
		add_plain(out, result->person);
		gv_buf_addstr(out, " does not have that role\n");
	} else {
		gv_buf_addstr(out,
		    "nobody knows who changes it: neither an account of the "
		    "host nor a signature is in the keyring\n");
	}
}

/* The rule asks for more people than there are. */
static void
say_too_few(struct gv_buf *out, const struct gv_access_point *p)
{
	gv_buf_addstr(out, "; too few people can give one: ");
	if (p->n_may == 0)
		gv_buf_addstr(out, "nobody in the keyring");
	else
		add_names(out, p->may, p->n_may, " and ");
	gv_buf_addf(out, " %s a role that approves it%s\n",
	    p->n_may > 1 ? "have" : "has",
	    p->rule->lets_author ? "" : ", besides the author");
}

static void
say_approvals(struct gv_buf *out, const struct gv_access_result *result,
    const struct gv_access_point *p)
{
	const unsigned more = p->rule->approvals - p->has;
	char hex[GV_OID_HEX + 1];

	begin(out, p);
	gv_buf_addf(out, "%u more approval%s needed (", more,
	    more == 1 ? " is" : "s are");
	gv_access_say_place(out, p);
	gv_buf_addch(out, ')');
	if (p->has) {
		gv_buf_addstr(out, ", next to that of ");
		add_names(out, p->by, p->has, " and ");
	}
	if (p->n_may < more) {
		say_too_few(out, p);
		return;
	}
	gv_buf_addstr(out, "; by ");
	add_names(out, p->may, p->n_may, " or ");
	gv_oid_format(hex, &result->to);
	if (gv_oid_is_zero(&result->to))
		gv_buf_addch(out, '\n');
	else
		gv_buf_addf(
		    out, ": git vault config approve %.*s\n", HEX_SAID, hex);
}

static void
say_frozen(struct gv_buf *out, const struct gv_access_point *p)
{
	char until[GV_TIME_MAX];

	gv_time_rfc3339(until, p->frozen.ends);
	begin(out, p);
	gv_buf_addf(out, "nobody may change it until %s (", until);
	gv_access_say_place(out, p);
	gv_buf_addf(out, ": %s%s)\n", p->frozen.text,
	    p->frozen.is_uncertain
		? ", a time zone that this machine does not have"
		: "");
}

static void
say_author(struct gv_buf *out, const struct gv_access_point *p)
{
	begin(out, p);
	gv_buf_addstr(out, "approvals cannot be counted (");
	gv_access_say_place(out, p);
	gv_buf_addstr(out,
	    "), since nobody knows who the author is; sign the commit with "
	    "your key of the keyring\n");
}

int
gv_access_say(struct gv_buf *out, const struct gv_access_result *result)
{
	size_t i;

	if (result->fault) {
		gv_buf_addf(out, "%s\n", result->fault);
		return gv_buf_check(out);
	}
	for (i = 0; i < result->verdict->n; i++) {
		const struct gv_access_point *p = &result->verdict->points[i];

		if (p->lacks & GV_ACCESS_ROLE)
			say_role(out, result, p);
		if (p->lacks & GV_ACCESS_FROZEN)
			say_frozen(out, p);
		if (p->lacks & GV_ACCESS_AUTHOR)
			say_author(out, p);
		else if (p->lacks & GV_ACCESS_APPROVALS)
			say_approvals(out, result, p);
	}
	if (result->verdict->lacks && result->passed)
		gv_buf_addstr(out, result->passed);
	return gv_buf_check(out);
}

/* ---- JSON ---------------------------------------------------------------- */

static void
put_list(
    struct gv_canon *c, const char *key, const char *const *items, size_t n)
{
	size_t i;

	gv_canon_list(c, key);
	for (i = 0; i < n; i++)
		gv_canon_text(c, NULL, items[i]);
	gv_canon_end(c);
}

/* Keys in the order of their bytes. */
static void
put_point(struct gv_canon *c, const struct gv_access_point *p)
{
	const struct gv_policy_texts *by = gv_access_approvers(p->rule);

	gv_canon_map(c, NULL);
	put_list(c, "by", by->items, by->n);
	gv_canon_bool(c, "frozen", p->lacks & GV_ACCESS_FROZEN);
	gv_canon_number(c, "has", p->has);
	gv_canon_number(c, "line", p->rule->line);
	gv_canon_number(c, "needs", p->rule->approvals);
	gv_canon_text(c, "path", p->change->path);
	put_list(c, "roles", p->rule->roles.items, p->rule->roles.n);
	gv_canon_end(c);
}

static void
put_change(struct gv_canon *c, const struct gv_access_change *change)
{
	gv_canon_map(c, NULL);
	put_list(c, "environments", change->envs, change->n_envs);
	put_list(c, "keys", change->keys, change->n_keys);
	gv_canon_text(c, "path", change->path);
	gv_canon_end(c);
}

int
gv_access_say_json(struct gv_buf *out, const struct gv_access_result *result)
{
	struct gv_canon c = { .out = out };
	const struct gv_access_verdict *v = result->verdict;
	char from[GV_OID_HEX + 1], to[GV_OID_HEX + 1];
	size_t i;

	gv_oid_format(from, &result->from);
	gv_oid_format(to, &result->to);
	gv_canon_map(&c, NULL);
	gv_canon_bool(&c, "allowed", v && v->lacks == 0);
	gv_canon_list(&c, "changes");
	for (i = 0; result->changes && i < result->changes->n; i++)
		if (result->changes->items[i].is_governed)
			put_change(&c, &result->changes->items[i]);
	gv_canon_end(&c);
	gv_canon_text(&c, "fault", result->fault);
	gv_canon_text(&c, "from", from);
	gv_canon_list(&c, "missing");
	for (i = 0; v && i < v->n; i++)
		if (v->points[i].lacks)
			put_point(&c, &v->points[i]);
	gv_canon_end(&c);
	gv_canon_text(&c, "person", result->person);
	gv_canon_text(&c, "ref", result->ref);
	gv_canon_text(&c, "to", to);
	gv_canon_end(&c);
	return gv_buf_check(out);
}
