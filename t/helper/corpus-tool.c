/*
 * Makes texts with secrets in them out of cases (t/conformance/secrets/README
 * says how these are written) and tells how many the scanner finds and what
 * else it flags:
 *
 *	corpus-tool [-s SEED] [-n TIMES] [-m] [-c] [-w DIR] FILE…
 *
 * One line for each format, carrier, token and rule, parted by tabs: what it is
 * of, name, planted, found, those at likely or above, verified; decoys,
 * flagged, those at likely or above; and findings where neither stands, the
 * same two. -n makes of each case so many times more; -m names what was missed
 * or flagged on stderr; -c leaves out the examples of rules; -w writes the
 * texts below DIR, and what stands where to DIR/MANIFEST, for other scanners.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "helper/cases.h"
#include "helper/example.h"
#include "helper/rules.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/scan.h"
#include "sys/file.h"

#define TALLIES_MAX 4096

struct tally {
	char *group, *name;
	unsigned planted, found, likely, verified;
	unsigned decoys, flagged, flagged_likely;
	unsigned stray, stray_likely;
};

struct run {
	struct gv_rules rules;
	struct gv_ruleset *set;
	struct gv_scan scan;
	struct tally tallies[TALLIES_MAX];
	size_t n;
	unsigned times;
	uint64_t seed;
	bool is_cases_only;
	bool show_misses, tells; /* wanted, and of this text not told yet */
	const char *dir;
	FILE *manifest;
	unsigned files;
};

static struct tally *
tally_of(struct run *run, const char *group, const char *name)
{
	size_t i = run->n;

	/* what came last is asked for most */
	while (i-- > 0)
		if (strcmp(run->tallies[i].name, name) == 0 &&
		    strcmp(run->tallies[i].group, group) == 0)
			return &run->tallies[i];
	if (run->n == TALLIES_MAX)
		abort();
	run->tallies[run->n].group = strdup(group);
	run->tallies[run->n].name = strdup(name);
	return &run->tallies[run->n++];
}

static void
tell_of(const struct run *run, const char *what, const struct cases_text *text,
    size_t at, size_t len, const char *why)
{
	if (!run->tells)
		return;
	fprintf(stderr, "%s\t%s\t%s\t%s\t%.*s\n", what, text->group, text->path,
	    why, (int)(len < 160 ? len : 160), text->p + at);
}

/* Count one mark: the surest finding that touches it. */
static void
count_mark(struct run *run, struct tally *t, const struct cases_text *text,
    const struct cases_mark *m)
{
	const struct gv_scan_finding *best = NULL, *f;
	size_t i;

	for (i = 0; i < run->scan.n; i++) {
		f = &run->scan.findings[i];
		if (f->at < m->at + m->len && m->at < f->at + f->len &&
		    f->grade >= GV_SCAN_POSSIBLE &&
		    (best == NULL || f->grade > best->grade))
			best = f;
	}
	if (m->is_decoy) {
		t->decoys++;
		t->flagged += best != NULL;
		t->flagged_likely += best && best->grade >= GV_SCAN_LIKELY;
		if (best)
			tell_of(run,
			    best->grade >= GV_SCAN_LIKELY ? "FLAGGED"
							  : "flagged",
			    text, m->at, m->len, best->rule->id);
		return;
	}
	t->planted++;
	t->found += best != NULL;
	t->likely += best && best->grade >= GV_SCAN_LIKELY;
	t->verified += best && best->grade == GV_SCAN_VERIFIED;
	if (best == NULL || best->grade < GV_SCAN_LIKELY)
		tell_of(run, best ? "unsure" : "missed", text, m->at, m->len,
		    best ? best->rule->id : "-");
}

static void
count_strays(struct run *run, struct tally *t, const struct cases_text *text)
{
	size_t i, k;

	for (i = 0; i < run->scan.n; i++) {
		const struct gv_scan_finding *f = &run->scan.findings[i];

		for (k = 0; k < text->n; k++)
			if (f->at < text->marks[k].at + text->marks[k].len &&
			    text->marks[k].at < f->at + f->len)
				break;
		if (k < text->n || f->grade < GV_SCAN_POSSIBLE)
			continue;
		t->stray++;
		t->stray_likely += f->grade >= GV_SCAN_LIKELY;
		tell_of(run, "stray", text, f->at, f->len, f->rule->id);
	}
}

/* --- for other scanners --- */

static int
make_dirs(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		(void)mkdir(path, 0777); /* the file's opening tells */
		*slash = '/';
	}
	return 0;
}

static int
write_text(struct run *run, const struct cases_text *text)
{
	char path[4096];
	size_t i;

	if (run->dir == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/%05u/%s", run->dir, run->files++,
	    text->path);
	make_dirs(path);
	for (i = 0; i < text->n; i++)
		fprintf(run->manifest, "%s\t%zu\t%zu\t%s\t%s\t%s\n",
		    path + strlen(run->dir) + 1, text->marks[i].at,
		    text->marks[i].len,
		    text->marks[i].is_decoy ? "decoy" : "secret", text->group,
		    text->name ? text->name : "-");
	return gv_file_replace(AT_FDCWD, path, text->p, text->len, 0666, false);
}

/* --- cases --- */

static int
on_text(void *ctx, const struct cases_text *text)
{
	struct run *run = ctx;
	struct tally *t[2];
	size_t i, k;
	int r = write_text(run, text);

	if (r == 0)
		r = gv_scan_run(
		    &run->scan, run->set, text->path, text->p, text->len);
	if (r < 0)
		return r;
	t[0] = tally_of(run, text->kind, text->group);
	t[1] = text->name ? tally_of(run, text->named, text->name) : NULL;
	for (k = 0; k < 2 && t[k]; k++) {
		run->tells = run->show_misses && k == 0;
		for (i = 0; i < text->n; i++)
			count_mark(run, t[k], text, &text->marks[i]);
		count_strays(run, t[k], text);
	}
	return 0;
}

/* --- examples of rules --- */

static const struct gv_rule *
rule_of(const struct run *run, const char *id)
{
	size_t i = 0;

	while (strcmp(run->rules.rules[i].id, id) != 0)
		i++;
	return &run->rules.rules[i];
}

/* As it stands in the rule: what is asked for is that rule. The surest finding
 * of it goes to *found, NULL where there is none. */
static int
count_example(const struct gv_scan_finding **found, struct run *run,
    const struct gv_rule_example *x, const struct gv_rule *rule,
    const char *text)
{
	struct tally *t = tally_of(run, "rule", rule->id);
	const struct gv_scan_finding *best = NULL, *f;
	bool is_public = rule->kind == GV_RULE_PUBLIC && x->is_positive;
	bool is_decoy = !x->is_positive || is_public;
	size_t i;
	int r = gv_scan_run(&run->scan, run->set, x->path, text, strlen(text));

	for (i = 0; r == 0 && i < run->scan.n; i++) {
		f = &run->scan.findings[i];
		if ((f->rule == rule || is_public) &&
		    f->grade >= GV_SCAN_POSSIBLE &&
		    (best == NULL || f->grade > best->grade))
			best = f;
	}
	t->planted += !is_decoy;
	t->found += !is_decoy && best;
	t->likely += !is_decoy && best && best->grade >= GV_SCAN_LIKELY;
	t->verified += !is_decoy && best && best->grade == GV_SCAN_VERIFIED;
	t->decoys += is_decoy;
	t->flagged += is_decoy && best;
	t->flagged_likely += is_decoy && best && best->grade >= GV_SCAN_LIKELY;
	if (run->show_misses && is_decoy == (best != NULL))
		fprintf(stderr, "%s\trule\t%s\t%s\t%s\n",
		    is_decoy ? "flagged" : "missed", rule->id,
		    run->scan.n ? run->scan.findings[0].rule->id : "-", text);
	*found = is_decoy ? NULL : best;
	return r;
}

/* A part of a text as what a template would make of itself; NULL for what not
 * every carrier can hold. */
static char *
take(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr("\n\r\"'\\ {}", p[i]))
			return NULL;
	return strndup(p, len);
}

/* The text of an example as cases have it, in which a brace is itself. */
static char *
with_single_braces(const char *text)
{
	struct gv_buf out = GV_BUF_INIT;
	const char *p;

	for (p = text; *p; p++) {
		gv_buf_addch(&out, *p);
		p += p[0] == '{' && p[1] == '{';
	}
	return gv_buf_take(&out);
}

/* What is known by what stands around it is carried with that, all else under
 * the name that it has, or could have. */
static int
carry_example(struct run *run, const struct cases *cases,
    const struct gv_rule_example *x, const char *text,
    const struct gv_scan_finding *f, uint64_t *seed)
{
	const struct gv_rule *rule = rule_of(run, x->rule);
	struct cases_token token = {
		.label = x->rule, .kind = "rule", .validator = rule->validator
	};
	char *name = NULL, *value = NULL;
	int r = 0;

	token.is_text = rule->way == GV_RULE_SCANNER ||
	    (rule->way == GV_RULE_PATTERN && rule->group);
	if (token.is_text) {
		value = x->path == NULL ? with_single_braces(x->text) : NULL;
	} else {
		value = take(text + f->at, f->len);
		name = f->name_len ? take(text + f->name, f->name_len) : NULL;
	}
	token.template = value;
	token.name = name ? name : rule->context ? rule->context[0] : "entry";
	if (token.template)
		r = cases_carry(cases, &token, seed, on_text, run);
	free(name);
	free(value);
	return r;
}

static int
count_rules(struct run *run, const struct cases *cases)
{
	uint64_t seed = run->seed;
	const struct gv_scan_finding *f = NULL;
	size_t i, n = run->rules.n_examples * run->times;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		const struct gv_rule_example *x =
		    &run->rules.examples[i % run->rules.n_examples];
		const struct gv_rule *rule = rule_of(run, x->rule);
		char *text = example_expand(x->text, rule->validator, &seed);

		r = text ? count_example(&f, run, x, rule, text) : GV_ERROR;
		if (r == 0 && f)
			r = carry_example(run, cases, x, text, f, &seed);
		free(text);
	}
	return r;
}

static void
print(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->n; i++) {
		const struct tally *t = &run->tallies[i];

		printf("%s\t%s\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u\n", t->group,
		    t->name, t->planted, t->found, t->likely, t->verified,
		    t->decoys, t->flagged, t->flagged_likely, t->stray,
		    t->stray_likely);
	}
}

static int
run_all(struct run *run, char **files)
{
	struct cases cases = CASES_INIT;
	uint64_t seed = run->seed;
	char path[4096];
	int r = rules_load(&run->rules, NULL);

	if (r == 0)
		r = gv_ruleset_new(&run->set, run->rules.rules, run->rules.n);
	for (; r == 0 && *files; files++)
		r = cases_read(&cases, *files);
	if (r == 0 && run->dir) {
		(void)mkdir(run->dir, 0777);
		snprintf(path, sizeof(path), "%s/MANIFEST", run->dir);
		run->manifest = fopen(path, "w");
		r = run->manifest ? 0 : gv_err_sys("cannot write %s", path);
	}
	if (r == 0)
		r = cases_each(&cases, run->times, &seed, on_text, run);
	if (r == 0 && !run->is_cases_only)
		r = count_rules(run, &cases);
	if (r == 0)
		print(run);
	if (run->manifest)
		fclose(run->manifest);
	cases_release(&cases);
	return r;
}

int
main(int argc, char **argv)
{
	static struct run run = { .seed = 1, .times = 1 };
	size_t i;
	int opt, r;

	while ((opt = getopt(argc, argv, "s:n:mcw:")) != -1) {
		if (opt == 's')
			run.seed = strtoull(optarg, NULL, 10);
		if (opt == 'n')
			run.times = (unsigned)strtoul(optarg, NULL, 10);
		run.show_misses |= opt == 'm';
		run.is_cases_only |= opt == 'c';
		if (opt == 'w')
			run.dir = optarg;
		if (opt == '?')
			return 129;
	}
	r = run_all(&run, argv + optind);
	if (r < 0)
		fprintf(stderr, "corpus-tool: %s\n", gv_err_message());
	for (i = 0; i < run.n; i++) {
		free(run.tallies[i].group);
		free(run.tallies[i].name);
	}
	gv_scan_release(&run.scan);
	gv_ruleset_free(run.set);
	gv_rule_release(&run.rules);
	return r < 0 ? 128 : 0;
}
