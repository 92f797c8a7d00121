#ifndef GV_RULESET_H
#define GV_RULESET_H
/*
 * Rules ready to be looked for: their literals in a gate, their patterns
 * compiled at the first hit. One set serves any number of threads.
 *
 * What is known by the name that it is assigned to is looked for by the few
 * words that make a name worth reading (key, token, pass: the anchors of the
 * rule of scanner keyvalue), and its own anchors in that name. Only where such
 * a word need not stand in it are they literals of the gate themselves.
 *
 *	r = gv_ruleset_new(&set, rules, n);
 *	…
 *	gv_ruleset_free(set);
 */

#include <stdbool.h>
#include <stddef.h>

#include "scan/scanner.h"

struct gv_frozen;
struct gv_gate;
struct gv_rule;
struct gv_ruleset;
struct gv_shape_place;
struct gv_word;

/* A part of the text that matched. */
struct gv_ruleset_match {
	size_t at, len;
};

/* Build a set of these, which must stay until it is freed. 0; GV_EREFUSED where
 * an anchor is too short; GV_ENOMEM. */
int
gv_ruleset_new(struct gv_ruleset **out, const struct gv_rule *rules, size_t n);

/* The same of rules that were prepared when the program was built: they are as
 * they were then in all but severity. `frozen` must stay, too. */
int gv_ruleset_thaw(struct gv_ruleset **out, const struct gv_rule *rules,
    size_t n, const struct gv_frozen *frozen);

/* Free; NULL-safe. */
void gv_ruleset_free(struct gv_ruleset *set);

/* Compile every pattern now, which a scan does at the first hit only: for rules
 * that somebody has just written, in the file `name`. 0; GV_EREFUSED with the
 * line, the rule and what is wrong with its pattern: it is invalid, or so
 * large that a text could be made on which it takes seconds. */
int gv_ruleset_check(struct gv_ruleset *set, const char *name);

const struct gv_gate *gv_ruleset_gate(const struct gv_ruleset *set);
const struct gv_rule *
gv_ruleset_rule(const struct gv_ruleset *set, size_t rule);

/* What finds the rules that go by the names of files (scanner keystore and
 * pgpass) in a path; and which rule and anchor a literal of it is. */
const struct gv_gate *gv_ruleset_path_gate(const struct gv_ruleset *set);
const struct gv_rule *gv_ruleset_of_path(
    const struct gv_ruleset *set, size_t literal, const char **anchor);

/* The rule of this id, or NULL. */
const struct gv_rule *
gv_ruleset_find(const struct gv_ruleset *set, const char *id);

/* What a name and a value come to where nothing says more: the first rule of
 * scanner keyvalue, or NULL. */
const struct gv_rule *gv_ruleset_generic(const struct gv_ruleset *set);

/* The literal that begins a comment which allows something, GV_SCAN_ALLOW. */
size_t gv_ruleset_comment(const struct gv_ruleset *set);

/* What a rule wants where an anchor of it stands. */
enum gv_ruleset_job {
	GV_RULESET_NONE,    /* it goes by the names of files */
	GV_RULESET_TOKEN,   /* its pattern, */
	GV_RULESET_PAIR,    /* the name that the anchor is in, and its value, */
	GV_RULESET_SCANNER, /* its hand-written scanner, */
	GV_RULESET_K8S,     /* and those that read further */
	GV_RULESET_MARKED,
	GV_RULESET_TFSTATE,
	GV_RULESET_ACCOUNTS,
};

struct gv_ruleset_use {
	size_t rule;
	enum gv_ruleset_job job;
};

/* A text, and the rules that it is an anchor of. */
struct gv_ruleset_literal {
	const char *text;
	const struct gv_ruleset_use *uses;
	size_t len, n; /* bytes of the text; uses */
	bool nocase;
};

/* Literal number `literal` of the gate. */
const struct gv_ruleset_literal *
gv_ruleset_of(const struct gv_ruleset *set, size_t literal);

/* The hand-written scanner of a rule, or NULL. */
gv_scanner_fn gv_ruleset_scanner(const struct gv_ruleset *set, size_t rule);

/* The anchors of the rules of way VALUE, by their numbers; and one of them. */
const struct gv_word *gv_ruleset_words(const struct gv_ruleset *set);
const struct gv_ruleset_literal *
gv_ruleset_of_word(const struct gv_ruleset *set, size_t word);

/* Match the rule's pattern at a place, or, with `whole`, all from its `at` to
 * its `end`. *out is the group that the rule names, out[1] all of it. 1 or 0;
 * GV_EREFUSED where the pattern is invalid, GV_ENOMEM. Safe in threads. */
int gv_ruleset_match(struct gv_ruleset_match out[2], struct gv_ruleset *set,
    size_t rule, const struct gv_shape_place *place, bool whole);

#endif
