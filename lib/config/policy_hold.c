#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

/* Which value of a key is used. */
enum how {
	ACCEPTED, /* the accepted one */
	PRESENT,  /* the present one, because no value loosens anything */
	STRICTER, /* the stricter one of both; the code below decides */
	PART,     /* that of the key above it */
};

/* A key without a row counts as ACCEPTED: the result starts from the accepted
 * policy, and only the code below takes anything from the file. */
static const struct row {
	const char *key, *about;
	enum how how;
} rows[] = {
	/* A push is judged by the policy of the branch before it, so what
	 * loosens these has itself to be let by them. */
	{ "access.accounts", "what hosts call people of the keyring", PRESENT },
	{ "access.authorize", "a command that may refuse a push", ACCEPTED },
	{ "access.branches", "which branches are protected", PRESENT },
	{ "access.identity", "a command that says who pushes", ACCEPTED },
	{ "access.roles", "who has a role", PRESENT },
	{ "access.rules", "who may change which files and keys", PRESENT },
	{ "access.rules[].approvals", NULL, PART },
	{ "access.rules[].by", NULL, PART },
	{ "access.rules[].env", NULL, PART },
	{ "access.rules[].freeze", NULL, PART },
	{ "access.rules[].keys", NULL, PART },
	{ "access.rules[].not_author", NULL, PART },
	{ "access.rules[].paths", NULL, PART },
	{ "access.rules[].roles", NULL, PART },
	{ "access.rules[].valid", NULL, PART },
	{ "check.allowed", "where code and images may come from", STRICTER },
	{ "check.allowed.actions", NULL, PART },
	{ "check.allowed.charts", NULL, PART },
	{ "check.allowed.images", NULL, PART },
	{ "check.allowed.modules", NULL, PART },
	/* the lines of the file are accepted one by one: policy/consent.h */
	{ "check.baseline", "which file lists known findings", PRESENT },
	{ "check.ignore", "findings that are allowed", STRICTER },
	{ "check.ignore[].expires", NULL, PART },
	{ "check.ignore[].path", NULL, PART },
	{ "check.ignore[].reason", NULL, PART },
	{ "check.ignore[].rule", NULL, PART },
	{ "check.protected", "paths that no push may change", STRICTER },
	{ "check.push", "which findings refuse a push", STRICTER },
	{ "check.required", "files and keys that must exist", STRICTER },
	{ "check.required[].files", NULL, PART },
	{ "check.required[].keys", NULL, PART },
	{ "check.required[].path", NULL, PART },
	{ "check.rules", "how severe the findings of a rule are", STRICTER },
	/* programs run by these, with the rights of whoever takes a dump */
	{ "components", "which databases and services are dumped, and how",
	    ACCEPTED },
	{ "components.*.check", NULL, PART },
	{ "components.*.credentials", NULL, PART },
	{ "components.*.engine", NULL, PART },
	{ "components.*.environment", NULL, PART },
	{ "components.*.expect", NULL, PART },
	{ "components.*.info", NULL, PART },
	{ "components.*.mode", NULL, PART },
	{ "components.*.options", NULL, PART },
	{ "components.*.restore", NULL, PART },
	{ "components.*.retention", NULL, PART },
	{ "components.*.run", NULL, PART },
	{ "components.*.schedule", NULL, PART },
	{ "components.*.source", NULL, PART },
	{ "components.*.timeout", NULL, PART },
	{ "components.*.type", NULL, PART },
	/* what is asked of values; layers are files that come with the same
	 * push, so which they are loosens nothing */
	{ "config", "which files are configuration, and what holds for it",
	    STRICTER },
	{ "config.*.app", NULL, PART },
	{ "config.*.delimiters", NULL, PART },
	{ "config.*.layers", NULL, PART },
	{ "config.*.merge", NULL, PART },
	{ "config.*.null", NULL, PART },
	{ "config.*.providers", NULL, PART },
	{ "config.*.rules", NULL, PART },
	{ "config.*.rules[]", NULL, PART },
	{ "config.*.schema", NULL, PART },
	{ "config.*.services", NULL, PART },
	{ "config.*.storage", NULL, PART },
	{ "config.*.template", NULL, PART },
	{ "delete.approvals", "how many people must approve a deletion",
	    STRICTER },
	{ "delete.approvers", "who may approve a deletion", STRICTER },
	{ "delete.lasts", "how long the approval of a deletion is valid",
	    STRICTER },
	{ "drills.rules", "what a drill asks of what came back", ACCEPTED },
	{ "drills.rules.*.age", NULL, PART },
	{ "drills.rules.*.certificate", NULL, PART },
	{ "drills.rules.*.file", NULL, PART },
	{ "drills.rules.*.key", NULL, PART },
	{ "drills.rules.*.least", NULL, PART },
	{ "drills.rules.*.most", NULL, PART },
	{ "drills.rules.*.state", NULL, PART },
	{ "drills.rules.*.value", NULL, PART },
	{ "drills.services", "servers that a drill starts in its sandbox",
	    ACCEPTED },
	{ "drills.services.*.ready", NULL, PART },
	{ "drills.services.*.run", NULL, PART },
	{ "drills.without", "checks of tools that a drill leaves out",
	    ACCEPTED },
	{ "drills.validators", "commands that a drill runs in its sandbox",
	    ACCEPTED },
	{ "environments", "what holds for an environment", STRICTER },
	{ "environments.*.account", NULL, PART },
	{ "environments.*.after", NULL, PART },
	{ "environments.*.aliases", NULL, PART },
	{ "environments.*.approvals", NULL, PART },
	{ "environments.*.approvers", NULL, PART },
	{ "environments.*.automatic", NULL, PART },
	{ "environments.*.branches", NULL, PART },
	{ "environments.*.copies", NULL, PART },
	{ "environments.*.drilled", NULL, PART },
	{ "environments.*.every", NULL, PART },
	{ "environments.*.extends", NULL, PART },
	{ "environments.*.freeze", NULL, PART },
	{ "environments.*.functions", NULL, PART },
	{ "environments.*.keys", NULL, PART },
	{ "environments.*.lasts", NULL, PART },
	{ "environments.*.paths", NULL, PART },
	{ "environments.*.region", NULL, PART },
	{ "environments.*.retention", NULL, PART },
	{ "environments.*.rpo", NULL, PART },
	{ "environments.*.rto", NULL, PART },
	{ "environments.*.seal", NULL, PART },
	{ "environments.*.tier", NULL, PART },
	{ "good.checks",
	    "commands that run to tell whether a deployment is "
	    "good",
	    ACCEPTED },
	{ "good.drilled",
	    "how long ago a drill has passed before a record is good",
	    STRICTER },
	{ "good.signed", "whether known-good records must be signed",
	    STRICTER },
	{ "good.signers", "whose signature of a record counts", STRICTER },
	{ "keys.lasts", "how old a key of the keyring may be", STRICTER },
	{ "points", "which components are dumped together", ACCEPTED },
	{ "points.*.after", NULL, PART },
	{ "points.*.before", NULL, PART },
	{ "points.*.components", NULL, PART },
	/* what the project is called: it decides nothing */
	{ "project.client", "whom the project is for", PRESENT },
	{ "project.name", "what the project is called", PRESENT },
	{ "project.parts", "which folders are parts of the project", PRESENT },
	{ "project.phase", "which phase the project is in", PRESENT },
	{ "project.related", "which projects this one belongs with", PRESENT },
	{ "project.stack", "what the project is made with", PRESENT },
	{ "project.tags", "words to find the project by", PRESENT },
	{ "prune.approvals", "how many people must approve a prune", STRICTER },
	{ "prune.approvers", "who may approve a prune", STRICTER },
	{ "prune.lasts", "how long the approval of a prune is valid",
	    STRICTER },
	/* a shorter list ends copies: it tightens and loosens at once */
	{ "residency", "regions that copies may be in", ACCEPTED },
	{ "retention.*.keep-daily", NULL, PART },
	{ "retention.*.keep-hourly", NULL, PART },
	{ "retention.*.keep-last", NULL, PART },
	{ "retention.*.keep-minutely", NULL, PART },
	{ "retention.*.keep-monthly", NULL, PART },
	{ "retention.*.keep-secondly", NULL, PART },
	{ "retention.*.keep-weekly", NULL, PART },
	{ "retention.*.keep-within", NULL, PART },
	{ "retention.*.keep-within-daily", NULL, PART },
	{ "retention.*.keep-within-hourly", NULL, PART },
	{ "retention.*.keep-within-minutely", NULL, PART },
	{ "retention.*.keep-within-monthly", NULL, PART },
	{ "retention.*.keep-within-secondly", NULL, PART },
	{ "retention.*.keep-within-weekly", NULL, PART },
	{ "retention.*.keep-within-yearly", NULL, PART },
	{ "retention.*.keep-yearly", NULL, PART },
	{ "retention.auto", "whether snapshots are pruned automatically",
	    STRICTER },
	{ "retention.ci", "how many snapshots by pipelines prune keeps",
	    STRICTER },
	{ "retention.group-by", "which snapshots are counted together",
	    STRICTER },
	{ "retention.hook", "how many snapshots by hooks prune keeps",
	    STRICTER },
	{ "retention.keep-daily", "how many daily snapshots prune keeps",
	    STRICTER },
	{ "retention.keep-hourly", "how many hourly snapshots prune keeps",
	    STRICTER },
	{ "retention.keep-last", "how many newest snapshots prune keeps",
	    STRICTER },
	{ "retention.keep-minutely", "how many snapshots a minute prune keeps",
	    STRICTER },
	{ "retention.keep-monthly", "how many monthly snapshots prune keeps",
	    STRICTER },
	{ "retention.keep-secondly", "how many snapshots a second prune keeps",
	    STRICTER },
	{ "retention.keep-tag", "which tags keep a snapshot", STRICTER },
	{ "retention.keep-weekly", "how many weekly snapshots prune keeps",
	    STRICTER },
	{ "retention.keep-within", "how long prune keeps every snapshot",
	    STRICTER },
	{ "retention.keep-within-daily", "how long prune keeps daily snapshots",
	    STRICTER },
	{ "retention.keep-within-hourly",
	    "how long prune keeps hourly snapshots", STRICTER },
	{ "retention.keep-within-minutely",
	    "how long prune keeps a snapshot a minute", STRICTER },
	{ "retention.keep-within-monthly",
	    "how long prune keeps monthly snapshots", STRICTER },
	{ "retention.keep-within-secondly",
	    "how long prune keeps a snapshot a second", STRICTER },
	{ "retention.keep-within-weekly",
	    "how long prune keeps weekly snapshots", STRICTER },
	{ "retention.keep-within-yearly",
	    "how long prune keeps yearly snapshots", STRICTER },
	{ "retention.keep-yearly", "how many yearly snapshots prune keeps",
	    STRICTER },
	{ "retention.manual", "how many snapshots by people prune keeps",
	    STRICTER },
	{ "retention.safety", "how many safety snapshots prune keeps",
	    STRICTER },
	{ "retention.schedule", "how many scheduled snapshots prune keeps",
	    STRICTER },
	{ "retention.watch", "how many snapshots by watch prune keeps",
	    STRICTER },
	{ "rollback.approvals", "how many people must approve a rollback",
	    STRICTER },
	{ "rollback.approvers", "who may approve a rollback", STRICTER },
	{ "rollback.lasts", "how long an approval is valid", STRICTER },
	{ "scan.allow", "findings that are not reported", STRICTER },
	{ "scan.allow[].expires", NULL, PART },
	{ "scan.allow[].fingerprint", NULL, PART },
	{ "scan.allow[].path", NULL, PART },
	{ "scan.allow[].reason", NULL, PART },
	{ "scan.allow[].rule", NULL, PART },
	{ "scan.allow[].value", NULL, PART },
	{ "scan.disable", "rules that do not search", STRICTER },
	/* one of kind "public" hides what other rules find */
	{ "scan.rules", "rules of the team's own", ACCEPTED },
	{ "scan.severity", "how severe the findings of a rule are", STRICTER },
	/* drills as often as either wants; what runs as it was accepted */
	{ "schedule", "what runs by itself, and how often a drill has to pass",
	    STRICTER },
	{ "schedule.*.at", NULL, PART },
	{ "schedule.*.components", NULL, PART },
	{ "schedule.*.env", NULL, PART },
	{ "schedule.*.every", NULL, PART },
	{ "schedule.*.retry", NULL, PART },
	{ "schedule.*.retry.attempts", NULL, PART },
	{ "schedule.*.retry.backoff", NULL, PART },
	{ "schedule.*.retry.delay", NULL, PART },
	{ "schedule.*.retry.max_delay", NULL, PART },
	{ "schedule.*.what", NULL, PART },
	{ "scopes", "where the secrets of a scope are stored", ACCEPTED },
	{ "scopes.*.keep", NULL, PART },
	{ "scopes.*.vault", NULL, PART },
	{ "secrets.paths", "how much of a file is encrypted", STRICTER },
	{ "secrets.paths[].keep", NULL, PART },
	{ "secrets.paths[].path", NULL, PART },
	{ "secrets.scopes", "who can read the secrets of a file", ACCEPTED },
	{ "secrets.scopes[].path", NULL, PART },
	{ "secrets.scopes[].scope", NULL, PART },
	{ "secrets.withhold", "how sure a finding must be to be encrypted",
	    STRICTER },
	{ "snapshots.classes",
	    "how soon watch saves a file, and how long its saves stay",
	    STRICTER },
	{ "snapshots.classes.*.every", NULL, PART },
	{ "snapshots.classes.*.languages", NULL, PART },
	{ "snapshots.classes.*.paths", NULL, PART },
	{ "snapshots.classes.*.retention", NULL, PART },
	{ "snapshots.exclude", "which files snapshots leave out", STRICTER },
	{ "snapshots.include", "which files snapshots hold in any case",
	    STRICTER },
	{ "snapshots.limit", "how much space the vault may take", STRICTER },
	{ "state.auto", "whether snapshots save versions of states", STRICTER },
	{ "state.seal", "how states are encrypted", STRICTER },
	/* what is here is sent there */
	{ "targets", "stores that copies are pushed to", ACCEPTED },
	{ "targets.*.encrypt", NULL, PART },
	{ "targets.*.endpoint", NULL, PART },
	{ "targets.*.environments", NULL, PART },
	{ "targets.*.limit", NULL, PART },
	{ "targets.*.push", NULL, PART },
	{ "targets.*.region", NULL, PART },
	{ "targets.*.url", NULL, PART },
	{ "vaults", "services that secrets are sent to", ACCEPTED },
	{ "vaults.*.address", NULL, PART },
	{ "vaults.*.key", NULL, PART },
	{ "vaults.*.kind", NULL, PART },
	{ "vaults.*.mount", NULL, PART },
	{ "vaults.*.namespace", NULL, PART },
	{ "vaults.*.path", NULL, PART },
	{ "vaults.*.region", NULL, PART },
	{ "vaults.*.role", NULL, PART },
	{ "vcs.base",
	    "whether snapshots store what the server of Subversion "
	    "or Mercurial has",
	    STRICTER },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* A section whose keys all have rows. */
static bool
has_rows_below(const char *section)
{
	size_t len = strlen(section), i;

	for (i = 0; i < N_ROWS; i++)
		if (strncmp(rows[i].key, section, len) == 0 &&
		    rows[i].key[len] == '.')
			return true;
	return false;
}

/* A key that is a part of one decides for all below it. */
static bool
is_part_of(const char *key, const struct row *row)
{
	const size_t len = strlen(row->key);

	return row->how == PART && strncmp(key, row->key, len) == 0 &&
	    key[len] == '.';
}

bool
gv_policy_is_decided(const char *key)
{
	size_t i;

	for (i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].key, key) == 0 || is_part_of(key, &rows[i]))
			return true;
	return strchr(key, '.') == NULL && has_rows_below(key);
}

int
gv_policy_each_decided(int (*fn)(void *ctx, const char *key), void *ctx)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < N_ROWS; i++)
		r = fn(ctx, rows[i].key);
	return r;
}

void
gv_policy_hold_wait(struct gv_policy_hold *h, const char *key)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (strcmp(h->waits[i], key) == 0)
			return;
	if (h->n < GV_POLICY_HOLD_MAX)
		h->waits[h->n++] = key;
}

/* ---- scan --------------------------------------------------------------- */

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const struct gv_policy_allowance *
find_allowance(
    const struct gv_policy_scan *scan, const struct gv_policy_allowance *a)
{
	size_t i;

	for (i = 0; i < scan->n_allow; i++) {
		const struct gv_policy_allowance *b = &scan->allow[i];

		if (is_same_text(a->fingerprint, b->fingerprint) &&
		    is_same_text(a->value, b->value) &&
		    is_same_text(a->path, b->path) &&
		    is_same_text(a->rule, b->rule))
			return b;
	}
	return NULL;
}

/* What both allow, up to the earlier day. */
static void
hold_allowances(struct gv_policy_hold *h)
{
	struct gv_policy_scan *out = &h->out->scan;
	const struct gv_policy_scan *present = &h->present->scan;
	size_t i, n = 0;

	for (i = 0; i < present->n_allow; i++) {
		const struct gv_policy_allowance *a = &present->allow[i], *b;

		b = find_allowance(out, a);
		if (b == NULL || a->ends > b->ends || (!b->reason && a->reason))
			gv_policy_hold_wait(h, "scan.allow");
	}
	for (i = 0; i < out->n_allow; i++) {
		struct gv_policy_allowance a = out->allow[i];
		const struct gv_policy_allowance *b =
		    find_allowance(present, &a);

		if (b == NULL)
			continue;
		a.ends = b->ends < a.ends ? b->ends : a.ends;
		a.reason = a.reason ? b->reason : NULL;
		a.line = b->line;
		out->allow[n++] = a;
	}
	out->n_allow = n;
}

static const char *const severities[] = { "low", "medium", "high", "critical" };

static size_t
level_of(const char *const *words, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			break;
	return i;
}

static size_t
severity_of(const char *word)
{
	return level_of(severities, 4, word);
}

/* The entry of a policy that switches a rule off, or (with `off` false) that
 * sets its severity. */
static const struct gv_policy_change *
find_change(const struct gv_policy_scan *scan, const char *rule, bool off)
{
	size_t i;

	for (i = 0; i < scan->n_changes; i++)
		if (strcmp(scan->changes[i].rule, rule) == 0 &&
		    (scan->changes[i].severity == NULL) == off)
			return &scan->changes[i];
	return NULL;
}

/* A rule is off where it is off in both. */
static bool
is_kept(struct gv_policy_change *c, struct gv_policy_hold *h)
{
	const struct gv_policy_change *now =
	    find_change(&h->present->scan, c->rule, c->severity == NULL);

	if (c->severity == NULL)
		return now != NULL;
	if (now == NULL ||
	    severity_of(now->severity) < severity_of(c->severity))
		gv_policy_hold_wait(h, "scan.severity");
	else
		c->severity = now->severity;
	return true;
}

static int
add_raise(struct gv_policy_scan *out, const struct gv_policy_change *c)
{
	int r = GV_GROW(out->changes, out->n_changes, out->cap_changes);

	if (r < 0)
		return r;
	out->changes[out->n_changes] = *c;
	out->changes[out->n_changes++].is_raise = true;
	return 0;
}

/* Which severity a rule has by default is not known here: each that nobody
 * accepted is only to raise it. */
static int
hold_changes(struct gv_policy_hold *h)
{
	struct gv_policy_scan *out = &h->out->scan;
	const struct gv_policy_scan *present = &h->present->scan;
	size_t i, n = 0, was = out->n_changes;
	int r = 0;

	for (i = 0; r == 0 && i < present->n_changes; i++) {
		const struct gv_policy_change *c = &present->changes[i];

		if (find_change(out, c->rule, c->severity == NULL))
			continue;
		if (c->severity == NULL)
			gv_policy_hold_wait(h, "scan.disable");
		else if (strcmp(c->severity, "critical") != 0)
			gv_policy_hold_wait(h, "scan.severity");
		if (c->severity)
			r = add_raise(out, c);
	}
	for (i = 0; i < out->n_changes; i++)
		if (i >= was || is_kept(&out->changes[i], h))
			out->changes[n++] = out->changes[i];
	out->n_changes = n;
	return r;
}

static int
hold_scan(struct gv_policy_hold *h)
{
	hold_allowances(h);
	return hold_changes(h);
}

/* ---- secrets ------------------------------------------------------------ */

static const char *const grades[] = { "possible", "likely", "verified" };

static void
hold_grade(struct gv_policy_hold *h)
{
	static const char by_default[] = "possible";
	const char *was = h->out->secrets.withhold;
	const char *now = h->present->secrets.withhold;
	size_t a = level_of(grades, 3, was ? was : by_default);
	size_t b = level_of(grades, 3, now ? now : by_default);

	if (b > a)
		gv_policy_hold_wait(h, "secrets.withhold");
	else
		h->out->secrets.withhold = now;
}

/* Whether every path is encrypted at least as much as before. The present list
 * may add entries that seal, drop entries that store in clear, and seal more at
 * the same paths. */
static bool
is_as_strict(
    const struct gv_policy_secrets *was, const struct gv_policy_secrets *now)
{
	size_t i = 0, k = 0;

	while (i < was->n_paths || k < now->n_paths) {
		const struct gv_policy_path *a =
		    i < was->n_paths ? &was->paths[i] : NULL;
		const struct gv_policy_path *b =
		    k < now->n_paths ? &now->paths[k] : NULL;

		if (a && b && strcmp(a->path, b->path) == 0 &&
		    b->keep >= a->keep) {
			i++;
			k++;
		} else if (b && b->keep == GV_POLICY_SEALED) {
			k++;
		} else if (a && a->keep == GV_POLICY_CLEAR) {
			i++;
		} else {
			return false;
		}
	}
	return true;
}

/* Keep both lists: which of them is stricter depends on the path. */
static int
hold_secrets(struct gv_policy_hold *h)
{
	struct gv_policy_secrets *out = &h->out->secrets;
	struct gv_policy_secrets *present = &h->present->secrets;

	hold_grade(h);
	if (!is_as_strict(out, present))
		gv_policy_hold_wait(h, "secrets.paths");
	out->is_double = true;
	out->also = present->paths;
	out->n_also = present->n_paths;
	present->paths = NULL;
	present->n_paths = present->cap_paths = 0;
	return 0;
}

/* ---- snapshots ---------------------------------------------------------- */

static bool
has_pattern(const char *const *list, size_t n, const char *pattern)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], pattern) == 0)
			return true;
	return false;
}

/* With less room more is let go. */
static void
hold_room(struct gv_policy_hold *h)
{
	struct gv_policy_room *out = &h->out->snapshots.limit;
	const struct gv_policy_room *now = &h->present->snapshots.limit;

	*out = gv_policy_room_most(out, now);
	if (out->bytes != now->bytes || out->percent != now->percent)
		gv_policy_hold_wait(h, "snapshots.limit");
}

/* A path is excluded if both exclude it, and included if either includes it. */
static int
hold_snapshots(struct gv_policy_hold *h)
{
	struct gv_policy_snapshots *out = &h->out->snapshots;
	const struct gv_policy_snapshots *now = &h->present->snapshots;
	size_t i, n = 0;
	int r = 0;

	hold_room(h);
	gv_policy_hold_classes(h);
	for (i = 0; i < now->n_exclude; i++)
		if (!has_pattern(out->exclude, out->n_exclude, now->exclude[i]))
			gv_policy_hold_wait(h, "snapshots.exclude");
	for (i = 0; i < out->n_exclude; i++)
		if (has_pattern(now->exclude, now->n_exclude, out->exclude[i]))
			out->exclude[n++] = out->exclude[i];
	out->n_exclude = n;
	for (i = 0; i < out->n_include; i++)
		if (!has_pattern(now->include, now->n_include, out->include[i]))
			gv_policy_hold_wait(h, "snapshots.include");
	for (i = 0; r == 0 && i < now->n_include; i++) {
		if (has_pattern(out->include, out->n_include, now->include[i]))
			continue;
		r = GV_GROW(out->include, out->n_include, out->cap_include);
		if (r == 0)
			out->include[out->n_include++] = now->include[i];
	}
	return r;
}

/* ---- states ------------------------------------------------------------- */

static enum gv_policy_seal
stricter(enum gv_policy_seal a, enum gv_policy_seal b)
{
	return a < b ? a : b;
}

static void
hold_states(struct gv_policy_hold *h)
{
	struct gv_policy_states *out = &h->out->states;
	const struct gv_policy_states *now = &h->present->states;

	out->are_left = out->are_left && now->are_left;
	out->seal = stricter(out->seal, now->seal);
	if (out->are_left != now->are_left)
		gv_policy_hold_wait(h, "state.auto");
	if (out->seal != now->seal)
		gv_policy_hold_wait(h, "state.seal");
}

/* ---- what differs ------------------------------------------------------- */

static bool
is_nothing(const struct gv_yaml_node *node)
{
	return node == NULL || gv_yaml_is_null(node);
}

static bool
is_same(const struct gv_yaml_node *a, const struct gv_yaml_node *b)
{
	size_t i;

	if (is_nothing(a) || is_nothing(b))
		return is_nothing(a) == is_nothing(b);
	if (a->kind != b->kind || a->n != b->n)
		return false;
	if (a->kind == GV_YAML_SCALAR)
		return a->len == b->len &&
		    memcmp(a->text, b->text, a->len) == 0;
	for (i = 0; i < a->n; i++)
		if (!is_same(a->values[i], b->values[i]) ||
		    (a->kind == GV_YAML_MAP &&
			!is_same(a->keys[i], b->keys[i])))
			return false;
	return true;
}

static const struct gv_yaml_node *
find_node(const struct gv_yaml *yaml, const char *key)
{
	const struct gv_yaml_node *root = yaml ? gv_yaml_root(yaml) : NULL;
	const char *dot = strchr(key, '.');
	char section[32];

	if (dot == NULL)
		return gv_yaml_get(root, key);
	if ((size_t)(dot - key) >= sizeof(section))
		return NULL;
	memcpy(section, key, (size_t)(dot - key));
	section[dot - key] = '\0';
	return gv_yaml_get(gv_yaml_get(root, section), dot + 1);
}

static bool
is_waited_for(const struct gv_policy_hold *h, const struct row *row)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (strncmp(row->key, h->waits[i], strlen(h->waits[i])) == 0)
			return true;
	return row->how == ACCEPTED;
}

static void
find_points(struct gv_policy_diff *diff, const struct gv_policy_hold *h)
{
	size_t i;

	diff->n = 0;
	for (i = 0; i < N_ROWS && diff->n < GV_POLICY_POINTS; i++) {
		const struct row *row = &rows[i];
		const struct gv_yaml_node *was =
		    find_node(h->out->yaml, row->key);
		const struct gv_yaml_node *now =
		    find_node(h->present->yaml, row->key);

		if (row->how == PART || is_same(was, now))
			continue;
		diff->points[diff->n++] = (struct gv_policy_point){ row->key,
			row->about, is_waited_for(h, row), was, now };
	}
}

bool
gv_policy_is_waiting(const struct gv_policy_diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++)
		if (diff->points[i].waits)
			return true;
	return false;
}

/* ---- the whole ---------------------------------------------------------- */

_Static_assert(N_ROWS <= GV_POLICY_POINTS, "every key may differ");

int
gv_policy_hold(struct gv_policy *policy, struct gv_policy *accepted,
    struct gv_policy_diff *diff)
{
	struct gv_policy_hold h = { .out = accepted, .present = policy };
	struct gv_policy_envs envs = { .n = 0 };
	int r;

	diff->n = 0;
	if ((r = hold_scan(&h)) < 0 || (r = hold_secrets(&h)) < 0 ||
	    (r = hold_snapshots(&h)) < 0 ||
	    (r = gv_policy_hold_env(&envs, &h)) < 0 ||
	    (r = gv_policy_hold_good(&h)) < 0 ||
	    (r = gv_policy_hold_rollback(&h)) < 0 ||
	    (r = gv_policy_hold_retention(&h)) < 0) {
		gv_policy_envs_release(&envs);
		gv_policy_release(accepted);
		gv_policy_release(policy);
		return r;
	}
	hold_states(&h);
	gv_policy_envs_release(&accepted->envs);
	accepted->envs = envs;
	gv_policy_hold_lint(&h);
	gv_policy_hold_keys(&h);
	gv_policy_hold_schedules(&h);
	gv_policy_hold_configs(&h);
	gv_policy_hold_access(&h);
	gv_policy_hold_project(&h);
	gv_policy_hold_vcs(&h);
	gv_policy_hold_residency(&h);
	accepted->has_retention |= policy->has_retention;
	find_points(diff, &h);
	accepted->accepted = accepted->yaml;
	accepted->yaml = policy->yaml;
	policy->yaml = NULL;
	gv_policy_release(policy);
	*policy = *accepted;
	*accepted = (struct gv_policy)GV_POLICY_INIT;
	return 0;
}
