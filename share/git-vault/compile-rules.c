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

/* '?' is escaped for the trigraphs, and three digits end an octal number
 * whatever follows. */
static void
put_string(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	putchar('"');
	for (; *p; p++)
		if (*p < ' ' || *p > '~' || strchr("\"\\?", *p))
			printf("\\%03o", *p);
		else
			putchar(*p);
	putchar('"');
}

static void
put_text(const char *field, const char *text)
{
	if (text == NULL)
		return;
	printf("\t    .%s = ", field);
	put_string(text);
	printf(",\n");
}

static void
put_bool(const char *field, bool value)
{
	if (value)
		printf("\t    .%s = true,\n", field);
}

static void
put_number(const char *field, unsigned value)
{
	if (value)
		printf("\t    .%s = %u,\n", field, value);
}

/* A list stands in front of the table, under a name of its own. */
static void
put_list(const char *name, size_t number, const char *const *list)
{
	if (list == NULL)
		return;
	printf("static const char *const %s_%zu[] = {\n", name, number);
	for (; *list; list++) {
		printf("\t");
		put_string(*list);
		printf(",\n");
	}
	printf("\tNULL\n};\n");
}

static void
put_list_name(const char *field, size_t number, const char *const *list)
{
	if (list)
		printf("\t    .%s = %s_%zu,\n", field, field, number);
}

static void
put_rule(const struct gv_rule *rule, size_t number)
{
	printf("\t{\n");
	put_text("id", rule->id);
	put_text("description", rule->description);
	put_text("provider", rule->provider);
	put_text("remediation", rule->remediation);
	printf("\t    .way = %s,\n", ways[rule->way]);
	printf("\t    .kind = %s,\n", kinds[rule->kind]);
	printf("\t    .severity = %s,\n", severities[rule->severity]);
	put_bool("is_likely", rule->is_likely);
	put_list_name("anchors", number, rule->anchors);
	put_bool("nocase", rule->nocase);
	put_text("pattern", rule->pattern);
	put_number("group", rule->group);
	put_number("offset_min", rule->offset_min);
	put_number("offset_max", rule->offset_max);
	put_bool("open_before", rule->open_before);
	put_bool("open_after", rule->open_after);
	put_list_name("names", number, rule->names);
	put_list_name("context", number, rule->context);
	put_text("scanner", rule->scanner);
	put_text("validator", rule->validator);
	put_number("entropy", rule->entropy);
	printf("\t},\n");
}

static void
put_rules(const struct gv_rules *rules)
{
	size_t i;

	printf("/* Written by compile-rules out of share/git-vault/rules. */\n"
	       "#include \"scan/builtin.h\"\n\n");
	for (i = 0; i < rules->n; i++) {
		put_list("anchors", i, rules->rules[i].anchors);
		put_list("names", i, rules->rules[i].names);
		put_list("context", i, rules->rules[i].context);
	}
	printf("\nconst struct gv_rule gv_builtin_rules[] = {\n");
	for (i = 0; i < rules->n; i++)
		put_rule(&rules->rules[i], i);
	printf("};\n\nconst size_t gv_builtin_n = %zu;\n", rules->n);
}

int
main(int argc, char **argv)
{
	struct gv_rules rules = GV_RULES_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r = 0, i;

	for (i = 1; r == 0 && i < argc; i++) {
		gv_buf_reset(&text);
		r = gv_file_read(&text, AT_FDCWD, argv[i], FILE_MAX);
		if (r == 0)
			r = gv_rule_parse(&rules, argv[i], text.p, text.len);
	}
	if (r == 0 && rules.n == 0)
		r = gv_err(GV_EREFUSED, "no rules were given");
	if (r < 0)
		fprintf(stderr, "compile-rules: %s\n", gv_err_message());
	else
		put_rules(&rules);
	gv_buf_release(&text);
	gv_rule_release(&rules);
	return r < 0 || fflush(stdout) != 0;
}
