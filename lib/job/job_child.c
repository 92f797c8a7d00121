#include "job/job_child.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "format/answer.h"
#include "job/job_report.h"
#include "job/job_running.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/proc.h"

#define OUTPUT ((size_t)64 * 1024 * 1024) /* that it may print */

/* ---- the command --------------------------------------------------------- */

static const char *const commands[GV_POLICY_JOBS][4] = {
	[GV_POLICY_JOB_DRILL] = { "drill", "run" },
	[GV_POLICY_JOB_SNAPSHOT] = { "snapshot", "--trigger", "schedule" },
	[GV_POLICY_JOB_COMPONENTS] = { "component", "run" },
	[GV_POLICY_JOB_REPLICATE] = { "replicate", "push", "--verify" },
	[GV_POLICY_JOB_VERIFY] = { "verify" },
	[GV_POLICY_JOB_PRUNE] = { "prune" },
};

const char *
gv_job_child_command(enum gv_policy_job what)
{
	return commands[what][0];
}

void
gv_job_child_words(const char *words[GV_JOB_CHILD_WORDS],
    const struct gv_policy_schedule *schedule)
{
	const char *const *from = commands[schedule->what];
	size_t n = 0, i;

	words[n++] = "--json";
	while (*from)
		words[n++] = *from++;
	for (i = 0; i < schedule->components.n; i++)
		words[n++] = schedule->components.items[i];
	if (schedule->env && schedule->components.n == 0) {
		words[n++] = "--env";
		words[n++] = schedule->env;
	}
	words[n] = NULL;
}

/* ---- what it answered ---------------------------------------------------- */

static const char *
keep(struct gv_arena *arena, const char *text)
{
	return gv_arena_copy(arena, text, strlen(text));
}

static int
take_ref(struct gv_job_run *run, struct gv_arena *arena, const char *prefix,
    const struct gv_unjson_node *root)
{
	const char *id = gv_unjson_get_text(root, "id");
	const char *commit = gv_unjson_get_text(root, "commit");
	struct gv_buf ref = GV_BUF_INIT;
	int r;

	if (id == NULL)
		return 0;
	gv_buf_addf(&ref, "%s%s", prefix, id);
	if ((r = gv_buf_check(&ref)) == 0 &&
	    (run->location = keep(arena, ref.p)) == NULL)
		r = GV_ENOMEM;
	if (r == 0 && commit && (run->checksum = keep(arena, commit)) == NULL)
		r = GV_ENOMEM;
	gv_buf_release(&ref);
	return r;
}

static void
take_size(struct gv_job_run *run, const struct gv_unjson_node *root,
    const char *stored)
{
	const int64_t bytes = gv_unjson_count(gv_unjson_get(root, "bytes"));
	const int64_t added = gv_unjson_count(gv_unjson_get(root, stored));

	run->has_size = bytes >= 0;
	run->bytes = bytes < 0 ? 0 : (uint64_t)bytes;
	run->stored = added < 0 ? 0 : (uint64_t)added;
}

static int
take_part(struct gv_job_part *out, struct gv_arena *arena,
    const struct gv_unjson_node *node)
{
	const char *name = gv_unjson_get_text(node, "name");
	const char *status = gv_unjson_get_text(node, "status");
	const char *reason = gv_unjson_get_text(node, "reason");
	const char *env = gv_unjson_get_text(node, "environment");
	const int64_t bytes = gv_unjson_count(gv_unjson_get(node, "bytes"));

	/* targets have another word for their name, and say what is wrong */
	if (name == NULL)
		name = gv_unjson_get_text(node, "target");
	if (reason == NULL)
		reason = gv_unjson_get_text(node, "error");
	*out = (struct gv_job_part){ .status = name && reason == NULL
		    ? GV_JOB_SUCCESS
		    : GV_JOB_FAILED,
		.bytes = bytes < 0 ? 0 : (uint64_t)bytes };
	if (env && (out->env = keep(arena, env)) == NULL)
		return GV_ENOMEM;
	/* a component that was dumped says "stored" */
	if (status && strcmp(status, "stored") != 0 &&
	    (out->status = gv_job_status_named(status)) == GV_JOB_STATUSES)
		out->status = GV_JOB_FAILED;
	if ((out->name = keep(arena, name ? name : "?")) == NULL ||
	    (reason && (out->reason = keep(arena, reason)) == NULL))
		return GV_ENOMEM;
	return 0;
}

static int
take_parts(struct gv_job_run *run, struct gv_arena *arena,
    const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *node = list ? list->first : NULL;
	int r = 0;

	run->n_parts = 0;
	if (node == NULL || list->kind != GV_UNJSON_LIST)
		return 0;
	run->parts = gv_arena_alloc(arena, GV_JOB_PARTS * sizeof(*run->parts));
	if (run->parts == NULL)
		return GV_ENOMEM;
	for (; r == 0 && node && run->n_parts < GV_JOB_PARTS; node = node->next)
		r = take_part(&run->parts[run->n_parts++], arena, node);
	return r;
}

/* What an exit status says where the command itself says nothing. */
static const char *
usual_reason(enum gv_policy_job what, int exit)
{
	if (what == GV_POLICY_JOB_VERIFY && exit == 1)
		return "damage was found; to list it: git vault verify";
	if (what == GV_POLICY_JOB_DRILL && exit == 1)
		return "the recovery failed; to see where: git vault drill "
		       "list";
	if (what == GV_POLICY_JOB_DRILL && exit == 3)
		return "some checks of the recovery could not run; to list "
		       "them: git vault drill list";
	if (what == GV_POLICY_JOB_SNAPSHOT && exit == 3)
		return "some files could not be read; to list them: git vault "
		       "snapshot";
	if (what == GV_POLICY_JOB_PRUNE && exit == 3)
		return "not everything was deleted; to see why: git vault "
		       "prune";
	if (exit == 3)
		return "some of it could not be done";
	return exit > 128 ? "a signal ended its process" : "it failed";
}

static int
take_reason(struct gv_job_run *run, struct gv_arena *arena,
    enum gv_policy_job what, const struct gv_answer *answer)
{
	const char *said = *answer->message
	    ? answer->message
	    : usual_reason(what, answer->status);

	run->reason = NULL;
	if (run->status == GV_JOB_SUCCESS)
		return 0;
	run->reason = gv_arena_copy(arena, said, strcspn(said, "\n"));
	return run->reason ? 0 : GV_ENOMEM;
}

/* Where the command itself said nothing of the whole, what it said of the first
 * part that failed. */
static int
take_part_reason(struct gv_job_run *run, struct gv_arena *arena)
{
	const struct gv_job_part *first = NULL;
	struct gv_buf text = GV_BUF_INIT;
	size_t i, n = 0;
	int r;

	for (i = 0; i < run->n_parts; i++)
		if (run->parts[i].status != GV_JOB_SUCCESS &&
		    run->parts[i].reason && n++ == 0)
			first = &run->parts[i];
	if (first == NULL || run->status == GV_JOB_SUCCESS)
		return 0;
	gv_buf_addf(&text, "%s: %.*s", first->name,
	    (int)strcspn(first->reason, "\n"), first->reason);
	if (n > 1)
		gv_buf_addf(&text, "; and %zu more", n - 1);
	if ((r = gv_buf_check(&text)) == 0 &&
	    (run->reason = gv_arena_copy(arena, text.p, text.len)) == NULL)
		r = GV_ENOMEM;
	gv_buf_release(&text);
	return r;
}

/* Where no part was a success, nothing was done: that is no success in part. */
static void
judge_parts(struct gv_job_run *run)
{
	size_t i;

	for (i = 0; i < run->n_parts; i++)
		if (run->parts[i].status != GV_JOB_FAILED)
			return;
	if (run->n_parts && run->status == GV_JOB_PARTIAL)
		run->status = GV_JOB_FAILED;
}

int
gv_job_child_take(struct gv_job_run *run, struct gv_arena *arena,
    enum gv_policy_job what, const struct gv_answer *answer)
{
	const struct gv_unjson_node *root = gv_answer_root(answer);
	int r;

	run->exit = answer->status;
	run->status = gv_job_status_of(answer->status);
	if ((r = take_reason(run, arena, what, answer)) < 0 || root == NULL)
		return r;
	if (what == GV_POLICY_JOB_SNAPSHOT) {
		take_size(run, root, "pack_bytes");
		return take_ref(run, arena, GV_REFS_SNAPSHOTS, root);
	}
	if (what == GV_POLICY_JOB_DRILL)
		return take_ref(run, arena, GV_REFS_DRILLS, root);
	if (what == GV_POLICY_JOB_COMPONENTS)
		r = take_parts(run, arena, gv_unjson_get(root, "components"));
	if (what == GV_POLICY_JOB_REPLICATE)
		r = take_parts(run, arena, gv_unjson_get(root, "targets"));
	judge_parts(run);
	return r < 0 || *answer->message ? r : take_part_reason(run, arena);
}

/* ---- the process --------------------------------------------------------- */

static int
finish(struct gv_proc *p, struct gv_job_run *run, struct gv_arena *arena,
    enum gv_policy_job what)
{
	struct gv_answer answer = GV_ANSWER_INIT;
	int r = gv_proc_finish(p);

	if (r < 0)
		return r;
	gv_answer_take(&answer, p->status, &p->out, &p->err);
	r = gv_job_child_take(run, arena, what, &answer);
	gv_answer_release(&answer);
	return r;
}

int
gv_job_child_run(struct gv_job_run *run, struct gv_arena *arena,
    struct gv_repo *repo, const struct gv_job_child *child)
{
	const char *argv[GV_JOB_CHILD_WORDS + 1] = { child->self };
	const char *env[] = { NULL, "GIT_TERMINAL_PROMPT=0", NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf id = GV_BUF_INIT;
	int r;

	gv_job_child_words(argv + 1, child->schedule);
	gv_buf_addf(&id, GV_JOB_CHILD_RUN "=%s", run->id);
	env[0] = id.p;
	if ((r = gv_buf_check(&id)) < 0)
		return r;
	run->exit = 128;
	run->status = GV_JOB_FAILED;
	r = gv_proc_start(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.env = env,
		.cwd = repo->worktree,
		.most = OUTPUT,
		.is_apart = true });
	if (r == 0) {
		/* one that nobody can see runs all the same */
		(void)gv_job_running_begin(
		    child->running, repo, run, (long)p.pid, false);
		r = finish(&p, run, arena, child->schedule->what);
	}
	if (r == GV_ECANCELED) {
		run->is_canceled = true;
		run->reason = "git-vault was asked to stop";
	} else if (r < 0 && r != GV_ENOMEM) {
		run->reason = keep(arena, gv_err_message());
		r = run->reason ? 0 : GV_ENOMEM;
	}
	gv_proc_release(&p);
	gv_buf_release(&id);
	return r < 0 ? r : gv_job_report_hide(run, arena, repo);
}
