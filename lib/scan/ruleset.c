#include "scan/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scan/frozen.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/ruleset_internal.h"
#include "scan/scanner.h"
#include "lex/word.h"

/* A set without literals. */
static int
start(struct gv_ruleset **out, const struct gv_rule *rules, size_t n)
{
	struct gv_ruleset *set = calloc(1, sizeof(*set));
	size_t i;

	if (set == NULL)
		return gv_err_nomem();
	set->rules = rules;
	set->n = n;
	set->scanners = calloc(n + 1, sizeof(*set->scanners));
	if (set->scanners == NULL || gv_ruleset_new_patterns(set, n) < 0) {
		gv_ruleset_free(set);
		return gv_err_nomem();
	}
	for (i = 0; i < n; i++) {
		const char *scanner = rules[i].scanner;

		if (scanner == NULL)
			continue;
		set->scanners[i] = gv_scanner_find(scanner);
		if (set->generic == NULL && strcmp(scanner, "keyvalue") == 0)
			set->generic = &rules[i];
	}
	*out = set;
	return 0;
}

static int
list_for_gate(struct gv_ruleset_list *list)
{
	size_t i;

	list->in_gate = calloc(list->n + 1, sizeof(*list->in_gate));
	if (list->in_gate == NULL)
		return gv_err_nomem();
	for (i = 0; i < list->n; i++)
		list->in_gate[i] = (struct gv_gate_literal){ list->p[i].text,
			list->p[i].len, list->p[i].nocase };
	return 0;
}

static int
build_gate(struct gv_ruleset_list *list)
{
	int r = list_for_gate(list);

	return r < 0 ? r : gv_gate_new(&list->gate, list->in_gate, list->n);
}

static int
build_words(struct gv_ruleset *set)
{
	const char **texts = calloc(set->names.n + 1, sizeof(*texts));
	size_t i;
	int r;

	if (texts == NULL)
		return gv_err_nomem();
	for (i = 0; i < set->names.n; i++)
		texts[i] = set->names.p[i].text;
	r = gv_word_new(&set->words, texts, set->names.n);
	free(texts);
	return r;
}

int
gv_ruleset_new(struct gv_ruleset **out, const struct gv_rule *rules, size_t n)
{
	struct gv_ruleset *set;
	int r = start(&set, rules, n);

	if (r < 0)
		return r;
	if ((r = gv_ruleset_build(set)) < 0 ||
	    (r = build_gate(&set->texts)) < 0 ||
	    (r = build_gate(&set->paths)) < 0 || (r = build_words(set)) < 0)
		gv_ruleset_free(set);
	else
		*out = set;
	return r;
}

static int
thaw_list(struct gv_ruleset_list *to, const struct gv_frozen *frozen,
    const struct gv_frozen_list *from)
{
	to->p = calloc(from->n + 1, sizeof(*to->p));
	if (to->p == NULL)
		return gv_err_nomem();
	for (; to->n < from->n; to->n++) {
		const struct gv_frozen_literal *lit = &from->literals[to->n];

		to->p[to->n] =
		    (struct gv_ruleset_literal){ frozen->text + lit->text,
			    frozen->uses + lit->use, lit->len, lit->n,
			    lit->nocase };
	}
	return 0;
}

static int
thaw_gate(struct gv_ruleset_list *to, const struct gv_frozen_list *from)
{
	int r = list_for_gate(to);

	return r < 0 ? r : gv_gate_thaw(&to->gate, from->gates, to->in_gate);
}

int
gv_ruleset_thaw(struct gv_ruleset **out, const struct gv_rule *rules, size_t n,
    const struct gv_frozen *frozen)
{
	struct gv_ruleset *set;
	int r;

	if (frozen->order != GV_FROZEN_ORDER)
		return gv_ruleset_new(out, rules, n);
	if ((r = start(&set, rules, n)) < 0)
		return r;
	set->comment = frozen->comment;
	if ((r = thaw_list(&set->texts, frozen, &frozen->texts)) < 0 ||
	    (r = thaw_list(&set->paths, frozen, &frozen->paths)) < 0 ||
	    (r = thaw_list(&set->names, frozen, &frozen->names)) < 0 ||
	    (r = thaw_gate(&set->texts, &frozen->texts)) < 0 ||
	    (r = thaw_gate(&set->paths, &frozen->paths)) < 0 ||
	    (r = build_words(set)) < 0)
		gv_ruleset_free(set);
	else
		*out = set;
	return r;
}

static void
release(struct gv_ruleset_list *list)
{
	gv_gate_free(list->gate);
	free(list->in_gate);
	free(list->p);
}

void
gv_ruleset_free(struct gv_ruleset *set)
{
	if (set == NULL)
		return;
	release(&set->texts);
	release(&set->paths);
	release(&set->names);
	gv_ruleset_free_memory(set->memory);
	gv_word_free(set->words);
	gv_ruleset_free_patterns(set);
	free(set->scanners);
	free(set);
}

const struct gv_gate *
gv_ruleset_gate(const struct gv_ruleset *set)
{
	return set->texts.gate;
}

const struct gv_rule *
gv_ruleset_rule(const struct gv_ruleset *set, size_t rule)
{
	return &set->rules[rule];
}

const struct gv_gate *
gv_ruleset_path_gate(const struct gv_ruleset *set)
{
	return set->paths.gate;
}

const struct gv_rule *
gv_ruleset_of_path(
    const struct gv_ruleset *set, size_t literal, const char **anchor)
{
	*anchor = set->paths.p[literal].text;
	return &set->rules[set->paths.p[literal].uses[0].rule];
}

gv_scanner_fn
gv_ruleset_scanner(const struct gv_ruleset *set, size_t rule)
{
	return set->scanners[rule];
}

const struct gv_word *
gv_ruleset_words(const struct gv_ruleset *set)
{
	return set->words;
}

const struct gv_ruleset_literal *
gv_ruleset_of_word(const struct gv_ruleset *set, size_t word)
{
	return &set->names.p[word];
}

const struct gv_rule *
gv_ruleset_generic(const struct gv_ruleset *set)
{
	return set->generic;
}

const struct gv_rule *
gv_ruleset_find(const struct gv_ruleset *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (strcmp(set->rules[i].id, id) == 0)
			return &set->rules[i];
	return NULL;
}

size_t
gv_ruleset_comment(const struct gv_ruleset *set)
{
	return set->comment;
}

const struct gv_ruleset_literal *
gv_ruleset_of(const struct gv_ruleset *set, size_t literal)
{
	return &set->texts.p[literal];
}
