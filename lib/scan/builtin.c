#include "scan/builtin.h"

#include <stdlib.h>

#include "base/err.h"
#include "scan/frozen.h"
#include "scan/ruleset.h"

/* The texts that are not taken yet. */
struct texts {
	const char *text;
	const unsigned short *length;
};

static const char *
take(struct texts *at)
{
	const char *text = at->text;

	at->text += *at->length++ + 1;
	return text;
}

/* The next n texts as a list, which ends with NULL. */
static int
take_list(const char *const **out, struct gv_arena *arena, struct texts *at,
    unsigned n)
{
	const char **list;
	unsigned i;

	*out = NULL;
	if (n == 0)
		return 0;
	list = gv_arena_alloc(arena, (n + 1) * sizeof(*list));
	if (list == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		list[i] = take(at);
	list[n] = NULL;
	*out = list;
	return 0;
}

static int
take_rule(struct gv_rule *rule, struct gv_arena *arena, struct texts *at,
    const struct gv_builtin_row *row)
{
	const char **const parts[GV_BUILTIN_PARTS] = {
		[GV_BUILTIN_ID] = &rule->id,
		[GV_BUILTIN_DESCRIPTION] = &rule->description,
		[GV_BUILTIN_PROVIDER] = &rule->provider,
		[GV_BUILTIN_REMEDIATION] = &rule->remediation,
		[GV_BUILTIN_PATTERN] = &rule->pattern,
		[GV_BUILTIN_SCANNER] = &rule->scanner,
		[GV_BUILTIN_VALIDATOR] = &rule->validator,
	};
	unsigned i;
	int r;

	*rule = (struct gv_rule){ .way = (enum gv_rule_way)row->way,
		.kind = (enum gv_rule_kind)row->kind,
		.severity = (enum gv_rule_severity)row->severity,
		.is_likely = row->is_likely,
		.nocase = row->nocase,
		.group = row->group,
		.offset_min = row->offset_min,
		.offset_max = row->offset_max,
		.open_before = row->open_before,
		.open_after = row->open_after,
		.entropy = row->entropy };
	for (i = 0; i < GV_BUILTIN_PARTS; i++)
		if (row->has & 1U << i)
			*parts[i] = take(at);
	if ((r = take_list(&rule->anchors, arena, at, row->anchors)) < 0 ||
	    (r = take_list(&rule->names, arena, at, row->names)) < 0)
		return r;
	return take_list(&rule->context, arena, at, row->context);
}

int
gv_builtin_load(struct gv_rules *out)
{
	struct texts at = { gv_builtin_text, gv_builtin_lengths };
	int r = 0;

	out->rules = calloc(gv_builtin_n, sizeof(*out->rules));
	if (out->rules == NULL)
		return gv_err_nomem();
	out->cap = gv_builtin_n;
	for (; r == 0 && out->n < gv_builtin_n; out->n++)
		r = take_rule(&out->rules[out->n], &out->arena, &at,
		    &gv_builtin_rows[out->n]);
	return r;
}

int
gv_builtin_ruleset(struct gv_ruleset **out, const struct gv_rule *rules,
    size_t n, const struct gv_rules *builtin)
{
	bool is_builtin = n == builtin->n;
	size_t i;

	/* texts are the program's, so the same text is at the same place */
	for (i = 0; is_builtin && i < n; i++)
		is_builtin = rules[i].id == builtin->rules[i].id;
	return is_builtin ? gv_ruleset_thaw(out, rules, n, &gv_builtin_frozen)
			  : gv_ruleset_new(out, rules, n);
}
