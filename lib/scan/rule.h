#ifndef GV_RULE_H
#define GV_RULE_H
/*
 * A rule of the scanner: what one kind of secret looks like and what to do
 * about it. Read from YAML (share/git-vault/rules/README says how one is
 * written); those that come with us are compiled into the program.
 *
 *	r = gv_rule_parse(&rules, "team.yaml", data, len);
 *	gv_rule_release(&rules);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct gv_yaml_node;

enum gv_rule_way {
	GV_RULE_PATTERN, /* the anchor is part of it */
	GV_RULE_VALUE,   /* the name that it is assigned to tells */
	GV_RULE_SCANNER, /* written by hand */
};

enum gv_rule_severity {
	GV_RULE_LOW,
	GV_RULE_MEDIUM,
	GV_RULE_HIGH,
	GV_RULE_CRITICAL,
};

enum gv_rule_kind {
	GV_RULE_TOKEN,
	GV_RULE_PASSWORD,
	GV_RULE_PRIVATE_KEY,
	GV_RULE_CONNECTION_STRING,
	GV_RULE_WEBHOOK,
	GV_RULE_KEYSTORE,
	GV_RULE_HASH,
	GV_RULE_PUBLIC, /* no secret, whatever else finds it */
};

/* Words as YAML and reports have them, by the enums above. */
extern const char *const gv_rule_severities[];
extern const char *const gv_rule_kinds[];

struct gv_rule {
	const char *id, *description, *provider, *remediation;
	enum gv_rule_way way;
	enum gv_rule_kind kind;
	enum gv_rule_severity severity;
	bool is_likely; /* else possible, until something says more */
	const char *const *anchors; /* ends with NULL, like those below */
	bool nocase;
	const char *pattern;             /* PATTERN, and what a VALUE must be */
	unsigned line;                   /* where it is written, or 0 */
	unsigned group;                  /* that holds the secret */
	unsigned offset_min, offset_max; /* match to anchor, bytes */
	bool open_before, open_after;
	const char *const *names;
	const char *const *context;
	const char *scanner;
	const char *validator; /* or NULL */
	unsigned entropy;      /* floor, in hundredths of a bit per byte */
};

/* An example: a template of a text, and where it stands (or NULL). */
struct gv_rule_example {
	const char *rule, *text, *path;
	bool is_positive;
	unsigned line;
};

struct gv_rules {
	struct gv_rule *rules;
	size_t n, cap;
	struct gv_rule_example *examples;
	size_t n_examples, cap_examples;
	struct gv_arena arena; /* all that the rules point to */
};

#define GV_RULES_INIT                                                          \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Add the rules of a document, a list of maps; `name` is for messages. What
 * each must have is checked, its patterns are not compiled. 0; GV_EREFUSED with
 * "NAME:LINE: " and what is wrong; GV_ENOMEM. On failure the rules read so far
 * are still there, to be released. */
int gv_rule_parse(
    struct gv_rules *rules, const char *name, const char *data, size_t len);

/* The same of a node; for a part of a larger document. */
int gv_rule_read(
    struct gv_rules *rules, const char *name, const struct gv_yaml_node *list);

/* Free; NULL-safe. */
void gv_rule_release(struct gv_rules *rules);

#endif
