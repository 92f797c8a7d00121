/*
 * Writes rules of the scanner, YAML files, as a C source to stdout, and with
 * them what a ruleset makes of them: see lib/scan/builtin.h and frozen.h. Run
 * when the program is built.
 *
 *	compile-rules rules/ai.yaml rules/auth.yaml … >builtin.c
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/hash.h"
#include "scan/builtin.h"
#include "scan/frozen.h"
#include "scan/gate.h"
#include "scan/rule.h"
#include "scan/ruleset_internal.h"
#include "sys/file.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)

/* The names of the enums, by their values. */
static const char *const ways[] = { "GV_RULE_PATTERN", "GV_RULE_VALUE",
	"GV_RULE_SCANNER" };
static const char *const severities[] = { "GV_RULE_LOW", "GV_RULE_MEDIUM",
	"GV_RULE_HIGH", "GV_RULE_CRITICAL" };
static const char *const kinds[] = { "GV_RULE_TOKEN", "GV_RULE_PASSWORD",
	"GV_RULE_PRIVATE_KEY", "GV_RULE_CONNECTION_STRING", "GV_RULE_WEBHOOK",
	"GV_RULE_KEYSTORE", "GV_RULE_HASH", "GV_RULE_PUBLIC" };

/* The text with the NUL behind it. '?' is escaped for the trigraphs, and three
 * digits end an octal number whatever follows. */
static void
put_text(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	printf("\t\"");
	for (; *p; p++)
		if (*p < ' ' || *p > '~' || strchr("\"\\?", *p))
			printf("\\%03o", *p);
		else
			putchar(*p);
	printf("\\000\"\n");
}

static void
put_length(const char *text)
{
	static unsigned n;

	printf("%zu,%s", strlen(text), ++n % 16 ? "" : "\n");
}

static void
put_list(const char *const *list, void (*put)(const char *))
{
	for (; list && *list; list++)
		put(*list);
}

static unsigned
count(const char *const *list)
{
	unsigned n = 0;

	while (list && list[n])
		n++;
	return n;
}

static void
list_parts(const char *parts[GV_BUILTIN_PARTS], const struct gv_rule *rule)
{
	parts[GV_BUILTIN_ID] = rule->id;
	parts[GV_BUILTIN_DESCRIPTION] = rule->description;
	parts[GV_BUILTIN_PROVIDER] = rule->provider;
	parts[GV_BUILTIN_REMEDIATION] = rule->remediation;
	parts[GV_BUILTIN_PATTERN] = rule->pattern;
	parts[GV_BUILTIN_SCANNER] = rule->scanner;
	parts[GV_BUILTIN_VALIDATOR] = rule->validator;
}

static void
put_texts(const struct gv_rule *rule, void (*put)(const char *))
{
	const char *parts[GV_BUILTIN_PARTS];
	unsigned i;

	list_parts(parts, rule);
	for (i = 0; i < GV_BUILTIN_PARTS; i++)
		if (parts[i])
			put(parts[i]);
	put_list(rule->anchors, put);
	put_list(rule->names, put);
	put_list(rule->context, put);
}

static void
put_row(const struct gv_rule *rule)
{
	const char *parts[GV_BUILTIN_PARTS];
	unsigned i, has = 0;

	list_parts(parts, rule);
	for (i = 0; i < GV_BUILTIN_PARTS; i++)
		has |= parts[i] ? 1U << i : 0;
	printf("\t{ %s, %s, %s, %u,\n", ways[rule->way], kinds[rule->kind],
	    severities[rule->severity], has);
	printf("\t    %d, %d, %d, %d, %u, %u, %u, %u, %u, %u, %u },\n",
	    rule->is_likely, rule->nocase, rule->open_before, rule->open_after,
	    rule->group, rule->offset_min, rule->offset_max, rule->entropy,
	    count(rule->anchors), count(rule->names), count(rule->context));
}

static void
put_sum(const struct gv_buf *files)
{
	struct gv_oid sum;
	size_t i;

	gv_hash_plain(&sum, files->p, files->len);
	printf("\nconst unsigned char gv_builtin_sum[GV_BUILTIN_SUM] = {\n");
	for (i = 0; i < GV_BUILTIN_SUM; i++)
		printf("%u,%s", sum.id[i], i % 10 == 9 ? "\n" : " ");
	printf("};\n");
}

static void
put_rules(const struct gv_rules *rules)
{
	size_t i;

	printf("/* Written by compile-rules out of share/git-vault/rules. */\n"
	       "#include \"scan/builtin.h\"\n"
	       "#include \"scan/frozen.h\"\n"
	       "#include \"scan/ruleset.h\"\n\n"
	       "const char gv_builtin_text[] =\n");
	for (i = 0; i < rules->n; i++)
		put_texts(&rules->rules[i], put_text);
	printf(";\n\nconst unsigned short gv_builtin_lengths[] = {\n");
	for (i = 0; i < rules->n; i++)
		put_texts(&rules->rules[i], put_length);
	printf("};\n\nconst struct gv_builtin_row gv_builtin_rows[] = {\n");
	for (i = 0; i < rules->n; i++)
		put_row(&rules->rules[i]);
	printf("};\n\nconst size_t gv_builtin_n = %zu;\n", rules->n);
}

/* --- the rules prepared --- */

static const char *const jobs[] = { "GV_RULESET_NONE", "GV_RULESET_TOKEN",
	"GV_RULESET_PAIR", "GV_RULESET_SCANNER", "GV_RULESET_K8S",
	"GV_RULESET_MARKED", "GV_RULESET_TFSTATE", "GV_RULESET_ACCOUNTS" };
static const char *const gate_ways[GV_GATE_WAYS] = { "plain", "wide" };

/* What the rows of literals count by. */
struct place {
	size_t text, use;
};

static void
put_literal_texts(const struct gv_ruleset_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		put_text(list->p[i].text);
}

static void
put_uses(const struct gv_ruleset_list *list)
{
	size_t i, k;

	for (i = 0; i < list->n; i++)
		for (k = 0; k < list->p[i].n; k++)
			printf("\t{ %zu, %s },\n", list->p[i].uses[k].rule,
			    jobs[list->p[i].uses[k].job]);
}

static void
put_literals(
    const char *name, const struct gv_ruleset_list *list, struct place *at)
{
	size_t i;

	printf("\nstatic const struct gv_frozen_literal %s[] = {\n", name);
	for (i = 0; i < list->n; i++) {
		const struct gv_ruleset_literal *lit = &list->p[i];

		printf("\t{ %zu, %zu, %zu, %zu, %d },\n", at->text, at->use,
		    lit->len, lit->n, lit->nocase);
		at->text += lit->len + 1;
		at->use += lit->n;
	}
	printf("};\n");
}

static void
put_bytes(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		printf("%u,%s", p[i], i % 24 == 23 ? "\n" : "");
}

static void
put_entry(const struct gv_gate_entry *e)
{
	printf("\t{ UINT64_C(%#" PRIx64 "), UINT64_C(%#" PRIx64
	       "), UINT64_C(%#" PRIx64 "), %" PRIu32 ", %u, %u },\n",
	    e->fold, e->mask, e->value, e->literal, e->len, e->back);
}

static void
put_tables(const char *name, const char *way, const struct gv_gate_tables *t)
{
	size_t i, n = t->first[GV_GATE_GRAMS];

	printf("\nstatic const unsigned char %s_%s_table[] = {\n", name, way);
	put_bytes(t->table, GV_GATE_GRAMS);
	printf("};\n\nstatic const uint32_t %s_%s_first[] = {\n", name, way);
	for (i = 0; i <= GV_GATE_GRAMS; i++)
		printf("%" PRIu32 ",%s", t->first[i], i % 8 == 7 ? "\n" : "");
	printf("};\n\nstatic const unsigned char %s_%s_pairs[][128] = {\n",
	    name, way);
	for (i = 0; i < GV_GATE_PAIRS; i++) {
		printf("{ ");
		put_bytes(t->pairs[i], sizeof(t->pairs[i]));
		printf("},\n");
	}
	printf("};\n\nstatic const struct gv_gate_entry %s_%s_entries[] = {\n",
	    name, way);
	for (i = 0; i < n; i++)
		put_entry(&t->entries[i]);
	printf("};\n");
}

static int
put_gates(const char *name, const struct gv_ruleset_list *list)
{
	struct gv_gate *gate;
	int way, r = 0;

	for (way = 0; r == 0 && way < GV_GATE_WAYS; way++) {
		r = gv_gate_make(
		    &gate, list->in_gate, list->n, (enum gv_gate_way)way);
		if (r < 0)
			break;
		put_tables(name, gate_ways[way], gv_gate_tables(gate));
		gv_gate_free(gate);
	}
	return r;
}

static void
put_list_of(const char *name, size_t n, bool has_gates)
{
	int way;

	printf("\t.%s = { %s, %zu, {", name, name, n);
	for (way = 0; has_gates && way < GV_GATE_WAYS; way++)
		printf("\n\t    { %s_%s_table, %s_%s_first, %s_%s_pairs,"
		       " %s_%s_entries },",
		    name, gate_ways[way], name, gate_ways[way], name,
		    gate_ways[way], name, gate_ways[way]);
	printf(" } },\n");
}

static int
put_frozen(const struct gv_rules *rules)
{
	struct gv_ruleset *set;
	struct place at = { 0 };
	int r = gv_ruleset_new(&set, rules->rules, rules->n);

	if (r < 0)
		return r;
	printf("\nstatic const char literal_text[] =\n");
	put_literal_texts(&set->texts);
	put_literal_texts(&set->paths);
	put_literal_texts(&set->names);
	printf(";\n\nstatic const struct gv_ruleset_use uses[] = {\n");
	put_uses(&set->texts);
	put_uses(&set->paths);
	put_uses(&set->names);
	printf("};\n");
	put_literals("texts", &set->texts, &at);
	put_literals("paths", &set->paths, &at);
	put_literals("names", &set->names, &at);
	if ((r = put_gates("texts", &set->texts)) < 0 ||
	    (r = put_gates("paths", &set->paths)) < 0)
		goto out;
	printf("\nconst struct gv_frozen gv_builtin_frozen = {\n"
	       "\t.order = %" PRIu32 ",\n\t.comment = %zu,\n"
	       "\t.text = literal_text,\n\t.uses = uses,\n",
	    GV_FROZEN_ORDER, set->comment);
	put_list_of("texts", set->texts.n, true);
	put_list_of("paths", set->paths.n, true);
	put_list_of("names", set->names.n, false);
	printf("};\n");
out:
	gv_ruleset_free(set);
	return r;
}

int
main(int argc, char **argv)
{
	struct gv_rules rules = GV_RULES_INIT;
	struct gv_buf text = GV_BUF_INIT, files = GV_BUF_INIT;
	int r = 0, i;

	for (i = 1; r == 0 && i < argc; i++) {
		gv_buf_reset(&text);
		r = gv_file_read(&text, AT_FDCWD, argv[i], FILE_MAX);
		if (r == 0)
			r = gv_rule_parse(&rules, argv[i], text.p, text.len);
		gv_buf_add(&files, text.p, text.len);
	}
	if (r == 0 && rules.n == 0)
		r = gv_err(GV_EREFUSED, "no rules were given");
	if (r == 0)
		r = gv_buf_check(&files);
	if (r == 0) {
		put_rules(&rules);
		put_sum(&files);
		r = put_frozen(&rules);
	}
	if (r < 0)
		fprintf(stderr, "compile-rules: %s\n", gv_err_message());
	gv_buf_release(&files);
	gv_buf_release(&text);
	gv_rule_release(&rules);
	return r < 0 || fflush(stdout) != 0;
}
