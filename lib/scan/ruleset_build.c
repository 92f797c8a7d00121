#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "lex/ascii.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/ruleset_internal.h"
#include "scan/scan.h"

#define VARIANTS   4  /* in which a name's words are joined */
#define ANCHOR_MAX 64 /* bytes of one whose words are joined again */

struct literal {
	char *text;
	size_t len;
	bool nocase;
	struct gv_ruleset_use *uses;
	size_t n, cap;
};

struct literals {
	struct literal *p;
	size_t n, cap;
	struct gv_map by_text[2]; /* by nocase: to 1 + its place in `p` */
};

/* What the lists of a set that is not frozen point into. */
struct gv_ruleset_memory {
	struct literals texts, paths, names;
};

/* A word in which no parts are joined; the last one has no text. */
struct plain {
	const char *text;
	size_t len;
	char head; /* its first letter, small */
};

struct build {
	const struct gv_ruleset *set;
	struct gv_ruleset_memory *to;
	struct plain
	    *plain; /* the anchors of its generic rule without joints */
};

/* One that is of no rule yet. */
static int
new_literal(struct literals *list, const char *text, size_t len, bool nocase)
{
	struct literal *lit;
	int r = GV_GROW(list->p, list->n, list->cap);

	if (r < 0)
		return r;
	lit = &list->p[list->n];
	*lit = (struct literal){
		.text = strdup(text), .len = len, .nocase = nocase
	};
	if (lit->text == NULL)
		return gv_err_nomem();
	list->n++;
	return gv_map_put(
	    &list->by_text[nocase], lit->text, len, (void *)(uintptr_t)list->n);
}

/* Where it stands among those of the list, into which it comes if it is new. */
static int
find_literal(size_t *at, struct literals *list, const char *text, bool nocase)
{
	size_t len = strlen(text), next;
	int r = 0;

	next = (size_t)(uintptr_t)gv_map_get(&list->by_text[nocase], text, len);
	if (next == 0) {
		r = new_literal(list, text, len, nocase);
		next = list->n;
	}
	*at = next - 1;
	return r;
}

static enum gv_ruleset_job
job_of(const struct build *b, size_t number)
{
	const struct gv_rule *rule = &b->set->rules[number];

	if (rule->way == GV_RULE_PATTERN)
		return GV_RULESET_TOKEN;
	if (rule->way == GV_RULE_VALUE || rule == b->set->generic)
		return GV_RULESET_PAIR;
	if (b->set->scanners[number])
		return GV_RULESET_SCANNER;
	return strcmp(rule->scanner, "k8s") == 0     ? GV_RULESET_K8S
	    : strcmp(rule->scanner, "marked") == 0   ? GV_RULESET_MARKED
	    : strcmp(rule->scanner, "tfstate") == 0  ? GV_RULESET_TFSTATE
	    : strcmp(rule->scanner, "chpasswd") == 0 ? GV_RULESET_ACCOUNTS
						     : GV_RULESET_NONE;
}

static int
add_literal(struct build *b, struct literals *list, size_t rule,
    const char *text, bool nocase)
{
	struct literal *lit;
	size_t at;
	int r = find_literal(&at, list, text, nocase);

	if (r < 0)
		return r;
	assert(list->p);
	lit = &list->p[at];
	/* an anchor may come out the same in several variants */
	if (lit->n && lit->uses[lit->n - 1].rule == rule)
		return 0;
	if ((r = GV_GROW(lit->uses, lit->n, lit->cap)) == 0)
		lit->uses[lit->n++] =
		    (struct gv_ruleset_use){ rule, job_of(b, rule) };
	return r;
}

static bool
has_joint(const char *word)
{
	return strpbrk(word, "_-.") != NULL;
}

/* The words of a name joined by each of '_', '-', '.' and nothing. */
static int
add_variants(struct build *b, size_t rule, const char *anchor)
{
	static const char joints[VARIANTS] = { '_', '-', '.', '\0' };
	char text[ANCHOR_MAX];
	size_t i, n;
	int r = 0, v;

	if (!has_joint(anchor) || strlen(anchor) >= ANCHOR_MAX)
		return add_literal(b, &b->to->texts, rule, anchor, true);
	for (v = 0; r == 0 && v < VARIANTS; v++) {
		for (i = n = 0; anchor[i]; i++) {
			if (strchr("_-.", anchor[i]) == NULL)
				text[n++] = anchor[i];
			else if (joints[v])
				text[n++] = joints[v];
		}
		text[n] = '\0';
		if (n >= GV_GATE_MIN)
			r = add_literal(b, &b->to->texts, rule, text, true);
	}
	return r;
}

static void
free_literals(struct literals *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		free(list->p[i].text);
		free(list->p[i].uses);
	}
	free(list->p);
	gv_map_release(&list->by_text[false]);
	gv_map_release(&list->by_text[true]);
}

static bool
is_of_file(const struct gv_rule *rule)
{
	return rule->scanner &&
	    (strcmp(rule->scanner, "keystore") == 0 ||
		strcmp(rule->scanner, "accounts") == 0 ||
		strcmp(rule->scanner, "pgpass") == 0);
}

static bool
is_keyvalue(const struct gv_rule *rule)
{
	return rule->scanner && strcmp(rule->scanner, "keyvalue") == 0;
}

static int
find_plain(struct build *b)
{
	const char *const *word = NULL;
	size_t i, n = 0;

	if (b->set->generic)
		word = b->set->generic->anchors;
	for (i = 0; word && word[i]; i++)
		;
	b->plain = calloc(i + 1, sizeof(*b->plain));
	if (b->plain == NULL)
		return gv_err_nomem();
	for (i = 0; word && word[i]; i++)
		if (!has_joint(word[i]))
			b->plain[n++] = (struct plain){ word[i],
				strlen(word[i]), gv_ascii_small(word[i][0]) };
	return 0;
}

/* Whether a name that holds this text is read anyway, for a word of the rule
 * of scanner keyvalue that is in it, however its own parts are joined. */
static bool
is_read_anyway(const struct build *b, const char *text)
{
	const struct plain *w;
	char head;

	for (; *text; text++) {
		head = gv_ascii_small(*text);
		for (w = b->plain; w->text; w++)
			if (w->head == head &&
			    strncasecmp(text, w->text, w->len) == 0)
				return true;
	}
	return false;
}

/* A rule that goes by names: with a list of these, of which one must be in the
 * name, each of which may make it read; else its anchors do. */
static int
add_value(struct build *b, size_t number)
{
	const struct gv_rule *rule = &b->set->rules[number];
	bool is_read = rule->names != NULL;
	size_t i;
	int r = 0;

	for (i = 0; is_read && rule->names[i]; i++)
		is_read = is_read_anyway(b, rule->names[i]);
	for (i = 0; r == 0 && rule->anchors[i]; i++) {
		r = add_literal(
		    b, &b->to->names, number, rule->anchors[i], true);
		if (r == 0 && !is_read && !is_read_anyway(b, rule->anchors[i]))
			r = add_variants(b, number, rule->anchors[i]);
	}
	return r;
}

static int
add_rule(struct build *b, size_t number)
{
	const struct gv_rule *rule = &b->set->rules[number];
	size_t i;
	int r = 0;

	if (rule->way == GV_RULE_VALUE)
		return add_value(b, number);
	for (i = 0; r == 0 && rule->anchors[i]; i++)
		r = is_of_file(rule) ? add_literal(b, &b->to->paths, number,
					   rule->anchors[i], false)
		    : is_keyvalue(rule)
		    ? add_variants(b, number, rule->anchors[i])
		    : add_literal(b, &b->to->texts, number, rule->anchors[i],
			  rule->nocase);
	return r;
}

/* The literals as the set has them. */
static int
put_list(struct gv_ruleset_list *out, const struct literals *from)
{
	out->p = calloc(from->n + 1, sizeof(*out->p));
	if (out->p == NULL)
		return gv_err_nomem();
	for (; out->n < from->n; out->n++) {
		const struct literal *lit = &from->p[out->n];

		out->p[out->n] = (struct gv_ruleset_literal){ lit->text,
			lit->uses, lit->len, lit->n, lit->nocase };
	}
	return 0;
}

int
gv_ruleset_build(struct gv_ruleset *set)
{
	struct build b = { .set = set };
	size_t i;
	int r = 0;

	b.to = set->memory = calloc(1, sizeof(*set->memory));
	if (b.to == NULL)
		return gv_err_nomem();
	if ((r = find_plain(&b)) < 0)
		return r;
	for (i = 0; r == 0 && i < set->n; i++)
		r = add_rule(&b, i);
	free(b.plain);
	if (r < 0 ||
	    (r = find_literal(
		 &set->comment, &b.to->texts, GV_SCAN_ALLOW, false)) < 0 ||
	    (r = put_list(&set->texts, &b.to->texts)) < 0 ||
	    (r = put_list(&set->paths, &b.to->paths)) < 0)
		return r;
	return put_list(&set->names, &b.to->names);
}

void
gv_ruleset_free_memory(struct gv_ruleset_memory *m)
{
	if (m == NULL)
		return;
	free_literals(&m->texts);
	free_literals(&m->paths);
	free_literals(&m->names);
	free(m);
}
