#ifndef GV_RULESET_INTERNAL_H
#define GV_RULESET_INTERNAL_H
/*
 * The parts of a ruleset: ruleset.c is its life, ruleset_build.c makes literals
 * of the anchors of rules, ruleset_match.c has the patterns.
 */

#include <stdbool.h>
#include <stddef.h>

#include "scan/gate.h"
#include "scan/ruleset.h"
#include "scan/scanner.h"

struct gv_ruleset_memory;
struct gv_ruleset_pattern;

struct gv_ruleset_list {
	struct gv_ruleset_literal *p;
	size_t n;
	struct gv_gate_literal *in_gate; /* the same, where there is a gate */
	struct gv_gate *gate;
};

struct gv_ruleset {
	const struct gv_rule *rules;
	size_t n;
	struct gv_ruleset_pattern *patterns; /* of each rule */
	gv_scanner_fn *scanners;
	const struct gv_rule *generic; /* the first of scanner keyvalue */
	struct gv_ruleset_list texts, paths, names; /* where they are found */
	struct gv_ruleset_memory *memory; /* of their texts; NULL: frozen */
	struct gv_word *words;
	size_t comment; /* the literal that is GV_SCAN_ALLOW */
};

/* Fill the lists, without their gates, by the rules. 0 or an error, as
 * gv_ruleset_new(); what is there then is freed with the set. */
int gv_ruleset_build(struct gv_ruleset *set);

/* Free; NULL-safe. */
void gv_ruleset_free_memory(struct gv_ruleset_memory *m);

/* Room for the patterns of n rules, which are read when one is asked for. 0 or
 * GV_ENOMEM. */
int gv_ruleset_new_patterns(struct gv_ruleset *set, size_t n);

void gv_ruleset_free_patterns(struct gv_ruleset *set);

#endif
