#include "scan/scan_internal.h"

#include <string.h>

#include "format/der.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/ruleset.h"

/* host:port:database:user:password, a backslash before a colon or another. */
static int
read_pgpass(struct gv_scan_run *run, const struct gv_rule *rule)
{
	const char *p = run->lex.text, *end = p + run->lex.len, *nl;
	int r = 0;

	for (; r == 0 && p < end; p = nl < end ? nl + 1 : end) {
		struct gv_scan_finding f = { .rule = rule,
			.grade = GV_SCAN_LIKELY,
			.reasons = GV_SCAN_ANCHORED };
		const char *at = p;
		struct gv_value v;
		int colons = 0;

		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		for (; at < nl && colons < 4; at++) {
			at += *at == '\\';
			colons += at < nl && *at == ':';
		}
		if (*p == '#' || colons < 4 || at >= nl)
			continue;
		f.at = (size_t)(at - run->lex.text);
		f.len = (size_t)(nl - at);
		gv_value_judge(&v, at, f.len);
		if (v.shape == GV_VALUE_TEMPLATE)
			continue;
		gv_scan_temper(run, &f);
		r = gv_scan_add(run, &f);
	}
	return r;
}

/* Whether a file that is only found by its folder is not one of the keys stored
 * there: a program, or encrypted. */
static bool
is_beside(struct gv_scan_run *run)
{
	const char *dot = strrchr(run->path, '.');

	return gv_scan_syntax(run) == GV_SYNTAX_CODE ||
	    (dot && strcmp(dot, ".enc") == 0);
}

/* Whether an anchor says so: an ending (.p12), a name, or part of a path. */
static bool
is_named_so(const char *path, size_t at, const char *anchor)
{
	size_t n = strlen(anchor);
	bool begins = at == 0 || path[at - 1] == '/' || *anchor == '.';

	return begins &&
	    (path[at + n] == '\0' || path[at + n] == '/' ||
		anchor[n - 1] == '/');
}

static int
on_path(void *ctx, size_t literal, size_t at)
{
	struct gv_scan_run *run = ctx;
	const char *anchor;
	const struct gv_rule *rule =
	    gv_ruleset_of_path(run->set, literal, &anchor);
	struct gv_scan_finding f = { .rule = rule,
		.len = run->lex.len,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE,
		.reasons = GV_SCAN_ANCHORED };

	run->anchor = strlen(anchor);
	if (!is_named_so(run->path, at, anchor) ||
	    (anchor[run->anchor - 1] == '/' && is_beside(run)))
		return 0;
	if (strcmp(rule->scanner, "pgpass") == 0)
		return read_pgpass(run, rule);
	/* not what is in a folder that is called so */
	if (strcmp(rule->scanner, "accounts") == 0)
		return run->path[at + run->anchor] == '\0'
		    ? gv_scan_account_lines(run, rule)
		    : 0;
	if (gv_der_is_truststore(run->lex.text, run->lex.len))
		return 0;
	gv_scan_temper(run, &f);
	return gv_scan_add(run, &f);
}

static int
on_any(void *ctx, size_t literal, size_t at)
{
	(void)literal;
	(void)at;
	*(bool *)ctx = true;
	return 0;
}

/* Whether its name alone may make a file a finding. */
static bool
is_named(const struct gv_ruleset *set, const char *path)
{
	bool is = false;

	(void)gv_gate_run(
	    gv_ruleset_path_gate(set), path, strlen(path), on_any, &is);
	return is;
}

bool
gv_scan_is_same_kind(
    const struct gv_ruleset *set, const char *path, const char *other)
{
	return gv_syntax_of(path, "", 0) == gv_syntax_of(other, "", 0) &&
	    gv_syntax_is_prose(path) == gv_syntax_is_prose(other) &&
	    gv_syntax_is_example(path) == gv_syntax_is_example(other) &&
	    !is_named(set, path) && !is_named(set, other);
}

/* A key or a keystore whose name says nothing. */
static int
look_at_bytes(struct gv_scan_run *run)
{
	const char *id = gv_der_rule(run->lex.text, run->lex.len);
	struct gv_scan_finding f = { .rule = id ? gv_ruleset_find(run->set, id)
						: NULL,
		.len = run->lex.len,
		.grade = GV_SCAN_LIKELY,
		.reasons = GV_SCAN_ANCHORED };

	if (f.rule == NULL)
		return 0;
	/* what opens without a password is proved by its structure */
	if (f.rule->kind == GV_RULE_PRIVATE_KEY &&
	    strcmp(id, "pem-encrypted") != 0) {
		f.grade = GV_SCAN_VERIFIED;
		f.reasons |= GV_SCAN_CHECKED;
	}
	gv_scan_temper(run, &f);
	return gv_scan_add(run, &f);
}

int
gv_scan_file(struct gv_scan_run *run)
{
	int r;

	if (run->lex.len == 0)
		return 0;
	r = look_at_bytes(run);
	if (r < 0 || run->path == NULL)
		return r;
	return gv_gate_run(gv_ruleset_path_gate(run->set), run->path,
	    strlen(run->path), on_path, run);
}
