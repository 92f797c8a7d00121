#include "policy/disclosure.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/plain.h"
#include "infra/pipeline.h"
#include "sys/env.h"

static int
load(struct gv_disclosure *d)
{
	int r = d->is_loaded ? 0 : gv_team_rules_load(&d->rules, d->repo);

	/* an invalid policy is reported where it decides */
	if (r == GV_EREFUSED && d->repo) {
		gv_team_rules_release(&d->rules);
		d->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
		r = gv_team_rules_load(&d->rules, NULL);
	}
	d->is_loaded = r == 0;
	return r;
}

static int
find_in(struct gv_disclosed *out, struct gv_disclosure *d, const char *path,
    const char *text, size_t len, enum gv_scan_grade least)
{
	const struct gv_scan_finding *f;
	size_t i;
	int r = load(d);

	if (r == 0)
		r = gv_scan_run(&d->scan, d->rules.set, path, text, len);
	for (i = 0; r == 0 && i < d->scan.n; i++) {
		f = &d->scan.findings[i];
		if (f->grade < least || f->rule->kind == GV_RULE_PUBLIC)
			continue;
		*out = (struct gv_disclosed){ f->rule->id, f->column };
		r = 1;
	}
	return r;
}

static int
find(struct gv_disclosed *out, struct gv_disclosure *d, const char *text,
    enum gv_scan_grade least)
{
	return find_in(out, d, NULL, text, strlen(text), least);
}

int
gv_disclosure_find_file(struct gv_disclosed *out, struct gv_disclosure *d,
    const char *path, const char *text, size_t len)
{
	return find_in(out, d, path, text, len, GV_SCAN_LIKELY);
}

int
gv_disclosure_find(
    struct gv_disclosed *out, struct gv_disclosure *d, const char *text)
{
	return find(out, d, text, GV_SCAN_LIKELY);
}

int
gv_disclosure_suspect(struct gv_disclosed *out, struct gv_disclosure *d,
    const char *name, const char *value)
{
	struct gv_buf named = GV_BUF_INIT;
	int r = find(out, d, value, GV_SCAN_POSSIBLE);

	if (r)
		return r;
	gv_buf_addf(&named, "%s: %s", name, value);
	if ((r = gv_buf_check(&named)) == 0)
		r = find(out, d, named.p, GV_SCAN_POSSIBLE);
	gv_buf_release(&named);
	return r;
}

int
gv_disclosure_hide(
    struct gv_buf *out, struct gv_disclosure *d, const char *text, size_t len)
{
	const struct gv_scan_finding *f;
	size_t i, done = 0;
	int r = load(d);

	if (r == 0)
		r = gv_scan_run(&d->scan, d->rules.set, NULL, text, len);
	for (i = 0; r == 0 && i < d->scan.n; i++) {
		f = &d->scan.findings[i];
		if (f->grade < GV_SCAN_POSSIBLE ||
		    f->rule->kind == GV_RULE_PUBLIC)
			continue;
		gv_buf_add(out, text + done, f->at - done);
		gv_buf_addstr(out, GV_DISCLOSURE_HIDDEN);
		done = f->at + f->len;
	}
	if (r == 0)
		gv_buf_add(out, text + done, len - done);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_disclosure_line(
    struct gv_buf *out, struct gv_disclosure *d, const char *line, size_t len)
{
	struct gv_buf plain = GV_BUF_WIPED_INIT, text = GV_BUF_INIT;

	if (gv_plain_add(&plain, line, len) < 0 ||
	    gv_disclosure_hide(&text, d, plain.len ? plain.p : "", plain.len) <
		0)
		gv_buf_addstr(out, GV_DISCLOSURE_HIDDEN);
	else
		gv_buf_add(out, text.len ? text.p : "", text.len);
	gv_buf_release(&plain);
	gv_buf_release(&text);
	return gv_buf_check(out);
}

int
gv_disclosure_check(struct gv_disclosure *d, const char *what, const char *text)
{
	struct gv_disclosed found = { 0 };
	int r = gv_disclosure_find(&found, d, text);

	return r <= 0
	    ? r
	    : gv_err(GV_EREFUSED,
		  "%s has a possible secret (%s, byte %u), which every reader "
		  "of the repository could read forever: write it without; if "
		  "it is a real secret, the shell's history has it, too",
		  what, found.rule, found.byte);
}

/* ---- what systems say ---- */

int
gv_disclosure_take(struct gv_buf *withheld, struct gv_disclosure *d,
    const char *of, const char *text)
{
	struct gv_disclosed found = { 0 };
	int r = gv_disclosure_find(&found, d, text);

	if (r <= 0)
		return r < 0 ? r : 1;
	gv_buf_addf(
	    withheld, "%s%s (%s)", withheld->len ? ", " : "", of, found.rule);
	return gv_buf_check(withheld);
}

struct taking {
	struct gv_buf *withheld;
	struct gv_disclosure *d;
};

static const char *
get(void *ctx, const char *name)
{
	(void)ctx;
	return gv_env_get(name);
}

/* A job is not to stop for what its system sets, so it goes without that. */
static int
take(void *ctx, const char *of, const char *text)
{
	struct taking *t = ctx;

	return gv_disclosure_take(t->withheld, t->d, of, text);
}

int
gv_disclosure_pipeline(
    struct gv_pipeline *out, struct gv_buf *withheld, struct gv_disclosure *d)
{
	struct taking t = { withheld, d };
	const struct gv_pipeline_look look = { get, take, &t };

	return gv_pipeline_detect(out, &look);
}

void
gv_disclosure_release(struct gv_disclosure *d)
{
	gv_scan_release(&d->scan);
	gv_team_rules_release(&d->rules);
}
