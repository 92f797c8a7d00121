#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "recover/recover_internal.h"
#include "sandbox/sandbox.h"
#include "sys/file.h"

/*
 * A rehearsal: commands of steps, and what they look at, are in a sandbox with
 * a copy of the tree. What git-vault does itself is done in the tree, which is
 * a drill's clone; the sandbox is made again from it then.
 */

#define BOX       "box" /* in the folder of the run: where its sandbox is */
#define NAME      "/git-vault-box-"
#define PATH_MOST ((size_t)64 * 1024)

#define TEXT_MAX ((size_t)120 * 1024) /* bytes that a switch can write */

static bool
is_of_network(const struct gv_plan_probe *p)
{
	return p &&
	    (p->kind == GV_PLAN_PROBE_HTTP || p->kind == GV_PLAN_PROBE_TCP ||
		p->kind == GV_PLAN_PROBE_TLS ||
		p->kind == GV_PLAN_PROBE_PROMETHEUS ||
		p->kind == GV_PLAN_PROBE_GOOD);
}

const char *
gv_recover_box_skips(const struct gv_plan_step *s)
{
	size_t i;

	if (s->is_left_out || s->kind == GV_PLAN_APPROVE)
		return GV_PLAN_SKIP_DRILL;
	for (i = 0; i < s->n_preconditions; i++)
		if (is_of_network(&s->preconditions[i]))
			return GV_PLAN_SKIP_NETWORK;
	return is_of_network(&s->probe) || is_of_network(s->before) ||
		is_of_network(s->after)
	    ? GV_PLAN_SKIP_NETWORK
	    : NULL;
}

void
gv_recover_box_folder(struct gv_buf *out, const char *dir)
{
	const char *p;

	for (p = dir ? dir : ""; *p; p += *p == '/') {
		if (strncmp(p, "./", 2) != 0 && strcmp(p, ".") != 0)
			gv_buf_addstr(out, "../");
		p += strcspn(p, "/");
	}
	gv_buf_addstr(out, GV_SANDBOX_FOLDER);
}

void
gv_recover_box_end(struct gv_recover *run)
{
	char *saved = gv_err_save();

	gv_sandbox_stop(run->box);
	run->box = NULL;
	if (run->box_dir.len)
		(void)gv_file_remove_tree(AT_FDCWD, run->box_dir.p);
	gv_buf_reset(&run->box_dir);
	gv_err_restore(saved);
}

void
gv_recover_box_changed(struct gv_recover_job *job)
{
	if (!job->how->is_rehearsal)
		return;
	pthread_mutex_lock(&job->run->boxing);
	gv_recover_box_end(job->run);
	pthread_mutex_unlock(&job->run->boxing);
}

/* So that the folder of a killed rehearsal can be removed. */
static int
note_dir(const struct gv_recover *run)
{
	struct gv_buf path = GV_BUF_INIT, line = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/" BOX, run->dir);
	gv_buf_addf(&line, "%s\n", run->box_dir.p);
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(&line)) == 0)
		r = gv_file_append_quick(path.p, line.p, line.len);
	gv_buf_release(&path);
	gv_buf_release(&line);
	return r;
}

int
gv_recover_box_sweep(struct gv_recover *run)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT, dir = GV_BUF_INIT;
	const char *p, *line;
	size_t n;
	int r;

	gv_buf_addf(&path, "%s/" BOX, run->dir);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	r = gv_file_read(&text, AT_FDCWD, path.p, PATH_MOST);
	if (r == GV_ENOTFOUND)
		r = 0;
	p = text.p;
	while (r == 0 && p && gv_lines_next(&line, &n, &p, text.p + text.len)) {
		gv_buf_reset(&dir);
		gv_buf_add(&dir, line, n);
		if ((r = gv_buf_check(&dir)) == 0 && strstr(dir.p, NAME))
			r = gv_file_remove_tree(AT_FDCWD, dir.p);
	}
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_buf_release(&dir);
	return r;
}

static int
begin(struct gv_recover_job *job)
{
	struct gv_recover *run = job->run;
	struct gv_sandbox_opts opts = { .tree = job->top,
		.folder = run->dir, /* with states that steps have written */
		.least = GV_SANDBOX_LANDLOCK };
	int r;

	if (run->box)
		return 0;
	if ((r = gv_sandbox_make_dir(&run->box_dir)) < 0 ||
	    (r = note_dir(run)) < 0)
		return r;
	opts.dir = run->box_dir.p;
	return gv_sandbox_start(&run->box, job->how->self, &opts);
}

static int
run_in(struct gv_sandbox_result *out, struct gv_recover_job *job,
    const char *const *argv, const char *const *env, const char *dir)
{
	int ms, r = gv_recover_time_left(&ms, job);

	*out = (struct gv_sandbox_result)GV_SANDBOX_RESULT_INIT;
	if (r < 0) {
		r = gv_recover_fail(job, "%s", gv_err_message());
		job->result = GV_PLAN_TIMED_OUT;
		return r;
	}
	/* one program at a time */
	pthread_mutex_lock(&job->run->boxing);
	r = begin(job);
	if (r == 0)
		r = gv_sandbox_run(out, job->run->box,
		    &(struct gv_sandbox_job){ .argv = argv,
			.env = env,
			.cwd = dir,
			.timeout_ms = (unsigned)ms });
	if (r < 0)
		gv_recover_box_end(job->run);
	pthread_mutex_unlock(&job->run->boxing);
	if (r == GV_EREFUSED)
		return gv_recover_fail(job, "no sandbox: %s", gv_err_message());
	return r < 0 ? r : 1;
}

static void
tell_lines(struct gv_recover_job *job, const struct gv_buf *from)
{
	const char *p = from->p, *end = from->p + from->len, *lf;
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(NULL);

	while (job->line && p && p < end) {
		lf = memchr(p, '\n', (size_t)(end - p));
		gv_recover_tell(
		    job, &disclosure, p, (size_t)((lf ? lf : end) - p));
		p = lf ? lf + 1 : end;
	}
	gv_disclosure_release(&disclosure);
}

int
gv_recover_box_spawn(int *status, struct gv_recover_job *job,
    const char *const *argv, const char *dir, struct gv_buf *out)
{
	struct gv_sandbox_result result;
	int r = run_in(&result, job, argv, job->env, dir);

	*status = -1;
	if (r <= 0)
		goto out;
	r = 0;
	tell_lines(job, &result.err);
	if (out)
		gv_buf_add(out, result.out.p, result.out.len);
	else
		tell_lines(job, &result.out);
	if (result.is_missing)
		r = gv_recover_fail(
		    job, "%s cannot be run in the sandbox", argv[0]);
	else if (result.is_timed_out)
		r = gv_recover_fail(job, "it took too long, and was ended");
	else if (result.is_cut && out)
		r = gv_recover_fail(job,
		    "it printed more than 1 MiB, which is too much for outputs");
	else
		*status = result.status;
	if (result.is_timed_out)
		job->result = GV_PLAN_TIMED_OUT;
out:
	gv_sandbox_result_release(&result);
	return r;
}

int
gv_recover_file_read(struct gv_buf *out, struct gv_recover_job *job,
    const char *file, size_t most)
{
	const char *const argv[] = { "cat", "--", file, NULL };
	struct gv_sandbox_result result;
	const char *path;
	int r = gv_recover_path(&path, job, file);

	if (r <= 0)
		return r;
	if (!job->how->is_rehearsal) {
		r = gv_file_read(out, AT_FDCWD, path, most);
		return r < 0 ? gv_recover_fail_by(job, r) : 1;
	}
	r = run_in(&result, job, argv, NULL, NULL);
	if (r > 0 && (result.status || result.is_cut || result.is_missing))
		r = gv_recover_fail(
		    job, "%s cannot be read in the sandbox", file);
	else if (r > 0)
		gv_buf_add(out, result.out.p, result.out.len);
	gv_sandbox_result_release(&result);
	return r > 0 && gv_buf_check(out) < 0 ? GV_ENOMEM : r;
}

int
gv_recover_box_write(
    struct gv_recover_job *job, const char *file, const struct gv_buf *text)
{
	static const char line[] = "printf %s \"$GIT_VAULT_TEXT\" >\"$1\"";
	const char *const argv[] = { "sh", "-c", line, "sh", file, NULL };
	const char *env[2] = { NULL, NULL };
	struct gv_sandbox_result result;
	int r;

	if (text->len > TEXT_MAX || strlen(text->p) != text->len)
		return gv_recover_fail(
		    job, "%s is too large to be switched in a drill", file);
	env[0] = gv_recover_text(job, "GIT_VAULT_TEXT=%s", text->p);
	if (env[0] == NULL)
		return GV_ENOMEM;
	r = run_in(&result, job, argv, env, NULL);
	if (r > 0)
		r = result.status
		    ? gv_recover_fail(
			  job, "%s cannot be written in the sandbox", file)
		    : 0;
	gv_sandbox_result_release(&result);
	return r;
}

int
gv_recover_file_is(struct gv_recover_job *job, const char *file)
{
	const char *const argv[] = { "test", "-e", file, NULL };
	const char *path;
	int status, r = gv_recover_path(&path, job, file);

	if (r <= 0)
		return r;
	if (!job->how->is_rehearsal)
		return gv_file_exists(AT_FDCWD, path);
	r = gv_recover_box_spawn(&status, job, argv, NULL, NULL);
	return r < 0 ? r : status == 0;
}
