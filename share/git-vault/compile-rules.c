/*
 * Writes rules of the scanner, YAML files, as a C source to stdout: see
 * lib/scan/builtin.h. Run when the program is built.
 *
 *	compile-rules rules/ai.yaml rules/auth.yaml … >builtin.c
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/hash.h"
#include "scan/builtin.h"
#include "scan/rule.h"
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
put_list(const char *const *list)
{
	for (; list && *list; list++)
		put_text(*list);
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
put_texts(const struct gv_rule *rule)
{
	const char *parts[GV_BUILTIN_PARTS];
	unsigned i;

	list_parts(parts, rule);
	for (i = 0; i < GV_BUILTIN_PARTS; i++)
		if (parts[i])
			put_text(parts[i]);
	put_list(rule->anchors);
	put_list(rule->names);
	put_list(rule->context);
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
	       "#include \"scan/builtin.h\"\n\n"
	       "const char gv_builtin_text[] =\n");
	for (i = 0; i < rules->n; i++)
		put_texts(&rules->rules[i]);
	printf(";\n\nconst struct gv_builtin_row gv_builtin_rows[] = {\n");
	for (i = 0; i < rules->n; i++)
		put_row(&rules->rules[i]);
	printf("};\n\nconst size_t gv_builtin_n = %zu;\n", rules->n);
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
	if (r < 0) {
		fprintf(stderr, "compile-rules: %s\n", gv_err_message());
	} else {
		put_rules(&rules);
		put_sum(&files);
	}
	gv_buf_release(&files);
	gv_buf_release(&text);
	gv_rule_release(&rules);
	return r < 0 || fflush(stdout) != 0;
}
