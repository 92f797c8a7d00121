#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "crypto/sha.h"
#include "drill/drill_internal.h"
#include "policy/plan_consent.h"
#include "policy/plan_file.h"
#include "sys/file.h"

/*
 * A recovery plan, run in the clone by the command that runs it in earnest,
 * with its commands in a sandbox. The tree is as a fresh clone has it then, so
 * the plan has to bring back by itself what it needs. Only the plan that is
 * here and accepted is run, whatever the clone has.
 */

#define MOST      ((size_t)1024 * 1024) /* bytes of a plan */
#define MOST_LINE 200                   /* bytes of a line that is shown */

/* 1 with the digest of what may run; 0 with the step failed. */
static int
check_consent(struct gv_drill_run *run, struct gv_drill_step *step,
    char digest[2 * GV_SHA_BYTES + 1])
{
	const char *name = run->opts->plan;
	const char *path = gv_drill_text(
	    run->drill, "%s/" GV_PLAN_FILE_DIR "/%s.yaml", run->clone, name);
	struct gv_buf text = GV_BUF_INIT, here = GV_BUF_INIT;
	unsigned char sum[GV_SHA_BYTES];
	bool is_accepted = false;
	int r = path ? gv_file_read(&text, AT_FDCWD, path, MOST) : GV_ENOMEM;

	if (r == GV_ENOTFOUND) {
		r = gv_drill_fail_as(run, step, "plan",
		    "the clone does not have the plan: it was never pushed",
		    "git push");
		goto out;
	}
	if (r < 0 || (r = gv_plan_file_read(&here, run->repo, name)) < 0 ||
	    (r = gv_plan_consent_has(
		 &is_accepted, run->repo, name, here.p, here.len)) < 0)
		goto out;
	if (!is_accepted || !gv_buf_equal(&here, &text)) {
		step->result = GV_DRILL_COULD_NOT;
		step->detail = is_accepted
		    ? "the plan in the clone is not the one that is accepted "
		      "here"
		    : "the plan is not accepted; to accept it: git vault "
		      "policy accept";
		goto out;
	}
	gv_sha_sum(sum, text.p, text.len);
	gv_enc_hex(digest, sum, sizeof(sum));
	r = 1;
out:
	gv_buf_release(&text);
	gv_buf_release(&here);
	return r;
}

static int
make_fresh(struct gv_drill_run *run)
{
	const char *const reset[] = { "reset", "-q", "--hard", NULL };
	const char *const clean[] = { "clean", "-qffdx", NULL };
	int r;

	if ((r = gv_drill_must(run, reset, NULL)) < 0)
		return r;
	return gv_drill_must(run, clean, NULL);
}

static bool
has_text(const struct gv_unjson_node *node, const char *key, const char *text)
{
	const char *value = gv_unjson_get_text(node, key);

	return value && strcmp(value, text) == 0;
}

/* The last line that a step printed, if it can be told; "" without one. `err`
 * has what `git vault --json plan run` said, with the lines of all steps. */
static int
last_line(const char **out, struct gv_drill_run *run, const struct gv_buf *err,
    const char *id)
{
	const char *mark = gv_drill_text(run->drill, "git-vault: %s| ", id);
	const size_t n = mark ? strlen(mark) : 0;
	const char *at = err->len ? err->p : "", *end, *line = NULL;
	size_t len = 0;
	bool may = false;
	int r = mark ? 0 : GV_ENOMEM;

	*out = "";
	for (; r == 0 && *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		if ((size_t)(end - at) > n && strncmp(at, mark, n) == 0) {
			line = at + n;
			len = (size_t)(end - line);
		}
	}
	if (line && (r = gv_drill_may_tell(&may, run, line, len)) == 0 && may)
		*out = gv_drill_text(run->drill,
		    "; the last line that it "
		    "printed: %.*s",
		    len > MOST_LINE ? MOST_LINE : (int)len, line);
	return *out ? r : GV_ENOMEM;
}

/* A step that failed is what the drill failed by. */
static int
fail_step(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_answer *a, const struct gv_unjson_node *bad)
{
	const char *why = gv_unjson_get_text(bad, "detail");
	const char *id = gv_unjson_get_text(bad, "id");
	const char *line, *detail;
	int r = last_line(&line, run, &a->err, id ? id : "");

	if (r < 0)
		return r;
	detail = gv_drill_text(run->drill, "step %s of plan %s: %s%s",
	    id ? id : "", run->opts->plan, why ? why : "it failed", line);
	return detail ? gv_drill_fail_as(run, step, "plan", detail, NULL)
		      : GV_ENOMEM;
}

/* What became of the steps; `bad` is the first that failed. */
static int
sum_up(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_answer *a)
{
	const struct gv_unjson_node *root = gv_unjson_root(a->doc), *node;
	const struct gv_unjson_node *steps = gv_unjson_get(root, "steps");
	const struct gv_unjson_node *bad = NULL;
	size_t passed = 0, skipped = 0, untried = 0;

	for (node = steps ? steps->first : NULL; node; node = node->next) {
		passed += has_text(node, "status", "passed");
		if (has_text(node, "status", "skipped")) {
			skipped++;
			untried += has_text(node, "detail", "network");
		} else if (bad == NULL &&
		    (has_text(node, "status", "failed") ||
			has_text(node, "status", "rollback_failed"))) {
			bad = node;
		}
	}
	if (bad)
		return fail_step(run, step, a, bad);
	step->result =
	    untried || passed == 0 ? GV_DRILL_COULD_NOT : GV_DRILL_PASSED;
	step->detail = passed == 0 && untried == 0
	    ? gv_drill_text(run->drill,
		  "none of its steps is done in a drill, so nothing is proven; "
		  "%zu skipped",
		  skipped)
	    : untried
	    ? gv_drill_text(run->drill,
		  "%zu steps passed, %zu skipped; %zu of these need a network",
		  passed, skipped, untried)
	    : gv_drill_text(
		  run->drill, "%zu steps passed, %zu skipped", passed, skipped);
	return step->detail ? 0 : GV_ENOMEM;
}

/* The command that runs it; the caller frees the list. */
static int
note(struct gv_drill *d, const char *digest)
{
	d->plan_sum = gv_drill_text(d, "%s", digest);
	return d->plan_sum ? 0 : GV_ENOMEM;
}

static int
make_args(const char ***out, struct gv_drill_run *run, const char *digest)
{
	const char *const *input = run->opts->inputs;
	const char *const front[] = { "plan", "run", "--yes", "--sandbox",
		"--digest", digest, run->opts->plan };
	const char **args = NULL;
	size_t cap = 0, n = 0, i;
	int r;

	for (i = 0; input && input[i]; i++)
		;
	r = gv_vec_grow((void **)&args, &cap,
	    sizeof(front) / sizeof(*front) + 2 * i + 3, sizeof(*args));
	if (r < 0)
		return r;
	for (i = 0; i < sizeof(front) / sizeof(*front); i++)
		args[n++] = front[i];
	if (run->opts->env) {
		args[n++] = "--env";
		args[n++] = run->opts->env;
	}
	for (; input && *input; input++) {
		args[n++] = "--input";
		args[n++] = *input;
	}
	args[n] = NULL;
	*out = args;
	return 0;
}

int
gv_drill_plan(struct gv_drill_run *run, struct gv_drill_step *step)
{
	char digest[2 * GV_SHA_BYTES + 1];
	const char **args = NULL;
	struct gv_answer a;
	int r;

	if (run->opts->plan == NULL) {
		step->result = GV_DRILL_NOTHING;
		step->detail = "no recovery plan was given by --plan";
		return 0;
	}
	if ((r = make_fresh(run)) < 0 ||
	    (r = check_consent(run, step, digest)) <= 0 ||
	    (r = note(run->drill, digest)) < 0 ||
	    (r = make_args(&args, run, digest)) < 0)
		return r;
	r = gv_drill_ask(&a, run, args);
	free(args);
	if (r < 0)
		return r;
	r = a.doc && a.status <= 1 && *a.code == '\0'
	    ? sum_up(run, step, &a)
	    : gv_drill_fail_by(run, step, &a);
	gv_answer_release(&a);
	return r;
}
