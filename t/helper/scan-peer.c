#include "helper/scan-peer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "scan/rule.h"

#define MAX_MEM (8 << 20) /* RE2's own default */

/* A state of the automaton: which keyword ends there, and of the shorter ones
 * that end there, too, the state of the longest. */
struct state {
	uint32_t fail, shorter;
	size_t *rules;
	size_t n, cap;
};

struct scan_peer {
	const struct gv_rule *rules;
	size_t n;
	cre2_regexp_t **patterns;
	unsigned *seen; /* in which text its keyword was, by rule */
	unsigned text;
	unsigned char classes[256]; /* what no keyword has is of class 0 */
	size_t n_classes;
	struct state *states;
	size_t n_states, cap;
	uint32_t *next; /* state by state, of each class */
	size_t cap_next;
};

/* --- keywords --- */

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static void
classify(struct scan_peer *p, const char *keyword)
{
	unsigned char c;

	for (; *keyword; keyword++) {
		c = lower(*keyword);
		if (p->classes[c] == 0)
			p->classes[c] = (unsigned char)++p->n_classes;
		if (c >= 'a' && c <= 'z')
			p->classes[c - 32] = p->classes[c];
	}
}

static int
add_state(struct scan_peer *p)
{
	size_t row = p->n_classes + 1, at = p->n_states * row;
	int r = gv_vec_grow(
	    (void **)&p->states, &p->cap, p->n_states + 1, sizeof(*p->states));

	if (r == 0)
		r = gv_vec_grow((void **)&p->next, &p->cap_next, at + row,
		    sizeof(*p->next));
	if (r < 0)
		return r;
	memset(&p->states[p->n_states], 0, sizeof(*p->states));
	memset(p->next + at, 0, row * sizeof(*p->next));
	p->n_states++;
	return 0;
}

static int
add_keyword(struct scan_peer *p, size_t rule, const char *keyword)
{
	size_t row = p->n_classes + 1, edge;
	struct state *s;
	uint32_t at = 0;
	int r = 0;

	for (; *keyword; keyword++) {
		edge = at * row + p->classes[lower(*keyword)];
		if (p->next[edge] == 0) {
			r = add_state(p);
			if (r < 0)
				return r;
			p->next[edge] = (uint32_t)(p->n_states - 1);
		}
		at = p->next[edge];
	}
	s = &p->states[at];
	r = gv_vec_grow(
	    (void **)&s->rules, &s->cap, s->n + 1, sizeof(*s->rules));
	if (r == 0)
		s->rules[s->n++] = rule;
	return r;
}

/* Where to go on from a state that a byte leads no further from: breadth
 * first, so that the shorter ones are done. */
static int
close_states(struct scan_peer *p)
{
	uint32_t *queue = calloc(p->n_states, sizeof(*queue)), at, to, fail;
	size_t row = p->n_classes + 1, first, last = 1, c;

	if (queue == NULL)
		return gv_err_nomem();
	for (first = 0; first < last; first++) {
		at = queue[first];
		for (c = 0; c < row; c++) {
			to = p->next[at * row + c];
			fail = p->next[p->states[at].fail * row + c];
			if (to == 0) {
				p->next[at * row + c] = fail;
				continue;
			}
			fail = at ? fail : 0;
			p->states[to].fail = fail;
			p->states[to].shorter =
			    p->states[fail].n ? fail : p->states[fail].shorter;
			queue[last++] = to;
		}
	}
	free(queue);
	return 0;
}

int
scan_peer_new(struct scan_peer **out, const struct gv_rule *rules, size_t n)
{
	struct scan_peer *p = calloc(1, sizeof(*p));
	const char *const *a;
	size_t i;
	int r;

	if (p == NULL)
		return gv_err_nomem();
	p->rules = rules;
	p->n = n;
	p->patterns = calloc(n + 1, sizeof(*p->patterns));
	p->seen = calloc(n + 1, sizeof(*p->seen));
	r = p->patterns && p->seen ? 0 : gv_err_nomem();
	for (i = 0; r == 0 && i < n; i++)
		for (a = rules[i].anchors; *a; a++)
			classify(p, *a);
	if (r == 0)
		r = add_state(p);
	for (i = 0; r == 0 && i < n; i++)
		for (a = rules[i].anchors; r == 0 && *a; a++)
			r = add_keyword(p, i, *a);
	if (r == 0)
		r = close_states(p);
	if (r < 0)
		scan_peer_free(p);
	else
		*out = p;
	return r;
}

void
scan_peer_free(struct scan_peer *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; p->patterns && i < p->n; i++)
		cre2_delete(p->patterns[i]);
	for (i = 0; i < p->n_states; i++)
		free(p->states[i].rules);
	free(p->states);
	free(p->next);
	free(p->patterns);
	free(p->seen);
	free(p);
}

/* --- patterns --- */

/* A rule as one pattern: its own; else a name that holds an anchor, an
 * operator and a value; else what stands behind an anchor. */
static void
write_pattern(struct gv_buf *out, const struct gv_rule *rule)
{
	const char *const *a;
	const char *c;
	bool is_named = rule->way == GV_RULE_VALUE ||
	    (rule->scanner && strcmp(rule->scanner, "keyvalue") == 0);

	if (rule->way == GV_RULE_PATTERN) {
		gv_buf_addstr(out, rule->pattern);
		return;
	}
	gv_buf_addstr(out, "(?:");
	for (a = rule->anchors; *a; a++) {
		gv_buf_addstr(out, a == rule->anchors ? "" : "|");
		for (c = *a; *c; c++)
			gv_buf_addf(out, "\\x%02x", (unsigned char)*c);
	}
	gv_buf_addstr(out, ")");
	if (is_named)
		gv_buf_addf(out,
		    "[\\w.-]{0,30}[\"']?\\s{0,5}[:=]\\s{0,5}[\"']?"
		    "(?:%s)",
		    rule->pattern ? rule->pattern : "[^\\s\"',;]{8,100}");
	else
		gv_buf_addstr(out, "[^\\s\"']{8,200}");
}

static cre2_regexp_t *
compile(const struct gv_rule *rule)
{
	cre2_options_t *opt = cre2_opt_new();
	struct gv_buf text = GV_BUF_INIT;
	cre2_regexp_t *re;

	write_pattern(&text, rule);
	if (opt == NULL || gv_buf_check(&text) < 0)
		abort();
	cre2_opt_set_log_errors(opt, 0);
	cre2_opt_set_encoding(opt, CRE2_Latin1);
	cre2_opt_set_max_mem(opt, MAX_MEM);
	cre2_opt_set_case_sensitive(
	    opt, rule->way == GV_RULE_PATTERN && !rule->nocase);
	re = cre2_new(text.p, (int)text.len, opt);
	cre2_opt_delete(opt);
	if (re == NULL || cre2_error_code(re)) {
		fprintf(stderr, "scan-peer: %s: %s\n", rule->id,
		    re ? cre2_error_string(re) : "out of memory");
		exit(1);
	}
	gv_buf_release(&text);
	return re;
}

static size_t
count_matches(struct scan_peer *p, size_t rule, const char *text, size_t len)
{
	cre2_string_t match;
	size_t n = 0, at = 0;

	if (p->patterns[rule] == NULL)
		p->patterns[rule] = compile(&p->rules[rule]);
	while (cre2_match(p->patterns[rule], text, (int)len, (int)at, (int)len,
	    CRE2_UNANCHORED, &match, 1)) {
		n++;
		at = (size_t)(match.data - text) + (size_t)match.length;
		at += match.length == 0;
		if (at > len)
			break;
	}
	return n;
}

static size_t
match_rules(
    struct scan_peer *p, const struct state *s, const char *text, size_t len)
{
	size_t found = 0, i;

	for (i = 0; i < s->n; i++) {
		if (p->seen[s->rules[i]] == p->text)
			continue;
		p->seen[s->rules[i]] = p->text;
		found += count_matches(p, s->rules[i], text, len);
	}
	return found;
}

size_t
scan_peer_run(struct scan_peer *p, const char *text, size_t len)
{
	size_t row = p->n_classes + 1, found = 0, i;
	uint32_t at = 0, end;

	p->text++;
	for (i = 0; i < len; i++) {
		at = p->next[at * row + p->classes[(unsigned char)text[i]]];
		end = p->states[at].n ? at : p->states[at].shorter;
		for (; end; end = p->states[end].shorter)
			found += match_rules(p, &p->states[end], text, len);
	}
	return found;
}
