#ifndef DRIFT_TOLD_H
#define DRIFT_TOLD_H
/*
 * Files of two environments in memory, staging before prod, and what their
 * comparison finds, as lines of text:
 *
 *	drift missing normal values-*.yaml#timeout: in staging, not in prod
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "drift/drift.h"
#include "policy/team_rules.h"

static const struct gv_drift_env drift_told_envs[] = { { "staging", 1, false },
	{ "prod", 2, true }, { "dev", 0, false } };
static const struct gv_envname_word drift_told_words[] = { { "staging", 0 },
	{ "prod", 1 }, { "dev", 2 } };

struct drift_told {
	struct gv_drift_opts opts;
	struct gv_drift *drift;
	struct gv_team_rules rules;
};

static inline void
drift_told_begin(struct drift_told *t)
{
	memset(t, 0, sizeof(*t));
	t->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
	assert_int_equal(gv_team_rules_load(&t->rules, NULL), 0);
	t->opts.envs = drift_told_envs;
	t->opts.n_envs = 3;
	t->opts.names.words = drift_told_words;
	t->opts.names.n = 3;
	t->opts.rules = t->rules.set;
	assert_int_equal(gv_drift_new(&t->drift, &t->opts), 0);
}

static inline void
drift_told_add(
    struct drift_told *t, uint32_t env, const char *path, const char *text)
{
	const struct gv_drift_file file = {
		.path = path, .text = text, .len = strlen(text), .env = env
	};

	assert_int_equal(gv_drift_add(t->drift, &file), 0);
}

static inline void
drift_told_line(struct gv_buf *out, const struct gv_drift_finding *f)
{
	gv_buf_addf(out, "%s %s %s %s: %s\n", gv_drift_verdicts[f->verdict],
	    gv_drift_classes[f->class], gv_drift_severities[f->severity],
	    f->key, f->says);
}

/* Compare staging and prod. */
static inline void
drift_told_end(struct drift_told *t, struct gv_buf *out, size_t *keys)
{
	struct gv_drift_report report;
	size_t i, sum;

	assert_int_equal(gv_drift_compare(&report, t->drift, 0, 1), 0);
	for (i = 0; i < report.n; i++)
		drift_told_line(out, &report.findings[i]);
	sum = report.counts[GV_DRIFT_SAME] + report.counts[GV_DRIFT_INTENDED] +
	    report.counts[GV_DRIFT_DRIFT] + report.counts[GV_DRIFT_UNKNOWN];
	assert_int_equal(sum, report.keys);
	if (keys)
		*keys = report.keys;
	gv_drift_report_release(&report);
	gv_drift_free(t->drift);
	gv_team_rules_release(&t->rules);
}

#endif
