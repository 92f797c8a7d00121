#include <fcntl.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/sha.h"
#include "recover/recover_internal.h"
#include "sys/file.h"

/*
 * Steps that git-vault does itself: by the commands that a person would type,
 * so that a plan can do nothing that they do not allow.
 */

#define ARGS      24                  /* without paths */
#define STATE_MAX ((size_t)256 << 20) /* bytes of a state that can go back */

struct args {
	const char **p;
	size_t n;
};

static int
begin(struct args *out, struct gv_recover_job *job, size_t more)
{
	out->n = 0;
	out->p = gv_arena_alloc(&job->arena, (ARGS + more) * sizeof(*out->p));
	return out->p ? 0 : GV_ENOMEM;
}

static void
add(struct args *to, const char *arg)
{
	to->p[to->n++] = arg;
}

const char *
gv_recover_reason(struct gv_recover_job *job)
{
	return gv_recover_text(job, "plan %s, run %s, step %s",
	    job->run->plan.name, job->run->id, job->s.id);
}

static const char *
snapshot(struct gv_recover_job *job)
{
	return job->s.snapshot
	    ? job->s.snapshot
	    : gv_recover_text(job, "good:%s", job->run->environment);
}

/* Run it: 0 with the answer where it ended with 0, else the job has failed. */
static int
ask(struct gv_answer *out, struct gv_recover_job *job, const struct args *args)
{
	int r = gv_recover_ask(out, job, args->p);

	if (r < 0)
		return gv_recover_fail_by(job, r);
	return out->status ? gv_recover_fail_as(job, out, args->p) : 0;
}

/* ---- restore ------------------------------------------------------------- */

/* What a restore wrote in places of another environment: a snapshot of it has
 * the secrets encrypted for those who read them there, and tells later what was
 * changed since. */
static int
keep_moved(struct gv_recover_job *job)
{
	struct gv_answer answer = GV_ANSWER_INIT;
	const char *message = gv_recover_text(job, "%s as %s, run %s",
	    job->run->environment, job->s.as, job->run->id);
	const char *const args[] = { "snapshot", "-m", message, NULL };
	const char *id;
	int r;

	if (message == NULL)
		return GV_ENOMEM;
	if ((r = gv_recover_ask(&answer, job, args)) < 0)
		r = gv_recover_fail_by(job, r);
	else if (answer.status != 0 && answer.status != 3)
		r = gv_recover_fail_as(job, &answer, args);
	id = gv_unjson_get_text(gv_answer_root(&answer), "id");
	if (r == 0 && id)
		r = gv_recover_value(job, "snapshot", id);
	gv_answer_release(&answer);
	return r;
}

/* What takes a restore back is stored with its end, before anybody needs it. */
static int
keep_safety(struct gv_recover_job *job, const struct gv_answer *answer,
    const struct gv_recover_earlier *earlier)
{
	const struct gv_unjson_node *root = gv_unjson_root(answer->doc);
	const char *safety = gv_unjson_get_text(root, "safety");
	const char *from = gv_unjson_get_text(root, "snapshot");
	int r = 0;

	if (job->s.as && job->s.into == NULL)
		r = keep_moved(job);
	else if (from)
		r = gv_recover_value(job, "snapshot", from);
	if (r == 0 && earlier->safety)
		return gv_recover_earlier_keep(job, earlier);
	if (r == 0 && safety)
		r = gv_recover_value(job, "safety", safety);
	return r < 0 ? r : gv_recover_keep_changes(job, root);
}

/* The same of a directory of its own. */
static int
keep_tree(struct gv_recover_job *job, const char *path, bool was_there)
{
	char sum[GV_RECOVER_DIGEST + 1];
	int r = gv_recover_tree_sum(sum, path);

	/* without a sum it stays, and that is said */
	if (r < 0)
		return r == GV_ENOMEM ? r : 0;
	if ((r = gv_recover_value(job, "sum", sum)) == 0 && was_there)
		r = gv_recover_value(job, "was_there", "yes");
	return r;
}

/* What of the tree it is about. */
static void
add_part(struct args *args, struct gv_recover_job *job)
{
	const char *const *path = job->s.paths;

	if ((job->s.as || gv_recover_count(path) == 0) &&
	    job->run->environment) {
		add(args, "--env");
		add(args, job->run->environment);
	}
	if (job->s.as) {
		add(args, "--as");
		add(args, job->s.as);
	}
	if (job->s.replaces) {
		add(args, "--overwrite");
		add(args, "always");
	}
	if (job->s.crosses && job->s.into == NULL)
		add(args, "--cross-scope");
	add(args, "--reason");
	add(args, gv_recover_reason(job));
	add(args, "--");
	for (; path && *path; path++)
		add(args, *path);
}

int
gv_recover_restore(struct gv_recover_job *job)
{
	const struct gv_plan_step *s = &job->s;
	struct gv_answer answer = { .doc = NULL };
	struct gv_recover_earlier earlier;
	const char *into = NULL;
	bool was_there;
	struct args args;
	int r = begin(&args, job, gv_recover_count(s->paths));

	if (r < 0 ||
	    (s->into && (r = gv_recover_path(&into, job, s->into)) <= 0))
		return r;
	if ((r = gv_recover_earlier_find(&earlier, job)) < 0)
		return r;
	was_there = into && gv_file_exists(AT_FDCWD, into);
	add(&args, "restore");
	add(&args, snapshot(job));
	/* nobody is asked, and the next step may run what comes back */
	add(&args, "--trusted");
	if (into) {
		add(&args, "--to");
		add(&args, into);
		/* nothing that these need is there yet */
		if (!s->as &&
		    (gv_recover_count(s->paths) || job->run->environment))
			add(&args, "--with-related");
		/* what is shared has its place already */
		if (s->as && gv_recover_count(s->paths) == 0)
			add(&args, "--force");
	} else {
		add(&args, "--in-place");
	}
	add_part(&args, job);
	if ((r = ask(&answer, job, &args)) == 0 && answer.doc &&
	    job->result == GV_PLAN_PASSED)
		r = keep_safety(job, &answer, &earlier);
	if (r == 0 && into && job->result == GV_PLAN_PASSED)
		r = keep_tree(job, into, was_there);
	gv_recover_earlier_release(&earlier);
	gv_answer_release(&answer);
	return r;
}

/* The directory goes, unless somebody has changed it. */
static int
take_away(struct gv_recover_job *job)
{
	char sum[GV_RECOVER_DIGEST + 1] = "";
	const char *path;
	int r = gv_recover_path(&path, job, job->s.into);

	if (r <= 0)
		return r;
	if (!gv_file_exists(AT_FDCWD, path))
		return 0;
	if (job->sum && (r = gv_recover_tree_sum(sum, path)) < 0)
		return gv_recover_fail_by(job, r);
	if (job->sum == NULL || strcmp(sum, job->sum) != 0)
		return gv_recover_fail(job,
		    "%s was changed since the run wrote it, so it stays, with "
		    "all secrets in plaintext; remove it if nobody needs it",
		    path);
	return gv_recover_fail_by(
	    job, gv_recover_tree_remove(path, job->was_there));
}

int
gv_recover_restore_back(struct gv_recover_job *job)
{
	return job->s.into ? take_away(job) : gv_recover_back(job);
}

/* ---- secrets ------------------------------------------------------------- */

/* Fail it where a scope could not be opened; with an environment, of its scope
 * alone, since who recovers one need not read the others. */
static int
judge_unopened(struct gv_recover_job *job, const struct gv_answer *a)
{
	const char *env = job->run->environment, *scope;
	const struct gv_unjson_node *list =
	    gv_unjson_get(gv_unjson_root(a->doc), "unopened");
	const struct gv_unjson_node *one = list ? list->first : NULL;

	for (; one; one = one->next)
		if ((scope = gv_unjson_get_text(one, "scope")) &&
		    (env == NULL || strcmp(scope, env) == 0))
			return gv_recover_fail_sealed(job,
			    (uint64_t)gv_unjson_count(
				gv_unjson_get(one, "secrets")),
			    scope);
	return 0;
}

/* An object that is lost here may be on the remote: name it, and the command
 * that looks there. */
static int
fail_lost(struct gv_recover_job *job, const char *what)
{
	const char *remote = job->run->remote;

	return gv_recover_fail(job,
	    "%s; to look for it elsewhere: git vault repair%s%s", what,
	    remote ? " --remote " : "", remote ? remote : "");
}

/* The first fault of a verification; NULL: it names none. */
static const char *
first_fault(struct gv_recover_job *job, const struct gv_answer *a)
{
	const struct gv_unjson_node *root =
	    a->doc ? gv_unjson_root(a->doc) : NULL;
	const struct gv_unjson_node *list = gv_unjson_get(root, "faults");
	const char *path, *reason;

	if (list && list->first) {
		path = gv_unjson_get_text(list->first, "path");
		reason = gv_unjson_get_text(list->first, "reason");
		return gv_recover_text(job, "%s: %s", path ? path : "snapshot",
		    reason ? reason : "it is damaged");
	}
	list = gv_unjson_get(root, "findings");
	return list && list->first ? gv_unjson_get_text(list->first, "message")
				   : NULL;
}

/* Run a verification, and fail the job by what it found. */
static int
verify(
    struct gv_answer *out, struct gv_recover_job *job, const struct args *args)
{
	const char *fault;
	int r = gv_recover_ask(out, job, args->p);

	if (r < 0)
		return gv_recover_fail_by(job, r);
	fault = out->status == 1 ? first_fault(job, out) : NULL;
	if (fault)
		return fail_lost(job, fault);
	return out->status ? gv_recover_fail_as(job, out, args->p) : 0;
}

/* The version of a state that a later step brings back: it is read and opened
 * now, while nothing has changed. One that is named by what steps give is not
 * known yet. */
static int
verify_state(struct gv_recover_job *job, const struct gv_plan_step *s)
{
	struct gv_answer answer = { .doc = NULL };
	struct args args;
	int r;

	if ((s->stack && strstr(s->stack, "${{")) ||
	    (s->version && strstr(s->version, "${{")))
		return 0;
	if ((r = begin(&args, job, 0)) < 0)
		return r;
	add(&args, "state");
	add(&args, "verify");
	add(&args, "--env");
	add(&args, job->run->environment);
	add(&args, "--stack");
	add(&args, s->stack ? s->stack : "default");
	if (s->version)
		add(&args, s->version);
	r = verify(&answer, job, &args);
	gv_answer_release(&answer);
	return r;
}

/* Every object of the snapshot, and every secret in it, opens; and so do the
 * states that the plan brings back. */
int
gv_recover_secrets(struct gv_recover_job *job)
{
	const struct gv_plan *plan = &job->run->plan;
	struct gv_answer answer = { .doc = NULL };
	struct args args;
	size_t i;
	int r = begin(&args, job, 0);

	if (r < 0)
		return r;
	add(&args, "verify");
	add(&args, "--deep");
	add(&args, snapshot(job));
	if ((r = verify(&answer, job, &args)) == 0 && answer.doc &&
	    job->result == GV_PLAN_PASSED)
		r = judge_unopened(job, &answer);
	gv_answer_release(&answer);
	for (i = 0; i < plan->n && r == 0 && job->result == GV_PLAN_PASSED; i++)
		if (plan->steps[i].kind == GV_PLAN_STATE &&
		    job->run->environment)
			r = verify_state(job, &plan->steps[i]);
	return r;
}

/* ---- state --------------------------------------------------------------- */

/* The file is new, or of an earlier try of this run: nobody's else. */
static int
make_way(struct gv_recover_job *job, const char *path)
{
	if (!gv_file_exists(AT_FDCWD, path))
		return 0;
	if (!job->was_begun)
		return gv_recover_fail(job,
		    "%s exists already; move it away, or give the step "
		    "another 'into'",
		    path);
	return gv_recover_fail_by(job, gv_file_remove_tree(AT_FDCWD, path));
}

static int
sum_of(char out[2 * GV_SHA_BYTES + 1], const char *path)
{
	unsigned char sum[GV_SHA_BYTES];
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, STATE_MAX);

	if (r == 0) {
		gv_sha_sum(sum, text.p, text.len);
		gv_enc_hex(out, sum, sizeof(sum));
		explicit_bzero(text.p, text.len);
	}
	gv_buf_release(&text);
	return r;
}

/* What the file was, so that the way back removes nothing else. One that is too
 * large for that stays. */
static int
keep_sum(struct gv_recover_job *job, const char *path)
{
	char sum[2 * GV_SHA_BYTES + 1];
	int r = sum_of(sum, path);

	if (r == 0)
		return gv_recover_value(job, "sum", sum);
	return r == GV_ENOMEM ? r : 0;
}

int
gv_recover_state(struct gv_recover_job *job)
{
	const struct gv_plan_step *s = &job->s;
	struct gv_answer answer = { .doc = NULL };
	struct args args;
	const char *to;
	int r = begin(&args, job, 0);

	if (r < 0 || (r = gv_recover_path(&to, job, s->into)) <= 0)
		return r;
	if ((r = make_way(job, to)) < 0 || job->result != GV_PLAN_PASSED)
		return r;
	add(&args, "state");
	add(&args, "restore");
	add(&args, "--env");
	add(&args, job->run->environment);
	add(&args, "--stack");
	add(&args, s->stack ? s->stack : "default");
	add(&args, "--push-ready");
	add(&args, "--to");
	add(&args, to);
	add(&args, "--reason");
	add(&args, gv_recover_reason(job));
	if (s->version)
		add(&args, s->version);
	if ((r = ask(&answer, job, &args)) == 0 &&
	    job->result == GV_PLAN_PASSED)
		r = keep_sum(job, to);
	gv_answer_release(&answer);
	return r;
}

/* The file goes, unless it is another one by now. */
int
gv_recover_state_back(struct gv_recover_job *job)
{
	char sum[2 * GV_SHA_BYTES + 1];
	const char *path;
	int r = gv_recover_path(&path, job, job->s.into);

	if (r <= 0)
		return r;
	if (job->sum == NULL || !gv_file_exists(AT_FDCWD, path))
		return 0;
	if ((r = sum_of(sum, path)) < 0)
		return gv_recover_fail_by(job, r);
	if (strcmp(sum, job->sum) != 0)
		return gv_recover_fail(job,
		    "%s was changed since the run wrote it, so it stays", path);
	return gv_recover_fail_by(job, gv_file_remove_tree(AT_FDCWD, path));
}
