#ifndef LINT_TOLD_H
#define LINT_TOLD_H
/*
 * Small trees, written as paths and texts, and what the rules find in them.
 *
 *	assert_check("error ref/missing-file main.tf:3: …\n", "ref",
 *	    { "main.tf", "…", NULL });
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "config/policy.h"
#include "lint/lint_internal.h"
#include "graph/depgraph_internal.h"

#define FILES_MOST 12
#define NOW        1800000000

struct file {
	const char *path, *text, *env;
};

static inline void
pack(struct gv_buf *out, const struct file *f)
{
	struct gv_symbols symbols;

	assert_int_equal(gv_symbols_read(&symbols,
			     gv_symbol_dialect(f->path, strlen(f->path)),
			     f->text, strlen(f->text)),
	    0);
	gv_symbols_pack(out, &symbols);
	gv_symbols_release(&symbols);
}

/* As a tree is loaded: without the details that nothing names. */
static inline void
build(struct gv_depgraph *g, const struct file *files)
{
	struct gv_depgraph_want *want;
	struct gv_buf packed[FILES_MOST] = { { .p = NULL } };
	uint32_t i;

	for (i = 0; files[i].path; i++)
		assert_int_equal(
		    gv_depgraph_add(g, files[i].path, strlen(files[i].path),
			files[i].env, files[i].text ? 0 : GV_DEPGRAPH_LEFT),
		    0);
	assert_int_equal(gv_depgraph_sort(g), 0);
	assert_int_equal(gv_depgraph_want_new(&want, g), 0);
	for (i = 0; files[i].path; i++) {
		packed[i] = (struct gv_buf)GV_BUF_INIT;
		if (files[i].text == NULL)
			continue;
		pack(&packed[i], &files[i]);
		gv_depgraph_want_add(want, packed[i].p, packed[i].len);
	}
	g->want = want;
	for (i = 0; i < g->n_files; i++) {
		struct gv_buf *p = &packed[g->files[i].given];

		if (p->len)
			assert_int_equal(
			    gv_depgraph_put(g, i, p->p, p->len), 0);
		gv_buf_release(p);
	}
	g->want = NULL;
	gv_depgraph_want_free(want);
	assert_int_equal(gv_depgraph_link(g), 0);
	gv_depgraph_settle(g);
}

/* "SEVERITY RULE PATH:LINE PATH:LINE: TEXT" of each finding; malloc'd. */
static inline char *
check(const struct file *files, const struct gv_lint_opts *opts)
{
	struct gv_depgraph g = GV_DEPGRAPH_INIT;
	struct gv_lint_report report;
	struct gv_buf out = GV_BUF_INIT;
	size_t i, k;

	build(&g, files);
	assert_int_equal(gv_lint_run(&report, &g, opts), 0);
	for (i = 0; i < report.n; i++) {
		const struct gv_lint_finding *f = &report.findings[i];

		gv_buf_addf(&out, "%s%s %s", f->allowed ? "(allowed) " : "",
		    gv_lint_severities[f->severity], f->rule->id);
		for (k = 0; k < f->n; k++)
			gv_buf_addf(&out, " %s:%u",
			    g.files[f->places[k].file].path, f->places[k].line);
		gv_buf_addf(&out, ": %s\n", f->text);
	}
	gv_lint_release(&report);
	gv_depgraph_release(&g);
	return gv_buf_take(&out);
}

#define assert_check(want, rule, ...)                                          \
	do {                                                                   \
		static const struct file files[] = { __VA_ARGS__,              \
			{ .path = NULL } };                                    \
		const char *const rules_[] = { rule };                         \
		const struct gv_lint_opts opts = {                             \
			.now = NOW, .rules = rules_, .n_rules = 1              \
		};                                                             \
		char *told = check(files, &opts);                              \
		assert_string_equal(told, want);                               \
		free(told);                                                    \
	} while (0)

/* The sources and the values of a small tree. */
static inline int
read_text(void *ctx, struct gv_buf *out, const struct gv_depgraph_file *file)
{
	const struct file *f = ctx;

	for (; f->path; f++)
		if (strcmp(f->path, file->path) == 0)
			gv_buf_addstr(out, f->text);
	return gv_buf_check(out);
}

/* As check() by what one or two policies say ("": it says nothing). */
static inline void
assert_by(const struct file *files, const char *rule, const char *a,
    const char *b, const char *want)
{
	struct gv_policy policies[2] = { GV_POLICY_INIT, GV_POLICY_INIT };
	const struct gv_policy_lint *const lints[] = { &policies[0].lint,
		&policies[1].lint };
	const struct gv_lint_opts opts = { .now = NOW,
		.rules = &rule,
		.n_rules = 1,
		.policies = lints,
		.n_policies = b ? 2 : 1,
		.read = read_text,
		.read_ctx = (void *)files };
	char *told;

	assert_int_equal(gv_policy_parse(&policies[0], "a", a, strlen(a)), 0);
	if (b)
		assert_int_equal(
		    gv_policy_parse(&policies[1], "b", b, strlen(b)), 0);
	told = check(files, &opts);
	assert_string_equal(told, want);
	free(told);
	gv_policy_release(&policies[0]);
	gv_policy_release(&policies[1]);
}

#endif
