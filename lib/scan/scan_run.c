#include "scan/scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scan/check.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan_internal.h"

const char *const gv_scan_grades[] = { "example", "possible", "likely",
	"verified", NULL };

/* Most differ in the first letter. */
static bool
is_scanner(const struct gv_rule *rule, const char *name)
{
	return *rule->scanner == *name && strcmp(rule->scanner, name) == 0;
}

/* How much a rule says of what it found: what is no secret, what has a
 * provider's form, what is named by two of its words, by one, and all else.
 * Among equals the longer the anchor the more. */
static unsigned
rank(const struct gv_scan_run *run, const struct gv_rule *rule)
{
	unsigned n = run->anchor < 499 ? (unsigned)run->anchor : 499;

	if (rule->kind == GV_RULE_PUBLIC)
		return 4000 + n;
	if (rule->way == GV_RULE_PATTERN)
		return 3000 + n;
	if (rule->way == GV_RULE_VALUE)
		return (rule->names ? 2000 : 1000) + n;
	/* a finding with a name or a known form keeps its rule, because
	 * baselines identify it by that */
	if (rule == run->generic || is_scanner(rule, "keyvalue"))
		return n;
	return is_scanner(rule, "marked") ? 0 : 500 + n;
}

int
gv_scan_add(struct gv_scan_run *run, struct gv_scan_finding *f)
{
	f->rank = rank(run, f->rule);
	return gv_scan_push(run, f);
}

void
gv_scan_look_at_path(struct gv_scan_run *run)
{
	if (run->is_example >= 0)
		return;
	run->is_example = gv_syntax_is_example(run->path);
	run->is_pattern = gv_syntax_is_pattern(run->path);
	run->is_settings = gv_syntax_is_settings(run->path) ||
	    gv_syntax_returns_settings(run->lex.text, run->lex.len);
	run->is_prose = gv_syntax_is_prose(run->path);
	run->is_translation = gv_syntax_is_translation(run->path);
}

/* The value says whether it is an example; that the file is a test or explains
 * something takes one grade. What a checksum proves was copied from where it
 * counts, and so was a random value in a file that is there to be copied and
 * filled in. */
void
gv_scan_temper(struct gv_scan_run *run, struct gv_scan_finding *f)
{
	gv_scan_look_at_path(run);
	if (run->is_prose && f->reasons & GV_SCAN_NAMED && !f->score.name) {
		f->reasons |= GV_SCAN_PROSE;
		if (f->grade == GV_SCAN_LIKELY)
			f->grade = GV_SCAN_POSSIBLE;
	}
	if (!run->is_example && !gv_scan_is_documented(run, f->at) &&
	    !gv_scan_is_in_example(run, f->at))
		return;
	f->reasons |= GV_SCAN_IN_EXAMPLE;
	if (run->is_pattern && f->reasons & (GV_SCAN_RANDOM | GV_SCAN_NEAR))
		return;
	if (f->grade == GV_SCAN_LIKELY || f->grade == GV_SCAN_POSSIBLE)
		f->grade--;
}

void
gv_scan_prove(struct gv_scan_finding *f, const char *secret)
{
	const char *validator = f->rule->validator;

	if (validator == NULL)
		return;
	switch (gv_check(validator, secret, f->len)) {
	case GV_CHECK_RIGHT:
		f->reasons |= GV_SCAN_CHECKED;
		if (gv_check_is_sum(validator))
			f->grade = GV_SCAN_VERIFIED;
		else if (f->grade == GV_SCAN_POSSIBLE)
			f->grade = GV_SCAN_LIKELY;
		break;
	case GV_CHECK_WRONG:
		f->reasons |= GV_SCAN_UNCHECKED;
		break;
	case GV_CHECK_NONE:
		break;
	}
}

static int
apply(struct gv_scan_run *run, const struct gv_ruleset_use *use, size_t at,
    size_t len)
{
	switch (use->job) {
	case GV_RULESET_TOKEN:
		return gv_scan_token(run, use->rule, at);
	case GV_RULESET_PAIR:
		return gv_scan_pair(run, at, len);
	case GV_RULESET_SCANNER:
		return gv_scan_by_scanner(run, use->rule, at);
	case GV_RULESET_K8S:
		return gv_scan_k8s(run, use->rule, at);
	case GV_RULESET_MARKED:
		return gv_scan_marked(run, use->rule, at);
	case GV_RULESET_TFSTATE:
		return gv_scan_tfstate(run, use->rule, at);
	case GV_RULESET_ACCOUNTS:
		return gv_scan_accounts(run, use->rule, at);
	default:
		return 0;
	}
}

static int
on_hit(void *ctx, size_t literal, size_t at)
{
	struct gv_scan_run *run = ctx;
	const struct gv_ruleset_literal *lit = gv_ruleset_of(run->set, literal);
	size_t i;
	int r = 0;

	if (literal == run->comment) {
		run->scan->comment =
		    at < run->scan->comment ? at : run->scan->comment;
		if (lit->n == 0)
			return 0;
	}
	/* a pattern may take a millisecond for each */
	if (++run->hits % GV_SCAN_POLL == 0 && run->scan->poll)
		r = run->scan->poll();
	for (i = 0; r == 0 && i < lit->n; i++) {
		run->anchor = lit->len;
		r = apply(run, &lit->uses[i], at, lit->len);
	}
	return r;
}

enum gv_syntax
gv_scan_syntax(struct gv_scan_run *run)
{
	if (run->syntax == 0)
		run->syntax = run->scan->syntax
		    ? run->scan->syntax
		    : gv_syntax_of(run->path, run->lex.text, run->lex.len) + 1U;
	return (enum gv_syntax)(run->syntax - 1);
}

int
gv_scan_text(struct gv_scan_run *run)
{
	struct gv_scan *scan = run->scan;
	int r = 0;

	scan->n = scan->n_ordered = scan->n_merged = 0;
	scan->comment = SIZE_MAX;
	gv_arena_release(&scan->keys);
	if (run->depth == 0)
		r = gv_scan_file(run);
	if (r == 0)
		r = gv_gate_run(gv_ruleset_gate(run->set), run->lex.text,
		    run->lex.len, on_hit, run);
	if (r == 0 && (r = gv_scan_decode(run)) == 0)
		gv_scan_merge(scan);
	if (r == 0 && run->depth == 0 && scan->n)
		r = gv_scan_echo(run);
	gv_spantree_release(&run->tree);
	gv_spantree_release(&run->flow);
	return r;
}

int
gv_scan_run(struct gv_scan *scan, struct gv_ruleset *set, const char *path,
    const void *data, size_t len)
{
	struct gv_scan_run run = { .scan = scan,
		.set = set,
		.lex = { .text = data, .len = len },
		.path = path,
		.is_example = -1,
		.is_binary = -1,
		.generic = gv_ruleset_generic(set),
		.comment = gv_ruleset_comment(set) };
	int r = gv_scan_text(&run);

	if (r < 0 || scan->n == 0)
		return r;
	gv_scan_locate(scan, data);
	if ((r = gv_scan_paths(&run)) == 0)
		gv_scan_drop_public(&run);
	return r;
}

void
gv_scan_release(struct gv_scan *scan)
{
	if (scan == NULL)
		return;
	gv_scan_release(scan->inner);
	free(scan->inner);
	free(scan->findings);
	free(scan->known);
	gv_arena_release(&scan->keys);
	memset(scan, 0, sizeof(*scan));
}
