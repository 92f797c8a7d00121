#include "scan/scan_internal.h"

#include <string.h>

#include "base/err.h"
#include "lex/ascii.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/shape.h"

#define MATCH_MAX 4096 /* bytes that a pattern may take */

static int
judge_token(struct gv_scan_run *run, const struct gv_rule *rule,
    const struct gv_ruleset_match *m)
{
	const char *text = run->lex.text;
	struct gv_scan_finding f = { .rule = rule,
		.at = m[0].at,
		.len = m[0].len,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE,
		.reasons = GV_SCAN_ANCHORED };
	const struct gv_value *v;
	size_t end = m[1].at + m[1].len;

	if (!rule->open_after && end < run->lex.len &&
	    gv_ascii_is_word(text[end]) && gv_ascii_is_word(text[end - 1]))
		return 0;
	v = gv_scan_know_value(run, f.at, f.len);
	if (v == NULL)
		return GV_ENOMEM;
	if (rule->entropy &&
	    !gv_value_has_entropy(v, text + f.at, f.len, rule->entropy / 100.0))
		return 0;
	if (v->shape == GV_VALUE_TEMPLATE || v->shape == GV_VALUE_EMPTY)
		return 0;
	/* password=os.getenv("X"), password=settings["X"] */
	if (end < run->lex.len &&
	    ((v->shape == GV_VALUE_REFERENCE && text[end] == '(') ||
		(v->shape == GV_VALUE_IDENTIFIER && text[end] == '[')))
		return 0;
	/* --user system:serviceaccount:x, of Kubernetes */
	if (v->shape == GV_VALUE_IDENTIFIER && f.at > 7 &&
	    memcmp(text + f.at - 7, "system:", 7) == 0)
		return 0;
	if (v->shape == GV_VALUE_PLACEHOLDER) {
		f.reasons |= GV_SCAN_PLACEHOLDER;
		f.grade = GV_SCAN_EXAMPLE;
	}
	run->token = rule;
	run->token_end = f.at + f.len;
	gv_scan_prove(&f, text + f.at);
	/* in a program one stands for a user who is not there, in a comment or
	 * a text it shows what one looks like */
	if (rule->kind == GV_RULE_HASH && f.grade == GV_SCAN_LIKELY &&
	    (gv_scan_syntax(run) == GV_SYNTAX_CODE ||
		gv_scan_is_remark(run, f.at))) {
		f.grade = GV_SCAN_POSSIBLE;
		f.reasons |= GV_SCAN_SIMPLE;
	}
	/* X-Amz-Credential=AKIA…: of a signed URL, whose key is not in it */
	if (f.grade == GV_SCAN_LIKELY && f.at > 11 &&
	    memcmp(text + f.at - 11, "Credential=", 11) == 0)
		f.grade = GV_SCAN_POSSIBLE;
	/* Bearer test-token, pass:PASSWORD-OF-KEY: what one is called */
	if (rule->open_after && f.grade == GV_SCAN_LIKELY &&
	    gv_score_value(v, text + f.at, f.len) == GV_SCORE_ITSELF) {
		f.grade = GV_SCAN_POSSIBLE;
		f.reasons |= GV_SCAN_SIMPLE;
	}
	gv_scan_temper(run, &f);
	return gv_scan_add(run, &f);
}

/* Whether the place is in the middle of a word. */
static bool
is_in_word(const struct gv_shape_place *place)
{
	return place->at > 0 && gv_ascii_is_word(place->text[place->at - 1]) &&
	    gv_ascii_is_word(place->text[place->at]);
}

int
gv_scan_token(struct gv_scan_run *run, size_t number, size_t at)
{
	const struct gv_rule *rule = gv_ruleset_rule(run->set, number);
	struct gv_ruleset_match m[2];
	struct gv_shape_place place = { run->lex.text, run->lex.len, 0, 0,
		&run->runs };
	size_t back;
	int r = 0;

	/* in what it has found it would find the same again, less of it */
	if (rule == run->token && at < run->token_end)
		return 0;
	/* where many stand one behind the other, to match is dearer */
	if (gv_scan_lacks_context(run, rule, at))
		return 0;
	for (back = rule->offset_min; r == 0 && back <= rule->offset_max;
	     back++) {
		if (back > at)
			break;
		place.at = at - back;
		if (!rule->open_before && is_in_word(&place))
			continue;
		place.end = place.at + MATCH_MAX;
		if (place.end > place.len)
			place.end = place.len;
		r = gv_ruleset_match(m, run->set, number, &place, false);
	}
	return r > 0 && gv_scan_has_context(run, rule, at)
	    ? judge_token(run, rule, m)
	    : r < 0 ? r
		    : 0;
}
