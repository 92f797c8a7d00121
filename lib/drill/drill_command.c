#include "drill/drill_command.h"

#include <fcntl.h>

#include "base/err.h"
#include "policy/disclosure.h"
#include "sandbox/sandbox.h"
#include "sys/file.h"

#define TIMEOUT_MS 300000
#define TEXT_MOST  300 /* bytes of what a command says that are shown */
#define LINE_MOST  ((size_t)64 * 1024) /* of a line that is searched */

int
gv_drill_box_open(struct gv_drill_box *out, const char *self, const char *tree,
    const char *folder)
{
	int r;

	*out = (struct gv_drill_box){ .dir = GV_BUF_INIT };
	r = gv_sandbox_make_dir(&out->dir);
	return r < 0 ? r
		     : gv_sandbox_start(&out->sandbox, self,
			   &(struct gv_sandbox_opts){ .tree = tree,
			       .folder = folder,
			       .least = GV_SANDBOX_LANDLOCK,
			       .dir = out->dir.p });
}

void
gv_drill_box_close(struct gv_drill_box *box)
{
	char *saved = gv_err_save();

	gv_sandbox_stop(box->sandbox);
	if (box->dir.len)
		(void)gv_file_remove_tree(AT_FDCWD, box->dir.p);
	gv_buf_release(&box->dir);
	box->sandbox = NULL;
	gv_err_restore(saved);
}

/* Its line that says most, with what may be a secret taken out. */
static int
explain(struct gv_drill_told *out, struct gv_repo *repo,
    const struct gv_sandbox_result *result)
{
	const char *const said = result->out.len ? result->out.p : "";
	const char *const complained = result->err.len ? result->err.p : "";
	struct gv_disclosure disclosure = GV_DISCLOSURE_INIT(repo);
	const char *p;
	size_t len;

	p = gv_validator_line(&len, said, complained);
	/* a part of a secret would not be known for one */
	if (len > LINE_MOST)
		gv_buf_addstr(&out->text, GV_DISCLOSURE_HIDDEN);
	else if (len)
		(void)gv_disclosure_line(&out->text, &disclosure, p, len);
	if (out->text.len > TEXT_MOST)
		gv_buf_truncate(&out->text, TEXT_MOST);
	if (out->text.len == 0)
		gv_buf_addf(
		    &out->text, "it ended with status %d", result->status);
	gv_disclosure_release(&disclosure);
	return gv_buf_check(&out->text);
}

static int
judge(struct gv_drill_told *out, struct gv_repo *repo,
    const struct gv_sandbox_result *result)
{
	out->verdict = GV_VALIDATOR_COULD_NOT;
	if (result->is_missing)
		gv_buf_addstr(&out->text, "there is no shell to run it");
	else if (result->is_timed_out)
		gv_buf_addf(
		    &out->text, "it took longer than %d s", TIMEOUT_MS / 1000);
	if (result->is_missing || result->is_timed_out)
		return gv_buf_check(&out->text);
	/* the team's own command: what it prints is not ours to interpret */
	out->verdict = gv_validator_judge(result->status, "", "");
	return out->verdict == GV_VALIDATOR_PASSED ? 0
						   : explain(out, repo, result);
}

int
gv_drill_box_run(struct gv_drill_told *out, struct gv_drill_box *box,
    struct gv_repo *repo, const char *command, const char *const *env)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	struct gv_sandbox_result result;
	int r;

	*out = (struct gv_drill_told){ .text = GV_BUF_INIT };
	r = gv_sandbox_run(&result, box->sandbox,
	    &(struct gv_sandbox_job){
		.argv = argv, .env = env, .timeout_ms = TIMEOUT_MS });
	if (r < 0)
		return r;
	r = judge(out, repo, &result);
	gv_sandbox_result_release(&result);
	return r;
}
