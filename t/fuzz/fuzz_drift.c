/*
 * Any bytes as files of two environments and of what both share, in a format
 * that the first byte names, with a zero byte between them: the counts are
 * those of all keys, comparing the other way around finds as much, what is
 * hidden has no value, and a patch leaves no file that is worse.
 */
#include "fuzz.h"

#include "drift/drift.h"
#include "drift/drift_patch.h"

static const char *const paths[][3] = {
	{ "staging.json", "prod.json", "default.json" },
	{ "values-staging.yaml", "values-prod.yaml", "values.yaml" },
	{ "staging.tfvars", "prod.tfvars", "main.tf" },
	{ "live/staging/a.tf", "live/prod/b.tf", "x.tf" },
	{ ".env.staging", ".env.prod", ".env" },
	{ "staging.ini", "prod.ini", "all.ini" },
	{ "app-staging.properties", "app-prod.properties", "app.properties" },
	{ "staging.toml", "prod.toml", "base.toml" },
	{ "staging.xml", "prod.xml", "common.xml" },
	{ "Dockerfile.staging", "Dockerfile.prod", "Dockerfile" },
	{ "compose.staging.yml", "compose.prod.yml", "compose.yml" },
};

#define FORMATS (sizeof(paths) / sizeof(paths[0]))

static const struct gv_drift_env envs[] = { { "staging", 1, false },
	{ "prod", 2, true } };
static const struct gv_envname_word words[] = { { "staging", 0 },
	{ "prod", 1 } };

static void
look(const struct gv_drift_report *report)
{
	size_t i, sum;

	sum = report->counts[GV_DRIFT_SAME] +
	    report->counts[GV_DRIFT_INTENDED] + report->counts[GV_DRIFT_DRIFT] +
	    report->counts[GV_DRIFT_UNKNOWN];
	must(sum == report->keys);
	for (i = 0; i < report->n; i++) {
		const struct gv_drift_finding *f = &report->findings[i];

		must(f->key && f->says);
		must(f->left.path || f->right.path);
		must(!f->left.is_hidden || f->left.value == NULL);
		must(!f->right.is_hidden || f->right.value == NULL);
	}
}

static void
compare(struct gv_drift *drift)
{
	struct gv_drift_report one, two;
	struct gv_drift_patch patch;

	must(gv_drift_compare(&one, drift, 0, 1) == 0);
	look(&one);
	must(gv_drift_patch(&patch, drift, &one) == 0);
	must(patch.done + patch.left == one.counts[GV_DRIFT_DRIFT]);
	gv_drift_patch_release(&patch);
	must(gv_drift_compare(&two, drift, 1, 0) == 0);
	look(&two);
	must(one.keys == two.keys && one.n == two.n);
	gv_drift_report_release(&one);
	gv_drift_report_release(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct gv_drift_opts opts = { .envs = envs,
		.n_envs = 2,
		.names = { words, 2 },
		.comments = true };
	static const uint32_t sides[] = { 0, 1, GV_DRIFT_SHARED };
	struct gv_drift *drift;
	char *texts[3] = { NULL };
	size_t format, at = 1, n, i;
	const uint8_t *end;

	if (len == 0)
		return 0;
	format = data[0] % FORMATS;
	must(gv_drift_new(&drift, &opts) == 0);
	for (i = 0; i < 3 && at <= len; i++, at += n + 1) {
		end = at < len ? memchr(data + at, '\0', len - at) : NULL;
		n = end ? (size_t)(end - data) - at : len - at;
		texts[i] = malloc(n ? n : 1);
		must(texts[i] != NULL);
		if (n)
			memcpy(texts[i], data + at, n);
		must(gv_drift_add(drift,
			 &(struct gv_drift_file){ .path = paths[format][i],
			     .text = texts[i],
			     .len = n,
			     .env = sides[i] }) == 0);
	}
	compare(drift);
	gv_drift_free(drift);
	for (i = 0; i < 3; i++)
		free(texts[i]);
	return 0;
}
